"""The README's claim runs as it stands there, and is as short as it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLUGINS = ("fixtures.options", "fixtures.selection", "fixtures.judge", "fixtures.arguments.plugin", "reports.plugin")


def example() -> str:
    found = re.search(r"```python\n(.*?)```", README, re.S)
    assert found is not None
    return found[1]


def test_the_example_has_at_most_25_lines() -> None:
    assert len(example().rstrip().splitlines()) <= 25


def test_the_example_runs_and_reports(tmp_path: Path) -> None:
    (tmp_path / "test_e1_more_demonstrations_help.py").write_text(example())
    plugins = [part for name in PLUGINS for part in ("-p", name)]
    options = ["--iclgd-model=ginc-llama-794k", "--iclgd-task=ginc-k5", f"--iclgd-report={tmp_path / 'report'}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", str(tmp_path), *plugins, *options, f"--iclgd-cache={tmp_path / 'cache'}"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert (tmp_path / "report" / "claims.json").exists(), run.stdout + run.stderr
    claims = json.loads((tmp_path / "report" / "claims.json").read_text())["claims"]
    assert [(row["id"], row["model"], row["task"]) for row in claims] == [("E1", "ginc-llama-794k", "ginc-k5")]
    assert claims[0]["estimate"] is not None
    assert run.returncode == (0 if claims[0]["verdict"] == "supported" else 1), run.stdout


def test_the_two_commands_come_first() -> None:
    first_block = README.split("```")[1]
    assert "make claims" in first_block
    assert "make test" in first_block
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}: " in makefile for target in ("claims", "test"))


def test_the_text_has_a_picture() -> None:
    places = re.findall(r"!\[[^]]+\]\(([^)#]+)\)", README)
    assert places
    assert all((ROOT / place).is_file() for place in places)
