"""`iclgd compare`: forms, files, exit status, and one clear error for what is no report."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from iclgd_core.evidence.verdict import Verdict
from iclgd_core.suite.command import main
from reports.document.report_directory import write_report
from reports.document.validation import COMPARE, problem
from tests.reports.finished import finished_sample


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three reports: one, one like it, one with a claim that is refuted now; on a terminal wider than any path."""
    monkeypatch.setenv("COLUMNS", "400")
    sample = finished_sample()
    write_report(sample, tmp_path / "a")
    write_report(finished_sample(seed=1), tmp_path / "b")
    first = replace(sample.evidence[0], verdict=Verdict.REFUTED)
    write_report(replace(sample, evidence=(first, *sample.evidence[1:])), tmp_path / "worse")
    return tmp_path


@pytest.mark.parametrize(("other", "status"), [("a", 0), ("b", 0), ("b/claims.json", 0), ("worse", 1)])
def test_the_exit_status(place: Path, other: str, status: int) -> None:
    assert main(["compare", str(place / "a"), str(place / other)]) == status


def test_improvements_are_no_failure(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(place / "worse"), str(place / "a")]) == 0
    assert "refuted (expected supported) to supported" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_forms(place: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    arguments = ["compare", str(place / "a"), str(place / "worse"), "--format", form]
    assert main(arguments) == 1
    shown = capsys.readouterr().out
    assert main([*arguments, "--out", str(place / "new" / "file")]) == 1
    assert (place / "new" / "file").read_text(encoding="utf-8") == shown
    assert "written: " in capsys.readouterr().out
    if form == "json":
        assert problem(json.loads(shown), COMPARE) == ""
        assert json.loads(shown)["exit_status"] == 1


@pytest.mark.parametrize("other", ["nowhere", "text"])
def test_what_is_no_report_is_one_error(place: Path, capsys: pytest.CaptureFixture[str], other: str) -> None:
    (place / "text").write_text("{")
    assert main(["compare", str(place / "a"), str(place / other)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("iclgd: ")
    assert other in error
    assert len(error.splitlines()) == 1


def test_a_file_that_cannot_be_written_is_one_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "text").write_text("{")
    assert main(["compare", str(place / "a"), str(place / "b"), "--out", str(place / "text" / "x")]) == 2
    assert "with --out" in capsys.readouterr().err
