"""The summary: what a pull request needs to know of a run, in the size of a comment whatever the run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.suite.command import main
from reports.compare import compare, comparison_document
from reports.document.report import Report, report_of
from reports.document.report_directory import write_report
from reports.render.markdown_summary import LIMIT, render_summary
from tests.reports.finished import HEADER, finished, finished_sample
from tests.reports.golden import check_golden
from tests.reports.hostile import hostile_report
from tests.reports.sample_papers import papers_report
from tests.reports.strategies import evidence, found, recorded
from tests.reports.test_markdown import OURS, kinds

SUP, REF, INC = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE
SECTIONS = ("## One verdict a claim", "### Not as expected", "## Against the baseline", "### Inconclusive, controls")


def item(id: str, verdict: Verdict, **more: Any) -> Evidence:
    fields: dict[str, Any] = {"id": id, "model": "m", "task": "t", "expected": SUP, "protocol": {"margin": 0.0}, **more}
    return replace(recorded(1, found(), verdict), **fields)


def report(items: Sequence[Evidence], before: Sequence[Evidence] = ()) -> Report:
    """Return the report of a run, held against a baseline if there is one."""
    run = dict(HEADER)
    if before:
        held = compare(report_of(before, HEADER, len(before)), report_of(items, HEADER, len(items)), "a", "b")
        run["baseline"] = {"path": "a", "sha256": "0" * 64, "comparison": comparison_document(held)}
    return report_of(items, run, len(items))


def test_golden() -> None:
    check_golden("summary.md", render_summary(finished_sample()))


def test_what_it_says() -> None:
    cases = [{"size": str(i), "of": "x"} for i in range(6)]
    items = [item("S1", REF, params=params, reason="as it is") for params in cases]
    items += [item("S2", SUP), item("S3", INC, expected=INC, reason="too wide"), item("S3", INC, model="untrained-m")]
    text = render_summary(report(items, [replace(items[0], verdict=SUP), *items[1:]]))
    assert "**7 of 9 claim tests are not as expected. Exit status 0.**" in text
    names = "(of=x, size=0; of=x, size=1; of=x, size=2; of=x, size=3; 2 more)"
    assert f"\n- **refuted**, expected supported: S1 {names} on m, t: as it is\n" in text
    assert "\n- 1 sub-claim of S3: too wide\n" in text  # that of the control is no news
    assert "**worse: 1 worse, 8 same;" in text
    assert [text.index(section) for section in SECTIONS] == sorted(text.index(section) for section in SECTIONS)
    assert "| S1 |" in text
    quiet = render_summary(report([item("S2", SUP)]))
    assert [section for section in SECTIONS if section in quiet] == ["## One verdict a claim"]


def huge() -> Report:
    """A run of 6,000 sub-claims of 2,000 claims with long texts, most of them worse than in the baseline."""
    long = "very long words " * 100
    items = [
        item(f"S{i % 2000}", INC if i % 3 else REF, params={"size": str(i), "text": long}, model=f"m{i % 7} {long}",
             reason=f"{long} {i}: n", statement=long, brief=long)
        for i in range(6_000)
    ]  # fmt: skip
    return report(items, [replace(one, verdict=SUP) for one in items])


def test_however_large_the_run_it_fits_a_comment_and_no_section_is_lost() -> None:
    text = render_summary(huge())
    assert 0.9 * LIMIT < len(text.encode()) <= LIMIT <= 60_000
    assert [section for section in SECTIONS if section not in text] == []
    assert text.count("**Cut for size:**") == 4
    assert kinds(text) <= OURS


@pytest.mark.parametrize("limit", [0, 100, 2_000, 20_000])
def test_any_room_is_kept(limit: int) -> None:
    text = render_summary(papers_report(), limit)
    assert len(text.encode()) <= limit
    assert limit < 2_000 or "claim tests are" in text


@settings(max_examples=30, deadline=None)
@given(st.lists(evidence(), max_size=4))
def test_any_report_has_a_summary(items: list[Evidence]) -> None:
    rows = with_verdicts(list({one.key: one for one in items}.values()))
    assert len(render_summary(report_of(rows, HEADER, len(rows))).encode()) <= LIMIT


def test_a_hostile_report_keeps_its_form() -> None:
    text = render_summary(finished(hostile_report()))
    assert kinds(text) <= OURS
    assert all(ord(c) >= 32 or c == "\n" for c in text)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options: Json = {"given": {}, "resolved": {}}
    write_report(finished_sample(options=options), tmp_path / "r")
    before = {path: path.read_bytes() for path in (tmp_path / "r").iterdir()}
    assert main(["report", str(tmp_path / "r"), "--format", "summary"]) == 0
    shown = capsys.readouterr().out
    assert shown == render_summary(finished_sample(options=options))
    assert main(["report", str(tmp_path / "r"), "--format=summary", "--out", str(tmp_path / "new" / "s.md")]) == 0
    assert (tmp_path / "new" / "s.md").read_text(encoding="utf-8") == shown
    assert {path: path.read_bytes() for path in (tmp_path / "r").iterdir()} == before
    for wrong in ("--accept", "--recover", "--verbose", f"--readme={tmp_path / 'x'}"):
        assert main(["report", str(tmp_path / "r"), "--format=summary", wrong]) == 2
