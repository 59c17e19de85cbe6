"""The claims on a toy model of text over the paper's four sets: nothing is learned in context, nothing is claimed."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from tests.text_models import save_text_model
from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[1]
NOUNS = ("film", "match", "bank", "phone", "river", "paper", "team", "song", "price", "law")
SETS = {
    "ag_news": (("text",), 4, "test"),
    "sst2": (("sentence",), 2, "validation"),
    "cb": (("premise", "hypothesis"), 3, "validation"),
    "rte": (("premise", "hypothesis"), 2, "validation"),
}


def write_rows(folder: Path) -> list[str]:
    """Write short rows of all four sets, in the columns of their originals; return the texts."""
    rng, texts = np.random.default_rng(0), list[str]()
    for task, (fields, classes, held_out) in SETS.items():
        (folder / task).mkdir(parents=True)
        for split, count in (("train", 160), (held_out, 48)):
            rows: list[dict[str, Any]] = []
            for i in range(count):
                row = {field: f"{' '.join(rng.choice(NOUNS, 3))} {split} {i} {field}" for field in fields}
                texts += row.values()
                rows.append({**row, "label": int(rng.integers(classes))})
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / task / f"{split}.jsonl").write_text(lines, encoding="utf-8")
    return texts


def run(folder: Path) -> dict[str, Any]:
    """Run the claims of Shen et al. on all four sets; return the report."""
    model = save_text_model(folder / "toy-text", write_rows(folder / "data"))
    tasks = [f"--iclgd-task={task}" for task in SETS]
    out = folder / "report"
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "claims/shen", "-n2", "-p", "no:cacheprovider", *tasks,
            f"--iclgd-model={model}", f"--iclgd-data={folder / 'data'}",
            f"--iclgd-report={out}", f"--iclgd-cache={folder / 'cache'}",
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr  # nothing is registered for this model: support is expected
    content: dict[str, Any] = json.loads((out / "claims.json").read_text(encoding="utf-8"))
    return content


def test_nothing_is_supported_and_nothing_is_an_error(tmp_path: Path) -> None:
    report = run(tmp_path)
    found = Counter((row["id"], row["verdict"]) for row in report["claims"])
    assert {verdict for _, verdict in found} == {"inconclusive", "not run"}
    assert {claim for claim, verdict in found if verdict == "not run"} == {"S4", "S5"}
    assert {row["task"] for row in report["claims"]} == {*SETS, ""}
    judged = [row for row in report["claims"] if row["verdict"] == "inconclusive"]
    assert len(judged) > 4 * 20
    assert all(row["reason"].startswith("no ICL: accuracy ") for row in judged)
    others = {row["reason"] for row in report["claims"] if row["verdict"] == "not run"}
    assert all("at least 4 sizes" in reason or "no kept checkpoints" in reason for reason in others)
    for task in SETS:
        shown = next(text for name, text in report["run"]["prompts"].items() if name.endswith(f", {task}"))
        assert shown.startswith("[0] <s> [")
        assert "begins with: <s>, id 0" in shown
        assert "no EOS" in shown
    assert report["run"]["computed"][report["claims"][0]["model"]]["dtype"] == "float32"
