"""Real kills: what was measured before is in the report, the rest is listed, the exit status says incomplete."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from iclgd_core.evidence.verdict import Verdict
from iclgd_core.suite.command import main
from reports.collect.journal import FILE_NAME, recover
from tests.plugin.project import Project, no_traceback
from tests.waiting import HANG, until

INTERRUPTED, INCOMPLETE = 2, 12

KILLING = """
import os, signal

@stated("K")
@pytest.mark.parametrize("case", range(8))
def test_k(judge, case):
    if case == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    judge(found())
"""

WAITING = """
from pathlib import Path
from tests.waiting import until_killed

@stated("W")
@pytest.mark.parametrize("case", range(6))
def test_w(judge, case):
    if case >= 2:
        Path("waiting").touch()
        until_killed()
    judge(found())
"""

EXHAUSTED = """
@stated("M")
@pytest.mark.parametrize("case", range(3))
def test_m(judge, case):
    if case == 1:
        raise MemoryError("cannot allocate 40 GiB")
    judge(found())
"""


@pytest.mark.parametrize("dist", ["load", "worksteal"])
def test_a_killed_worker_loses_its_test_alone(project: Project, dist: str) -> None:
    project.claim(KILLING)
    result = project.run("claims", "--dist", dist, mode="n2")
    verdicts = project.verdicts()
    assert result.ret == INCOMPLETE
    assert verdicts.pop("K.3") == Verdict.ERROR
    assert set(verdicts.values()) == {Verdict.SUPPORTED}
    assert len(verdicts) == 7
    assert not (project.report_folder() / FILE_NAME).exists()
    no_traceback(result)


@pytest.mark.parametrize("dist", ["load", "worksteal"])
def test_without_new_workers_the_rest_is_listed_as_not_run(project: Project, dist: str) -> None:
    project.claim(KILLING)
    result = project.run("claims", "--dist", dist, "--max-worker-restart=0", mode="n2")
    rows = project.document()["claims"]
    found = [row["verdict"] for row in rows]
    assert result.ret == INCOMPLETE
    assert len(rows) == 8
    assert found.count(Verdict.ERROR) == 1
    assert found.count(Verdict.SUPPORTED) >= 1
    assert set(found) <= {Verdict.ERROR, Verdict.SUPPORTED, Verdict.NOT_RUN}
    assert all(row["reason"] for row in rows if row["verdict"] == Verdict.NOT_RUN)
    assert {row["id"] for row in rows} == {"K"}, "tests that never started are known by their claim"


@pytest.mark.parametrize("mode", ["plain", "n2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_reports_what_it_measured(project: Project, mode: str, number: signal.Signals) -> None:
    project.claim(WAITING)
    process = started(project, mode)
    process.send_signal(number)
    output, _ = process.communicate(timeout=HANG)
    assert process.returncode == INTERRUPTED, output
    assert "INTERNALERROR" not in output
    rows = project.document()["claims"]
    assert len(rows) == 6
    verdicts = [row["verdict"] for row in rows]
    assert verdicts.count(Verdict.SUPPORTED) == 2
    assert verdicts.count(Verdict.NOT_RUN) + verdicts.count(Verdict.ERROR) == 4
    assert project.document()["run"]["complete"] is False


@pytest.mark.parametrize("mode", ["plain", "n2"])
def test_the_evidence_of_a_killed_controller_is_in_its_journal(project: Project, mode: str) -> None:
    project.claim(WAITING)
    process = started(project, mode)
    kill_group(process)
    assert not project.report.exists()
    rows, run = recover(project.report_folder())
    assert run["seed"] == 0
    assert [row.evidence.outcome is not None for row in rows].count(True) == 2
    assert len(rows) == 6
    assert main(["report", str(project.report_folder()), "--recover"]) == 0
    document = project.document()
    assert document["run"]["complete"] is False
    assert [row["verdict"] for row in document["claims"]].count(Verdict.SUPPORTED) == 2
    assert (project.report_folder() / "index.html").exists()


def test_a_test_that_runs_out_of_memory_is_an_error_and_the_others_go_on(project: Project) -> None:
    project.claim(EXHAUSTED)
    result = project.run("claims", mode="n2")
    assert result.ret == 1
    assert project.verdicts() == {"M.0": Verdict.SUPPORTED, "M.1": Verdict.ERROR, "M.2": Verdict.SUPPORTED}
    (row,) = [row for row in project.document()["claims"] if row["verdict"] == Verdict.ERROR]
    assert row["reason"] == "MemoryError: cannot allocate 40 GiB"


def started(project: Project, mode: str) -> "subprocess.Popen[str]":
    """Start a run in a process group of its own and wait until its first two claims are in the journal."""
    flags = {"plain": ["-p", "no:xdist"], "n2": ["-n2", "--dist", "load"]}[mode]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "claims", *flags],
        cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, preexec_fn=heed_interrupts,
    )  # fmt: skip
    journal, waiting = project.report.parent / FILE_NAME, project.path / "waiting"

    def so_far() -> bool:
        return waiting.exists() and journal.exists() and journal.read_text().count('"iclgd_evidence"') >= 4

    until(lambda: so_far() or process.poll() is not None, "the third claim")
    if process.poll() is None:
        return process
    raise AssertionError(process.communicate()[0])


def heed_interrupts() -> None:
    """Undo what a shell does to jobs in the background: they ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill_group(process: "subprocess.Popen[str]") -> None:
    """Kill the controller first, then whatever it started."""
    process.kill()
    process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
