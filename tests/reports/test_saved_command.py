"""`iclgd report`: a saved report drawn again without a model, and that of a killed run made."""

from pathlib import Path

import pytest

from iclgd_core.evidence.channel import CLAIM, EVIDENCE
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.suite.command import main
from reports.collect.journal import Journal, JournalLine
from reports.document.report_directory import write_report
from reports.document.saved import read_saved
from tests.reports.finished import HEADER, finished_sample
from tests.reports.strategies import found, recorded

FILES = ("claims.json", "index.html", "claims.md")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a report where a run leaves it."""
    monkeypatch.chdir(tmp_path)
    write_report(finished_sample(), Path(".iclgd/report"))
    return tmp_path / ".iclgd" / "report"


def test_drawn_in_place(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {name: (place / name).read_bytes() for name in FILES}
    (place / "index.html").unlink()
    (place / "claims.md").write_text("old")
    assert main(["report"]) == 0
    assert {name: (place / name).read_bytes() for name in FILES} == before
    out = capsys.readouterr().out
    assert "22 claim tests: " in out
    assert "Claims report: " in out
    assert "\x1b" not in out


@pytest.mark.parametrize("argument", [".iclgd/report", ".iclgd/report/claims.json"])
def test_drawn_elsewhere(place: Path, argument: str) -> None:
    assert main(["report", argument, "--out", "new"]) == 0
    for name in FILES:
        assert Path("new", name).read_bytes() == (place / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "nowhere cannot be read as a report"),
        (("--why", "x"), "--why is for --accept"),
        (("--force-tier",), "--force-tier is for --accept"),
        (("--out", "claims"), "could not be written to claims"),
        (("--recover",), "evidence.jsonl cannot be read"),
    ],
)
def test_a_users_mistake_is_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    Path("claims").touch()
    assert main(["report", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_a_journal_that_was_moved_aside_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Journal(tmp_path, HEADER).close(keep=True)
    first = (tmp_path / "evidence.jsonl").read_bytes()
    Journal(tmp_path, {**HEADER, "seed": 9}).close(keep=False)
    assert (tmp_path / "evidence.jsonl.old").read_bytes() == first
    assert main(["report", str(tmp_path), "--recover"]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "evidence.jsonl is not there, but evidence.jsonl.old is" in message
    (tmp_path / "other").mkdir()
    (tmp_path / "evidence.jsonl.old").rename(tmp_path / "other" / "evidence.jsonl")
    assert main(["report", str(tmp_path / "other"), "--recover"]) == 0


def test_a_killed_run_is_recovered_as_incomplete(tmp_path: Path) -> None:
    def carrying(name: str, item: Evidence, node: str, when: str) -> JournalLine:
        return JournalLine(node, when, failed=False, longreprtext="", user_properties=[(name, item.to_wire())])

    journal = Journal(tmp_path, HEADER)
    journal.expect(["claims/x.py::a", "claims/x.py::b"])
    blank = recorded(verdict=Verdict.ERROR, reason="recorded no evidence")
    journal.add(carrying(CLAIM, blank, "claims/x.py::a", "setup"))
    journal.add(carrying(EVIDENCE, recorded(outcome=found()), "claims/x.py::a", "call"))
    journal.close(keep=True)
    assert main(["report", str(tmp_path), "--recover"]) == 0
    report = read_saved(tmp_path).report
    assert (report.run["complete"], report.run["exit_status"], report.with_evidence) == (False, 12, 1)
    assert [item.verdict for item in report.evidence] == [Verdict.SUPPORTED, Verdict.NOT_RUN]
