"""The table of accounts on the page: models under test first, and what was not measured folded."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from reports.accounts.shown import shown
from reports.document.report import Report
from reports.render.html import render_html
from reports.render.html.accounts import Block, blocks
from tests.reports.parsed_html import ParsedPage
from tests.reports.sample_papers import claimed, papers_report, record

PLACE = SHEN.at("figure 5")
MODELS = ("mine/model", "ginc-a", "ginc-b", "constructed-gd", "icl-objective-x", "untrained-x")
ACCOUNTS = ("gd", "sgd", "adam", "newton", "bayes")


def made(*cells: tuple[str, str, float | None]) -> list[Evidence]:
    records: list[Json] = [record(account, model, "t", "token-overlap", value) for account, model, value in cells]
    return [claimed("S2", PLACE, "ginc-a", "t", closures=records)]


def blocks_of(evidence: Sequence[Evidence]) -> list[Block]:
    return [block for table in shown(evidence).tables for block in blocks(table)]


def models(block: Block) -> list[str]:
    return [head.model for head in block.heads]


def test_models_under_test_stand_open_and_first_the_users_own_before_all() -> None:
    found = blocks_of(made(*[("gd", model, 0.5) for model in MODELS]))
    assert [(block.title, models(block)) for block in found] == [
        ("", ["mine/model", "ginc-a", "ginc-b"]),
        ("2 models where ICL is GD, or near it", ["constructed-gd", "icl-objective-x"]),
        ("1 model without ICL", ["untrained-x"]),
    ]


def test_models_with_few_accounts_stand_apart_with_these_accounts_alone() -> None:
    many = [(account, "ginc-a", 0.5) for account in ACCOUNTS[:4]]
    full, few = blocks_of(made(*many, ("gd", "ginc-b", 0.1), ("gd", "mine/model", 0.1), ("sgd", "mine/model", 0.1)))
    assert (full.title, models(full)) == ("", ["mine/model", "ginc-a"])
    assert (few.title, models(few)) == ("1 model with fewer accounts", ["ginc-b"])
    assert [row.label for row in few.rows] == ["zero-shot (nothing learnt)", "GD, full batch", "ICL in another order"]


def test_models_without_icl_are_a_folded_list() -> None:
    controls = [claimed("S2", PLACE, f"{kind}-x", "t") for kind in ("shuffled", "untrained")]
    *_, last = blocks_of([*made(("gd", "ginc-a", 0.5)), *controls])
    assert (last.title, last.heads) == ("2 models without ICL: nothing to account for", ())
    assert last.empty == ("shuffled-x, t", "untrained-x, t")


def test_footnotes_stand_with_the_block_that_has_them() -> None:
    open_, known = blocks_of(made(("gd", "ginc-a", 0.5), ("gd", "constructed-gd", None)))
    assert open_.notes == ()
    assert known.notes == (("1", "floor and ceiling do not differ"),)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(MODELS)), st.none() | st.floats(-1, 1), min_size=1
    )
)
def test_every_closure_stands_in_one_block_and_no_row_or_column_is_empty(cells: dict[tuple[str, str], float]) -> None:
    found = blocks_of(made(*[(account, model, value) for (account, model), value in cells.items()]))
    values = [cell for block in found for row in block.rows for cell in row.cells if cell.interval]
    assert len(values) == sum(value is not None for value in cells.values())
    for block in found:
        assert all(any(not cell.empty for cell in row.cells) for row in block.rows)
        assert all(len(row.cells) == len(block.heads) for row in block.rows)
        assert sum(group.n for group in block.groups) == len(block.heads)
        assert bool(block.heads) != bool(block.empty)


def test_the_page_has_a_short_paragraph_and_the_whole_folded() -> None:
    report = papers_report()
    page = render_html(report)
    section = page[page.index('<section id="accounts">') : page.index('<section id="claims">')]
    assert ParsedPage(page).faults == []
    text = shown(report.evidence)
    (start, end) = section.index('<p class="found">'), section.index("</p>", section.index('<p class="found">'))
    assert len(section[start:end]) < 5 * 110
    assert section.index(text.sentence.replace("'", "&#39;")) > section.index("All of it in words")
    opening = section[: section.index("<details")]
    assert "ginc-llama-57k" in opening
    assert "constructed" not in opening
    assert "no ICL" not in opening
    assert "No ICL, or nothing measured, on shuffled-llama-794k" in section


def test_nothing_measured_is_said_in_one_sentence() -> None:
    page = render_html(Report(tuple(made()), {}, 1))
    assert '<p class="found">No account was held against ICL in this run.</p>' in page
