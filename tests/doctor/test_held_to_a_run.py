"""The doctor's words are those of the report: a run on a model without ICL, on a task that some claims cannot use."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.test_text_claims import write_rows
from tests.text_models import save_text_model
from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[2]
FILES = ("shen/test_s1", "shen/test_s4", "shen/test_s5", "dai/test_d1_", "dai/test_d7", "xie/test_x2", "xie/test_x4",
         "xie/test_x6", "falck/test_m2", "min/test_r3", "open/test_o5")  # fmt: skip


def test_each_claim_comes_out_as_the_doctor_says(tmp_path: Path) -> None:
    """X2, M2 and R3 need a GINC task, and still are inconclusive here: that there is no ICL is seen first."""
    model = save_text_model(tmp_path / "toy", write_rows(tmp_path / "data"))
    paths = [str(path) for name in FILES for path in (ROOT / "claims").glob(f"{name}*.py")]
    asked = ("model", str(model)), ("task", "sst2"), ("data", str(tmp_path / "data"))
    report, env = tmp_path / "report", os.environ | {"HF_HUB_OFFLINE": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *paths, "-p", "no:xdist", "-p", "no:cacheprovider",
         *(f"--iclgd-{name}={value}" for name, value in asked),
         f"--iclgd-report={report}", f"--iclgd-cache={tmp_path / 'cache'}"],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    assert (report / "claims.json").exists(), run.stdout + run.stderr
    came_out: dict[str, set[str]] = {}
    for row in json.loads((report / "claims.json").read_text(encoding="utf-8"))["claims"]:
        came_out.setdefault(row["id"], set()).add(row["verdict"])
    told = subprocess.run(
        [sys.executable, "-m", "iclgd_core.suite.command", "doctor", "--json", "--device=cpu",
         *(f"--{name}={value}" for name, value in asked)],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    lines = json.loads(told.stdout)["sections"][-1]["findings"]
    said = {line["name"]: line["value"] for line in lines if line["name"] in came_out}
    assert said.keys() == came_out.keys() >= {"S1", "S1t", "S4", "S5", "D1", "D7", "X2", "X4", "X6", "M2", "R3", "O5"}
    assert {id: came_out[id] for id in said if "inconclusive where" in said[id]} == {
        id: {"inconclusive"} for id in ("X2", "M2", "R3")
    }
    for id in said:
        if "inconclusive where" not in said[id]:
            assert (came_out[id] == {"not run"}) is said[id].startswith("not run"), (id, said[id], came_out[id])
            assert "error" not in came_out[id]
