"""Markdown: says what the report says, whatever the texts are, and never exceeds its size."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.compare import compare, comparison_document
from reports.document.report import report_of
from reports.render.markdown import COLUMNS, render_markdown
from reports.render.markdown_text import LIMIT, LONGEST, TextPart, escape, fit
from reports.render.markdown_verdicts import COLUMNS as VERDICT_COLUMNS
from reports.render.plain_text import plain
from tests.reports.finished import HEADER, finished, finished_sample
from tests.reports.golden import check_golden
from tests.reports.hostile import HOSTILE, hostile_report
from tests.reports.strategies import evidence, found, recorded

OURS = {"heading_open", "paragraph_open", "inline", "text", "strong_open", "bullet_list_open", "list_item_open",
        "table_open", "thead_open", "tbody_open", "tr_open", "th_open", "td_open", "text_special"}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """All tokens of a document by an independent reader, those within lines included."""
    found = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [one for token in found for one in (token, *(token.children or []))]


def kinds(text: str) -> set[str]:
    return {token.type for token in tokens(text) if not token.type.endswith("_close")}


def shown(cells: Sequence[Token]) -> str:
    return "".join(token.content for token in cells if token.type in ("text", "text_special"))


def test_golden() -> None:
    check_golden("claims.md", render_markdown(finished_sample()))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    cell = escape(text)
    document = f"| a | b |\n| --- | --- |\n| {cell} | x |\n\n- A: {cell}\n"
    assert kinds(document) <= OURS
    row = [token for token in tokens(document) if token.type == "inline"]
    assert len(row) == 5
    expected = plain(text)
    if len(expected) > LONGEST:
        expected = expected[: LONGEST - 1] + "…"
    for one, before in ((row[2], ""), (row[4], "A: ")):
        assert shown(one.children or []).replace("\u200b", "").strip() == (before + expected).strip()


@pytest.mark.parametrize(
    ("text", "apart"),
    [("@me", "@\u200bme"), ("#12", "#\u200b12"), ("GH-12", "GH-\u200b12"), ("a:b:c", "a:\u200bb:\u200bc"),
     ("https://x", "https:\u200b//x"), ("www.x.org", "www\u200b.x.org"), ("me@x.org", "me@\u200bx.org")],
)  # fmt: skip
def test_nothing_becomes_a_mention_or_a_link(text: str, apart: str) -> None:
    (inline,) = [token for token in tokens(f"x {escape(text)}") if token.type == "inline"]
    assert shown(inline.children or []) == f"x {apart}"


def test_a_hostile_report_keeps_its_form() -> None:
    report = finished(hostile_report())
    text = render_markdown(report)
    assert kinds(text) <= OURS
    assert all(ord(c) >= 32 or c == "\n" for c in text)
    wrong = sum(item.verdict is not item.expected for item in report.evidence)
    rows = [line for line in text.splitlines() if line.startswith("| ") and line.count(" | ") == len(COLUMNS)]
    assert len(rows) == len(report.evidence) + 4
    assert 0 < wrong < len(report.evidence)


@settings(max_examples=60, deadline=None)
@given(st.lists(evidence(), max_size=6), st.integers(0, 6000))
def test_no_limit_is_exceeded(items: list[Evidence], limit: int) -> None:
    report = report_of(with_verdicts(items), HEADER, len(items))
    text = render_markdown(report, limit)
    assert len(text.encode()) <= limit
    whole = render_markdown(report)
    assert text == whole or not text or "**Cut for size:**" in text
    if len(whole.encode()) <= limit:
        assert text == whole


def test_many_rows_are_cut_at_the_end_and_what_is_wrong_comes_first() -> None:
    right = [recorded(i, found(), reason="x" * 900) for i in range(19_990)]
    wrong = [recorded(i, found(0.999, 0.001), id="S0", reason="wrong") for i in range(10)]
    items = [replace(item, verdict=Verdict.SUPPORTED) for item in right]
    items += [replace(item, verdict=Verdict.REFUTED) for item in wrong]
    text = render_markdown(report_of(items, HEADER, len(items)))
    assert LIMIT - 1000 < len(text.encode()) <= LIMIT
    assert text.count("**refuted**, expected supported") == 10
    assert "10 of 20000 claim tests are not as expected" in text
    kept = sum(line.startswith("| S1 \\[") for line in text.splitlines())
    assert f"{19_990 - kept} sub-claims" in text.splitlines()[-1]
    assert kinds(text) <= OURS


def test_a_limit_too_small_for_anything_gives_nothing() -> None:
    parts = [TextPart(("head",), ("a" * 99, "b"), "lines")]
    assert fit(parts, 10) == ""
    assert fit(parts, 200) == "head\n" + "a" * 99 + "\nb\n"
    assert fit(parts, 106) == "\n**Cut for size:** 2 lines left out; claims.json has all.\n"


def test_the_baseline_is_a_section() -> None:
    report = finished_sample()
    held = compare(finished(replace(report, evidence=report.evidence[2:])), report, "old|one", "this run")
    text = render_markdown(finished_sample(baseline={"comparison": comparison_document(held)}))
    assert "## Against the baseline" in text
    assert "- A: old&#124;one" in text
    assert text.index("## Not as expected") < text.index("## Against the baseline") < text.index("## As expected")


def test_the_header_names_templates_and_number_formats() -> None:
    tasks: Json = {"sst2": {"template": {"name": "plain_1"}}, "ginc": {"data": "x"}, "rte": {"template": {"name": "q"}}}
    computed: Json = {"mylm": {"dtype": "bfloat16"}, "other": {"attention": "eager"}, "gpt": {"dtype": "float32"}}
    lines = render_markdown(finished_sample(tasks=tasks, computed=computed)).splitlines()
    (line,) = [number for number, line in enumerate(lines) if line.startswith("Templates: ")]
    assert lines[line] == r"Templates: sst2 plain\_1, rte q. Number formats: mylm bfloat16, gpt float32."
    assert lines[line - 1] == lines[line + 1] == ""
    assert lines[line - 2].startswith("Run: ")
    alone = render_markdown(finished_sample(computed=computed))
    assert "\nNumber formats: mylm bfloat16, gpt float32.\n" in alone
    assert "Templates" not in alone


def test_the_header_names_the_files_that_models_were_made_of() -> None:
    made: Json = {"dtype": "float32", "dequantised from GGUF": {"file": "my_model.Q4_1.gguf"}}
    text = render_markdown(finished_sample(computed={"mylm": made}))
    assert "\nNumber formats: mylm float32. Dequantised from GGUF: mylm my\\_model.Q4\\_1.gguf.\n" in text


@pytest.mark.parametrize("value", [None, "x", [], {}, {"m": None}, {"m": "x"}, {"m": {"template": "x", "dtype": None}},
                                   {"m": {"template": {"name": None}, "dtype": ["x"]}}])  # fmt: skip
def test_a_header_without_them_has_no_line(value: Json) -> None:
    text = render_markdown(finished_sample(tasks=value, computed=value))
    assert text == render_markdown(finished_sample())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_templates_and_number_formats_are_shown_as_they_are(text: str) -> None:
    header: dict[str, Json] = {"tasks": {text: {"template": {"name": text}}}, "computed": {text: {"dtype": text}}}
    page = render_markdown(finished_sample(**header))
    assert kinds(page) <= OURS
    (line,) = [line for line in page.splitlines() if line.startswith("Templates: ")]
    assert f"Templates: {escape(f'{text} {text}')}. Number formats: {escape(f'{text} {text}')}." == line


def test_ever_so_many_templates_leave_room_for_the_rest() -> None:
    tasks: Json = {f"task {i}": {"template": {"name": "x" * 99}} for i in range(30_000)}
    text = render_markdown(finished_sample(tasks=tasks))
    assert "## Not as expected" in text
    assert len(text) < len(render_markdown(finished_sample())) + 2 * LONGEST


@pytest.mark.parametrize(
    ("wrong", "complete", "sentence"),
    [(0, True, "All 2 claim tests are as expected."), (1, True, "1 of 2 claim tests are not as expected."),
     (0, False, "All 2 claim tests are as expected; the run is incomplete.")],
)  # fmt: skip
def test_the_headline(wrong: int, complete: bool, sentence: str) -> None:
    items = [replace(recorded(i, found()), verdict=Verdict.SUPPORTED) for i in range(2)]
    items[:wrong] = [replace(item, verdict=Verdict.REFUTED) for item in items[:wrong]]
    text = render_markdown(report_of(items, HEADER | {"complete": complete}, 2))
    assert f"**{sentence}**" in text


def test_one_verdict_a_claim_opens_the_report_with_the_interval_that_decides() -> None:
    text = render_markdown(finished_sample())
    opening = text[: text.index("## Not as expected")]
    assert opening.index("Incomplete run") < opening.index("## One verdict a claim")
    rows = [line for line in opening.splitlines() if line.count(" | ") == len(VERDICT_COLUMNS) - 1]
    assert [row.split(" | ")[0] for row in rows[2:]] == [
        f"| {id}" for id in ("S1", "S1t", "S2", "S2a", "S2n", "S3", "S4", "S5", "E1")
    ]
    assert "| **refuted**, not all as registered | ginc-llama-208k, ginc-k8 | 0.003 |" in opening
    decided = replace(recorded(outcome=found(), verdict=Verdict.SUPPORTED), family_size=1)
    open_ended = replace(decided, outcome=replace(found(), deciding_interval=(0.2, None), deciding_level=0.05))
    for item, interval in ((decided, "[0.125, 0.375]"), (open_ended, "[0.2, ∞]")):
        drawn = render_markdown(report_of([item], HEADER, 1))
        assert drawn.count(f"0.25 {interval}".replace("[", "\\[").replace("]", "\\]")) == 2


def test_a_claim_on_several_models_counts_their_verdicts_where_they_differ() -> None:
    items = [
        recorded(verdict=v, outcome=found(), model=m) for v, m in ((Verdict.SUPPORTED, "a"), (Verdict.REFUTED, "b"))
    ]
    assert "| **mixed**, not all as registered | 2 models: 1 supported, 1 refuted |" in render_markdown(
        report_of(items, HEADER, 2)
    )
    assert "| supported | 2 models |" in render_markdown(report_of([items[0], replace(items[0], model="b")], HEADER, 2))


def test_in_a_cut_report_verdicts_of_many_claims_come_after_what_is_not_as_expected() -> None:
    right = [recorded(outcome=found(), verdict=Verdict.SUPPORTED, id=f"S{i}") for i in range(60)]
    wrong = replace(right[0], id="W1", verdict=Verdict.REFUTED)
    report = report_of([*right, wrong], HEADER, 61)
    assert render_markdown(report).index("## One verdict a claim") < render_markdown(report).index("## Not as expected")
    short = render_markdown(report, 6000)
    assert "**refuted**, expected supported" in short
    assert "## One verdict a claim" not in short
    assert "lines of verdicts" in short.splitlines()[-1]
