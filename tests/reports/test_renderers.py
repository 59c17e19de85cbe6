"""The report as data and as a file; what its header says."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import StorageError
from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.run_options import RunOptions
from iclgd_core.evidence.verdict import Verdict
from reports.collect.header import header
from reports.document import json_report
from reports.document.report import OUTCOME_FIELDS, document, read_document, report_of
from tests.reports.strategies import evidence, found, recorded


def some() -> list[Evidence]:
    return with_verdicts(
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
    report = report_of(with_verdicts(items), {}, len(items))
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
    assert [row["id"] for row in claims if isinstance(row, dict)] == ["S1", "S1", "S2", "S10"]
    summary = content["summary"]
    assert isinstance(summary, dict)
    assert (summary["as_expected"], summary["not_as_expected"], summary["with_evidence"]) == (2, 2, 3)


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

    monkeypatch.setattr("reports.document.json_report.os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        json_report.write({"n": 2}, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["claims.json"]
    assert json.loads((tmp_path / "claims.json").read_text(encoding="utf-8")) == {"n": 1}


def test_a_directory_outside_git_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert header(tmp_path, "now", 0, RunOptions(tmp_path))["commit"] is None
    monkeypatch.setenv("PATH", "")
    assert header(tmp_path, "now", 0, RunOptions(tmp_path))["dirty"] is None
