"""`pytest claims` on models of a Hub on loopback: by commit, along checkpoints, gated, and offline afterwards."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hub.client_process import ROOT, environment, prefetch
from tests.hub.conftest import contents
from tests.hub.hub_server import HubServer, Repository, commit_hash, one_commit, serving
from tests.test_text_claims import write_rows
from tests.text_models import save_text_model
from tests.waiting import HANG

STEPS = (10, 20, 30, 40)


@dataclass
class Ran:
    """One run: exit status, output, report."""

    status: int
    output: str
    report: dict[str, Any]

    def verdicts(self) -> dict[str, set[str]]:
        """Verdicts by model."""
        found: dict[str, set[str]] = {}
        for row in self.report["claims"]:
            found.setdefault(row["model"], set()).add(row["verdict"])
        return found


class Runner:
    """Runs claims as a user does, against one Hub and one cache."""

    def __init__(self, hub: HubServer, folder: Path) -> None:
        self.hub, self.folder, self.runs = hub, folder, 0

    def __call__(self, *arguments: str, offline: bool) -> Ran:
        self.runs += 1
        out = self.folder / f"report-{self.runs}"
        env = environment(self.hub.endpoint, self.folder / "home", HF_HUB_OFFLINE=str(int(offline)))
        common = ("-p", "no:cacheprovider", "--iclgd-task=sst2", f"--iclgd-data={self.folder / 'data'}")
        where = (f"--iclgd-report={out}", f"--iclgd-cache={self.folder / 'measured'}")
        command = [sys.executable, "-m", "pytest", "claims/shen", *arguments, *common, *where]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=HANG)
        report = out / "claims.json"
        content = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        return Ran(done.returncode, done.stdout + done.stderr, content)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("run")
    texts = write_rows(folder / "data")
    files = contents(save_text_model(folder / "toy", texts))
    commits = {commit_hash(f"step{step}"): files for step in (*STEPS, 0)}
    branches = {f"step{step}": commit_hash(f"step{step}") for step in STEPS} | {"main": commit_hash("step0")}
    repositories = {
        "org/toy": Repository(commits, branches),
        "org/other": Repository(commits, branches),
        "org/gated": one_commit(files),
    }
    with serving(HubServer(repositories, gated={"org/gated"})) as hub:
        yield Runner(hub, folder)


def test_checkpoints_are_found_by_commit_and_then_need_no_network(run: Runner) -> None:
    arguments = ("-k", "s5", "--iclgd-model=org/toy@step*")
    online = run("-n0", *arguments, offline=False)
    assert online.verdicts() == {"org/toy": {"inconclusive"}}, online.output
    assert all(row["reason"].startswith("no ICL") for row in online.report["claims"])
    late = [f"org/toy@step{step}" for step in STEPS if 2 * step >= STEPS[-1]]
    assert online.report["run"]["model_commits"] == {
        "org/toy": commit_hash("step0"),
        **{name: commit_hash(name.partition("@")[2]) for name in late},
    }
    assert set(online.report["claims"][0]["details"]["model_sha256"]) == set(late)
    asked = len(run.hub.seen)
    offline = run("-n2", *arguments, offline=True)
    assert offline.verdicts() == online.verdicts()
    assert offline.report["run"]["model_commits"] == online.report["run"]["model_commits"]
    assert len(run.hub.seen) == asked, "offline, nothing is asked"


def test_a_gated_model_is_not_run_and_the_others_are(run: Runner) -> None:
    found = run("-n1", "-k", "s1t", "--iclgd-model=org/gated", "--iclgd-model=org/toy@step40", offline=False)
    assert found.verdicts() == {"org/gated": {"not run"}, "org/toy@step40": {"inconclusive"}}, found.output
    reasons = {row["reason"] for row in found.report["claims"] if row["model"] == "org/gated"}
    assert len(reasons) == 1
    assert "gated: the Hub refused" in reasons.pop()


def test_what_is_missing_offline_is_listed_before_anything_starts(run: Runner) -> None:
    found = run("-n2", "--iclgd-model=org/elsewhere", "--iclgd-model=org/toy@step99", offline=True)
    assert found.status == pytest.ExitCode.USAGE_ERROR
    assert not found.report
    assert "2 of what this run needs is not on this machine" in found.output
    assert "org/elsewhere" in found.output
    assert "org/toy@step99" in found.output
    assert "iclgd prefetch --model org/elsewhere --model org/toy@step99" in found.output
    assert "Traceback" not in found.output


def test_what_was_prefetched_needs_no_network(run: Runner) -> None:
    env = environment(run.hub.endpoint, run.folder / "home")
    [fetched] = prefetch([["--model", "org/other@step*", "--task", "sst2", "--data", str(run.folder / "data")]], env)
    assert fetched.status == 0, fetched.output
    asked = len(run.hub.seen)
    found = run("-n0", "-k", "s5 and weights", "--iclgd-model=org/other@step*", offline=True)
    assert found.verdicts() == {"org/other": {"inconclusive"}}, found.output
    assert len(run.hub.seen) == asked
