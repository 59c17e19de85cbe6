"""The report as data, as a file and on a terminal; the exit status that goes with it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.adjudication import adjudicate
from iclgd_core.errors import StorageError
from iclgd_core.evidence import Evidence, Verdict
from reports import json_report
from reports.collector import Row
from reports.document import OUTCOME_FIELDS, document, read_document, report_of
from reports.exit_status import exit_status
from reports.header import header
from reports.terminal import render_claims, render_plan
from tests.reports.strategies import evidence, found, recorded

PAYLOAD = "\x1b[31m[bold red]<b>\u202e\n| `x` :smile:"


def some() -> list[Evidence]:
    return adjudicate(
        [
            recorded(2, found(), family_size=2),
            recorded(1, found(0.999, 0.001), family_size=2),
            recorded(3, verdict=Verdict.NOT_RUN, reason="no second model", id="S2"),
            recorded(4, replace(found(0.3, 0.7), sd=0.5, distance=0.125), expected=Verdict.INCONCLUSIVE, id="S10"),
        ]
    )


@settings(max_examples=40)
@given(st.lists(evidence(), max_size=5))
def test_the_document_is_plain_json_whatever_the_order(items: list[Evidence]) -> None:
    report = report_of(adjudicate(items), {}, len(items))
    content = document(report)
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert document(read_document(json.loads(json.dumps(content)))) == content
    claims = content["claims"]
    assert isinstance(claims, list)
    assert len(claims) == len(items)


def test_the_document_has_every_field_for_every_claim() -> None:
    content = document(report_of(some(), {"seed": 0}, 3))
    claims = content["claims"]
    assert isinstance(claims, list)
    names = [set(row) for row in claims if isinstance(row, dict)]
    assert all(row == names[0] for row in names)
    assert names[0] >= {*OUTCOME_FIELDS, "id", "params", "paper", "where", "statement", "verdict", "expected"}
    assert [row["id"] for row in claims if isinstance(row, dict)] == ["S1", "S1", "S10", "S2"]
    summary = content["summary"]
    assert isinstance(summary, dict)
    assert (summary["as_expected"], summary["not_as_expected"], summary["with_evidence"]) == (2, 2, 3)


@pytest.mark.parametrize("width", [40, 100, 160])
def test_the_table_fits_and_marks_what_was_not_expected(width: int) -> None:
    text = render_claims(some(), 4, width, colour=False)
    assert max(len(line) for line in text.splitlines()) <= max(width, 100)
    assert "\x1b" not in text
    assert "not run: S2 [size=3] on ginc-llama-794k, ginc-k5: no second model" in text
    assert "episodes would settle it with power 0.9, against 20 now" in " ".join(text.split())
    marked = [line.split()[:2] for line in text.splitlines() if line.startswith("!")]
    assert marked == [["!", "1"], ["!", "3"]]
    assert "0.25 [0.125, 0.375]" in text
    assert "4 claim tests: 1 supported, 1 refuted, 1 inconclusive, 1 not run; 2 as expected, 2 not" in text


def test_long_names_are_folded_not_cut() -> None:
    long = replace(recorded(outcome=found()), model="m" * 90, params={"part": "v" * 60})
    text = render_claims(adjudicate([long]), 1, 100, colour=False)
    assert text.count("m") > 90
    assert max(len(line) for line in text.splitlines()) <= 100


def test_text_from_outside_is_shown_as_text() -> None:
    item = replace(recorded(verdict=Verdict.ERROR, reason=PAYLOAD), model=PAYLOAD, statement=PAYLOAD)
    for text in (render_claims([item], 1, 160, colour=False), render_plan([item], 160, colour=False)):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[bold red]" in text
        assert ":smile:" in text


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[32m" in render_claims(some(), 4, 100, colour=True)


def test_the_plan_shows_spread_and_episodes_needed() -> None:
    item = recorded(outcome=replace(found(), needed=64, sd=0.5, minimum_effect=0.125))
    text = render_plan([item], 100, colour=False)
    (row,) = [line for line in text.splitlines() if "0.125" in line]
    assert row.split() == ["1", "0.5", "0.125", "20", "64"]


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    json_report.write({"n": 1}, folder)
    path = json_report.write({"n": 2}, folder)
    assert json.loads(path.read_text(encoding="utf-8")) == {"n": 2}
    assert [entry.name for entry in folder.iterdir()] == ["claims.json"]


def test_a_file_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="--iclgd-report"):
        json_report.write({}, tmp_path / "file" / "below")


def test_a_full_disk_leaves_the_earlier_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    json_report.write({"n": 1}, tmp_path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.json_report.os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        json_report.write({"n": 2}, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["claims.json"]
    assert json.loads((tmp_path / "claims.json").read_text(encoding="utf-8")) == {"n": 1}


def test_a_directory_outside_git_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert header(tmp_path, "now", 0)["commit"] is None
    monkeypatch.setenv("PATH", "")
    assert header(tmp_path, "now", 0)["dirty"] is None


def row(verdict: Verdict, recorded_it: bool = True, failed: bool = False) -> Row:
    return Row("claims/x", recorded(verdict=verdict), recorded_it, failed)


GOOD, LEFT_OUT = row(Verdict.SUPPORTED), row(Verdict.NOT_RUN)
WRONG, LOST = row(Verdict.REFUTED), row(Verdict.ERROR, recorded_it=False)


@pytest.mark.parametrize(
    ("status", "rows", "written", "expected"),
    [
        (0, [GOOD], True, 0),
        (0, [GOOD, LEFT_OUT], True, 0),
        (0, [LEFT_OUT], True, 12),
        (0, [GOOD], False, 12),
        (0, [GOOD, WRONG], True, 1),
        (0, [WRONG], False, 1),
        (1, [GOOD, LOST], True, 12),
        (1, [WRONG, LOST], True, 1),
        (1, [GOOD], True, 1),
        (2, [WRONG, LOST], True, 2),
        (3, [GOOD], False, 3),
    ],
)
def test_exit_status(status: int, rows: list[Row], written: bool, expected: int) -> None:
    assert exit_status(status, rows, written) == expected
