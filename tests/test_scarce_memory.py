"""Workers that do not fit beside each other take turns, and the run ends with the verdicts of one that has room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[1]
S1T = "claims/shen/test_s1t_order_invariance.py"


def run(out: Path, memory: str) -> "subprocess.CompletedProcess[str]":
    where = (f"--iclgd-report={out}", f"--iclgd-cache={out}/measured", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", S1T, "-n2", f"--iclgd-max-memory={memory}", *where]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG)


def test_two_workers_with_room_for_one(tmp_path: Path) -> None:
    done = run(tmp_path, "3GB")  # a worker takes about 2.1 GiB: what replicas of a small model may take, and the model
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert report["summary"]["as_expected"] == report["summary"]["collected"] >= 4
    assert report["run"]["options"]["resolved"]["max_memory"] == 3_000_000_000


def test_memory_for_none_is_an_error_with_both_amounts(tmp_path: Path) -> None:
    done = run(tmp_path, "1GB")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    report = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert {row["verdict"] for row in report["claims"]} == {"error"}
    assert all("needs about 2." in row["reason"] and "has 953.7 MiB" in row["reason"] for row in report["claims"])
    assert "Traceback" not in done.stdout + done.stderr
