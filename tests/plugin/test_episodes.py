"""From a number of a report down to its episodes: what is shown is what was measured, and its mean is the estimate."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.project import HEAD, ROOT
from tests.text_models import save_text_model

PLUGINS = ("options", "devices", "available", "selection", "judge", "resources", "arguments.plugin", "episodes")
REPORTS = ("reports.plugin", "reports.progress", "reports.survival")
CONFTEST = f"pytest_plugins = {[*(f'fixtures.{name}' for name in PLUGINS), *REPORTS]!r}\n"
TASK = """
name = "mine"
fields = ["text"]
classes = ["good", "bad"]
folder = "rows"
template = [{ name = "plain", layout = "{text} Label:", words = { good = "Positive", bad = "Negative" } }]
"""
CLAIM = """
from iclgd_core.learners import Schedule
from iclgd_core.stats import paired_greater
from iclgd_core.stats.bound import below
from iclgd_core.studies import agreement_study

@stated("L", needs_icl=False)
@pytest.mark.parametrize("agreement", ["token-overlap", "jensen-shannon"])
def test_language(lab, judge, agreement):
    study = agreement_study(lab, "gd", agreement, n=6, n_tuning=2, schedule=Schedule((0.05, 0.5), (1, 3)))
    judge(paired_greater(study["ceiling"], study["learner"], margin=0.0, quantity="gap"), study)

@stated("W", needs_icl=False)
def test_weights(weights, judge):
    judge(below({"layer": 0.5}, 1.0, quantity="size", unit="layer"))

@stated("R", needs_icl=False)
def test_reads_the_model(lab, judge):
    ids = lab.model.tokenizer("it is so", return_tensors="pt")["input_ids"]
    value = float(lab.model.module(ids).logits.mean())
    judge(paired_greater([value] * 6, [0.0] * 6, margin=0.0, quantity="logit"))
"""


INI = f"""
[pytest]
pythonpath = {ROOT}
addopts = --import-mode=importlib -p no:cacheprovider -p no:hypothesispytest -p no:anyio -p no:xdist
iclgd_device = cpu
"""


class Measured:
    """A project whose claims were run once, with its report and its store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.report = path / ".iclgd" / "report" / "claims.json"
        self.store = path / ".iclgd" / "measurements"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_"))}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.path, env=outside | {"PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "iclgd_core.suite.command", "episodes", *arguments)

    def sheet(self, *arguments: str) -> dict[str, Any]:
        done = self.command(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def claims(self, id: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """The sub-claims of a claim in the report, by their parameters' values."""
        rows = json.loads(self.report.read_text(encoding="utf-8"))["claims"]
        return {tuple(row["params"].values()): row for row in rows if row["id"] == id}

    def stored(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.store.rglob("*.safetensors"))}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """A project that was run once; its tests change nothing in it."""
    folder = tmp_path_factory.mktemp("measured")
    rows = [{"text": f"it is {'so' if n % 2 else 'not so'} {n}", "label": n % 2} for n in range(300)]
    files = {
        "conftest.py": CONFTEST, "pytest.ini": INI, "mine.toml": TASK, "claims/test_claims.py": HEAD + CLAIM,
        "rows/train.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    save_text_model(folder / "toy", ["it is so Label: Positive", "it is not so Label: Negative"] * 20)
    made = Measured(folder)
    done = made.run("-m", "pytest", "claims", "--iclgd-model=toy", "--iclgd-task=mine.toml")
    assert made.report.exists(), done.stdout + done.stderr
    return made


@pytest.fixture
def copied(measured: Measured, tmp_path: Path) -> Measured:
    """A copy of it that may be changed."""
    shutil.copytree(measured.path, tmp_path / "copy")
    return Measured(tmp_path / "copy")


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def of(sheet: dict[str, Any], learner: str, order: int = 0, **setting: object) -> dict[str, Any]:
    (model,) = sheet["models"]
    found = [
        one for one in model["answers"]
        if one["learner"] == learner and one["order"] == order and all(one[k] == v for k, v in setting.items())
    ]  # fmt: skip
    assert len(found) == 1
    return dict(found[0])


def test_episodes_average_to_the_estimate_and_queries_to_the_episode_and_nothing_is_measured(
    measured: Measured,
) -> None:
    report, stored = measured.report.read_bytes(), measured.stored()
    row, values = measured.claims("L")["token-overlap",], []
    for number in (0, 5):
        sheet = measured.sheet("L", "--param", "agreement=token-overlap", "--episode", str(number))
        values.append(sheet["values"][number])
        numbers = {one["name"]: one for one in sheet["numbers"]}
        setting = {"learning_rate": row["details"]["learning_rate"], "epoch": row["details"]["epoch"]}
        trained = of(sheet, "gd", **setting) if setting["epoch"] else of(sheet, "zero-shot")
        shown = {"learner": trained, "ceiling": of(sheet, "ICL", order=1), "floor": of(sheet, "zero-shot")}
        for name, answer in shown.items():
            assert mean(answer["agreement"]["token-overlap"]) == pytest.approx(numbers[name]["value"], abs=1e-12)
            assert numbers[name]["mean"] == pytest.approx(row["details"][name], abs=1e-12)
        assert values[-1] == pytest.approx(numbers["ceiling"]["value"] - numbers["learner"]["value"], abs=1e-12)
        assert mean(sheet["values"]) == pytest.approx(row["estimate"], abs=1e-12)
        assert len(sheet["values"]) == row["n"] == 6
        (model,) = sheet["models"]
        assert len(model["demonstrations"]) == 8
        assert all(demonstration["text"] in model["prompt"] for demonstration in model["demonstrations"])
        assert all(demonstration["label"] in (" Positive", " Negative") for demonstration in model["demonstrations"])
        likeliest = [top[0]["token"] for top in of(sheet, "ICL")["top"]]
        right = [query["label"] == token for query, token in zip(model["queries"], likeliest, strict=True)]
        assert right == of(sheet, "ICL")["right"]
    assert len({json.dumps(value) for value in values}) == 2
    assert measured.report.read_bytes() == report
    assert measured.stored() == stored


def test_the_text_has_the_number_the_prompts_and_the_answers(measured: Measured) -> None:
    done = measured.command("L", "--param", "agreement=jensen-shannon", "--episode", "2")
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert text.startswith("L [agreement=jensen-shannon] on toy, mine\n")
    assert "episode 2 of 0 to 5: " in text
    assert ", as in the report (" in text
    assert "prompt of query 0 as the model reads it:\n  <s>it is" in text
    assert text.count("agreement (jensen-shannon)") > 2
    assert "agreement (token-overlap)" not in text
    assert " -> ' Positive'" in text


def test_what_is_not_stored_is_said_and_not_measured(copied: Measured) -> None:
    for path in copied.store.rglob("*.safetensors"):
        path.unlink()
    done = copied.command("L", "--param", "agreement=token-overlap")
    assert done.returncode == 2
    assert "is not stored in" in done.stderr
    assert (
        "Measure it with:\n  pytest 'claims/test_claims.py::test_language[toy-mine.toml-token-overlap]'" in done.stderr
    )
    assert "--iclgd-model=toy --iclgd-task=mine.toml" in done.stderr
    assert copied.stored() == {}
    elsewhere = copied.command("L", "--param", "agreement=token-overlap", "--cache", "nowhere")
    assert elsewhere.returncode == 2
    assert not (copied.path / "nowhere").exists()


def test_a_claim_that_reads_the_model_itself_has_no_stored_episodes(measured: Measured) -> None:
    done = measured.command("R")
    assert done.returncode == 2
    assert "the claim reads a model itself" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("X",), "has no claim 'X'. Known: L, R, W."),
        (("l",), "has no claim 'l'. Nearest: L."),
        (("L", "--param", "agreement"), "--param is 'agreement'. Allowed: NAME=VALUE"),
        (("L", "--param", "=jensen-shannon"), "--param is '=jensen-shannon'. Allowed: NAME=VALUE"),
        (("L",), "2 sub-claims of L fit. Name one with --model, --task and --param:\n  iclgd episodes L --model toy"),
        (("L", "--param", "agreement=none"), "no sub-claim of L fits. Name one with"),
        (("W",), "W has no episodes: its unit is the layer."),
        (("L", "--param", "agreement=token-overlap", "--episode", "6"), "--episode is 6. Allowed: 0 to 5"),
        (("L", "--report", "nowhere"), "nowhere cannot be read as a report"),
    ],
)
def test_a_mistake_is_one_error(measured: Measured, arguments: tuple[str, ...], message: str) -> None:
    done = measured.command(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_test_that_is_gone_is_said(copied: Measured) -> None:
    (copied.path / "claims" / "test_claims.py").unlink()
    done = copied.command("L", "--param", "agreement=token-overlap")
    assert done.returncode == 2
    assert "could not be run from here. Its last lines:" in done.stderr
