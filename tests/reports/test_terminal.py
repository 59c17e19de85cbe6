"""All sub-claims on a terminal: readable at any width, text as text, colour only where it is wanted."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.text import Text

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.render.terminal import render_claims, render_plan
from tests.reports.golden import check_golden
from tests.reports.hostile import hostile_report
from tests.reports.sample import sample_report
from tests.reports.strategies import found, recorded

PAYLOAD = "\x1b[31m[bold red]<b>\u202e\n| `x` :smile:"
WIDTHS = (60, 70, 80, 90, 100, 120, 160, 200)


def some() -> list[Evidence]:
    return with_verdicts(
        [
            recorded(2, found(), family_size=2),
            recorded(1, found(0.999, 0.001), family_size=2),
            recorded(3, verdict=Verdict.NOT_RUN, reason="no second model", id="S2"),
            recorded(4, replace(found(0.3, 0.7), sd=0.5, distance=0.125), expected=Verdict.INCONCLUSIVE, id="S10"),
        ]
    )


def words(text: str) -> str:
    return " ".join(text.split())


def whole(items: Sequence[Evidence], width: int, colour: bool = False) -> str:
    return render_claims(items, len(items), width, colour, verbosity=1)


def test_golden() -> None:
    report = sample_report()
    drawn = [f"width {width}\n\n{whole(report.evidence, width)}" for width in (80, 120)]
    check_golden("terminal.txt", "\n".join(drawn))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_tables_fit_and_lose_no_verdict(width: int) -> None:
    report = sample_report()
    text = whole(report.evidence, width)
    assert max(Text(line).cell_len for line in text.splitlines()) <= width
    for item in report.evidence:
        assert item.outcome is None or item.outcome.estimate is None or f"{item.outcome.estimate:.3g}" in text
        assert item.p_run is None or item.verdict is Verdict.REFUTED or f"{item.p_run:.2g}" in text
    assert words(text).count("inconclusive") >= 10
    assert width < 80 or "closure" in text


def test_a_wide_terminal_has_a_line_a_claim_and_a_narrow_one_stacks() -> None:
    items = [replace(item, params={"part": "a part of it"}) for item in some()[:1]]
    wide, narrow = (whole(items, width).partition("section 4, figure 4")[2] for width in (120, 60))
    assert "0.25 [0.125, 0.375]" in wide
    assert "p adj.  p run" in wide
    assert "0.25 [0.125, 0.375]" not in narrow
    rows = narrow.splitlines()
    at = next(i for i, row in enumerate(rows) if "a part of it" in row)
    assert rows[at].split()[-2:] == ["0", "0.002"]
    assert rows[at + 1].split()[:3] == ["supported", "[0.125,", "0.375]"]


@pytest.mark.parametrize("width", [40, 100, 160])
def test_what_was_not_expected_is_marked(width: int) -> None:
    text = whole(some(), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    assert "not run: S2 [size=3] on ginc-llama-794k, ginc-k5: no second model" in words(text)
    assert "episodes would settle it with power 0.9, against 20 now" in words(text)
    rows = text.partition("08540, section")[2].splitlines()
    assert [row.split()[:2] for row in rows if row.startswith("!")] == [["!", "1"], ["!", "3"]]
    counts = "4 claim tests: 1 supported, 1 refuted, 1 inconclusive, 1 not run; 2 as expected, 2 not"
    assert counts in words(text)


def test_a_verdict_that_the_runs_correction_would_change_is_marked() -> None:
    items = with_verdicts(
        [recorded(1, found(0.02, 0.98)), *(recorded(i, found(0.9, 0.1), id="S2") for i in range(2, 9))]
    )
    assert (items[0].verdict, items[0].verdict_run) == (Verdict.SUPPORTED, Verdict.INCONCLUSIVE)
    text = whole(items, 160)
    assert "(whole run: inconclusive)" in text
    said = "With one correction for all tests of the run, in place of one a claim, S1 would be inconclusive."
    assert said in words(text)
    assert "all tests of the run" not in whole(some(), 160)


def test_a_setting_without_training_is_said_in_its_row() -> None:
    still, moved = ({"learning_rate": rate, "epoch": epoch} for rate, epoch in ((0.0, 0), (0.1, 0)))
    items = with_verdicts([replace(recorded(i, found()), details=d) for i, d in enumerate((still, moved))])
    text = whole(items, 160)
    assert text.count("(chose no training)") == 1
    rows = text.splitlines()
    at = next(i for i, row in enumerate(rows) if "(chose no training)" in row and "of 2" not in row)
    assert rows[at - 1].split()[0] == "0"


def test_long_names_are_folded_not_cut() -> None:
    long = replace(recorded(outcome=found()), model="m" * 90, params={"part": "v" * 60})
    for width in WIDTHS:
        text = whole(with_verdicts([long]), width)
        assert text.count("m") > 90
        assert text.count("v") >= 60
        assert max(len(line) for line in text.splitlines()) <= width


def test_text_from_outside_is_shown_as_text() -> None:
    item = replace(recorded(verdict=Verdict.ERROR, reason=PAYLOAD), model=PAYLOAD, statement=PAYLOAD)
    for text in (whole([item], 160), render_plan([item], 160, colour=False)):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[bold red]" in text
        assert ":smile:" in text


@pytest.mark.parametrize("width", [60, 120])
def test_hostile_text_has_no_control_characters(width: int) -> None:
    report = hostile_report()
    for text in (whole(report.evidence, width), render_plan(report.evidence, width, False)):
        assert all(c == "\n" or c.isprintable() or c in "\ufffe\uffff\ufdd0\u3000" for c in text)
        assert max(Text(line).cell_len for line in text.splitlines()) <= width


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[32m" in whole(some(), 100, colour=True)
    assert "\x1b" not in whole(some(), 100)


@pytest.mark.parametrize("width", [60, 100])
def test_the_plan_shows_spread_and_episodes_needed(width: int) -> None:
    item = recorded(outcome=replace(found(), planned=64, sd=0.5, minimum_effect=0.125))
    text = render_plan([item], width, colour=False)
    (row,) = [line for line in text.splitlines() if "0.125" in line]
    assert row.split() == ["1", "0.5", "0.125", "20", "64"]
