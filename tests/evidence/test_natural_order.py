"""Names are sorted by the numbers in them, in every table of a report and whatever the names are."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.verdict import Verdict
from reports.compare import compare
from reports.compare.comparison import Comparison
from reports.compare.markdown import render_comparison_markdown
from reports.compare.text import render_comparison
from reports.document.json_report import json_text
from reports.document.report import Report, document, report_of
from reports.document.saved import read_saved
from reports.render.html.matrix import matrix
from reports.render.html.section import chapters
from reports.render.markdown import render_markdown
from reports.render.readme import claims_markdown
from reports.render.terminal import render_claims, render_plan
from tests.reports.finished import finished
from tests.reports.sample import RUN
from tests.reports.sample_items import item, sampled

IDS = ["S1", "S1t", "S2", "S2a", "S2b", "S10", "V2", "V10"]
LETTERS = st.text("SVab", min_size=1, max_size=2)
NUMBERS = st.integers(0, 10**20)


@pytest.mark.parametrize("order", [list(reversed(IDS)), sorted(IDS), IDS[3:] + IDS[:3]])
def test_examples(order: list[str]) -> None:
    assert sorted(order, key=natural) == IDS
    assert sorted(["shots=128", "shots=32", "shots=9"], key=natural) == ["shots=9", "shots=32", "shots=128"]


@given(st.tuples(LETTERS, NUMBERS, st.text("abt", max_size=2)), st.tuples(LETTERS, NUMBERS, st.text("abt", max_size=2)))
def test_claims_are_sorted_by_letters_then_number_then_suffix(a: tuple[str, int, str], b: tuple[str, int, str]) -> None:
    first, second = ("".join(map(str, parts)) for parts in (a, b))
    assert (natural(first) < natural(second)) == (a < b)


@given(st.lists(st.text(max_size=6) | st.text("S0123456789", max_size=6), max_size=4))
def test_any_names_have_one_order(names: list[str]) -> None:
    assert len({natural(name) for name in names}) == len(set(names))
    assert len({tuple(sorted(order, key=natural)) for order in permutations(names)}) == 1


@pytest.mark.parametrize(("less", "more"), [("S9" * 5000, "S9" * 5001), ("9" * 9999, "1" + "0" * 9999), ("S1", "S01x")])
def test_numbers_of_any_length(less: str, more: str) -> None:
    assert natural(less) < natural(more)


def found(text: str) -> list[str]:
    """Return the claims that a text names, in the order in which it first does."""
    return list(dict.fromkeys(re.findall(r"\b(?:[SV][0-9]+[a-z]?)\b", text)))


def compared(report: Report) -> Comparison:
    """Return a comparison with a report in which every verdict has turned."""
    turned = tuple(replace(one, verdict=Verdict.REFUTED) for one in report.evidence)
    return compare(report, replace(report, evidence=turned), "A", "B")


def tables_of(report: Report, verbosity: int) -> str:
    """Return what a terminal shows from the head of its first table on."""
    text = render_claims(report.evidence, 8, 100, colour=False, verbosity=verbosity)
    return text.partition("[interval]")[2]


TABLES: dict[str, Callable[[Report], list[str]]] = {
    "terminal": lambda report: found(tables_of(report, 0)),
    "terminal, sub-claims": lambda report: found(tables_of(report, 1).partition("\n\n")[2]),
    "plan": lambda report: found(render_plan(report.evidence, 100, colour=False)),
    "json": lambda report: found(json_text({"claims": document(report)["claims"]})),
    "markdown": lambda report: found(render_markdown(report).partition("## ")[2]),
    "readme": lambda report: found(claims_markdown(report)),
    "html, opening": lambda report: [row.id for row in matrix(report.evidence).rows],
    "html, sections": lambda report: [one.id for chapter in chapters(report.evidence) for one in chapter.sections],
    "comparison": lambda report: found(render_comparison(compared(report), 100, colour=False)),
    "comparison, markdown": lambda report: found(render_comparison_markdown(compared(report))),
}


def report_with(ids: list[str]) -> Report:
    """Return a report of one sub-claim for each id."""
    outcome = sampled("a gap", 0.05, 0.04, 0.06, 0.01, 0.001, 12, sd=0.03)
    one = replace(item("S1", {"optimizer": "gd"}, outcome), protocol={}, node_id="", text="", family_size=1)
    return report_of(with_verdicts([replace(one, id=id) for id in ids]), RUN, len(ids))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("order", [list(reversed(IDS)), sorted(IDS)])
def test_every_table_has_that_order(table: str, order: list[str]) -> None:
    assert TABLES[table](report_with(order)) == IDS


def test_a_report_in_either_order_is_read_again(tmp_path: Path) -> None:
    """In the natural one, as reports are written, and in that of names, as they were before."""
    content = json.loads(json_text(document(finished(report_with(IDS)))))
    by_name = {**content, "claims": sorted(content["claims"], key=lambda claim: claim["id"])}
    assert [claim["id"] for claim in content["claims"]] == IDS
    assert by_name["claims"] != content["claims"]
    for written in (content, by_name):
        (tmp_path / "claims.json").write_text(json.dumps(written))
        assert {one.id for one in read_saved(tmp_path).report.evidence} == set(IDS)
