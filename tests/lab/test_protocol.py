"""What was fixed beforehand is hashed: a change of any of it gives another hash, a change of the data does not."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from iclgd_core import lab
from iclgd_core.evidence.claim import Claim, Source
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.study import AnyStudy, as_study
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Setting, protocol
from iclgd_core.lab.precondition import ICL_ALPHA
from iclgd_core.lab.tiers import TIERS
from iclgd_core.stats import paired_greater
from iclgd_core.studies import accuracy, agreement, order, sizes
from iclgd_core.studies.shen import checkpoints, invariance, sparsity
from reports.collect import header
from tests.tiny_models import tiny_model

QUICK = TIERS["quick"]
CLAIM = Claim("T", Source("Shen", "2310.08540").at("section 4"), "a gap exists", "no gap")
BLANK = Evidence(
    id="T", params={"optimizer": "gd"}, paper="", where="", statement="", refuted_by="", model="m", task="t",
    expected=Verdict.SUPPORTED, family_size=2,
)  # fmt: skip
X = np.linspace(0.1, 0.9, 8)
TUNED: dict[str, Any] = {"split": "tuning", "episodes": 24, "criterion": "highest mean accuracy"}
SETTING = Setting(0.1, 3, 0, {}, TUNED)


def found(margin: float = 0.0, effect: float = 0.1, shift: float = 0.0, n: int = 8) -> Outcome:
    return paired_greater(X[:n] + shift, X[:n] * 0.5, margin=margin, quantity="gap", minimum_effect=effect)


def hashed(outcome: Outcome | None = None, study: AnyStudy | None = None, tier: Any = QUICK, **blank: Any) -> str:
    item = replace(BLANK, **blank)
    return replace(item, protocol=protocol.protocol(item, CLAIM, outcome or found(), as_study(study), tier)).rule_sha256


def studies() -> dict[str, AnyStudy]:
    series: Any = SimpleNamespace(model=SimpleNamespace(name="c"))
    return {
        "accuracy": accuracy.AccuracyStudy(X, X, X, 8, 8, SETTING, "gd", "labels"),
        "agreement": agreement.AgreementStudy(X, X, X, SETTING, "token-overlap", "gd", "whole"),
        "order": order.OrderStudy(X, {3: X}, 0.1, {}, {}, 0.1, 4, "sgd1", TUNED),
        "sizes": sizes.SizeStudy(X, X, X, (series.model.name,), {}, "token-overlap", TUNED, ((0.0, 0),)),
        "sparsity": sparsity.sparsity_study(tiny_model(), "W_K", "absolute"),
        "invariance": invariance.InvarianceStudy(X, X, 4),
        "checkpoints": checkpoints.CheckpointStudy(("c",), (1,), X[:, None], X[:0], (0,), X),
    }


def test_what_was_measured_does_not_matter() -> None:
    assert hashed(found()) == hashed(found(shift=0.25))
    assert hashed(model="m") == hashed(model="n"), "the model has hashes of its own"


@pytest.mark.parametrize(
    "other",
    [
        hashed(found(margin=0.01)), hashed(found(effect=0.2)), hashed(found(n=7)), hashed(family_size=3),
        hashed(params={"optimizer": "sgd1"}), hashed(tier=replace(QUICK, queries=31)),
        hashed(tier=replace(QUICK, name="full")), hashed(replace(found(), rule="another")),
    ],
)  # fmt: skip
def test_whatever_the_rule_says_matters(other: str) -> None:
    assert other != hashed()


@pytest.mark.parametrize("name", studies())
def test_every_study_says_what_it_fixed(name: str) -> None:
    study = as_study(studies()[name])
    assert study.fixed
    assert hashed(study=study) != hashed()


@pytest.mark.parametrize(
    ("study", "module", "constant", "value"),
    [
        ("sparsity", sparsity, "THRESHOLDS", (0.2, 1e-3)),
        ("invariance", invariance, "RATE", 1e-6),
        ("invariance", invariance, "EPOCHS", 11),
        ("agreement", agreement, "TOP_K", 5),
        ("agreement", agreement, "SHOTS", 4),
        ("sizes", sizes, "MINIMUM_SIZES", 3),
        ("checkpoints", checkpoints, "LATE", 0.25),
    ],
)
def test_a_constant_of_a_study_changes_the_hash(
    monkeypatch: pytest.MonkeyPatch, study: str, module: Any, constant: str, value: object
) -> None:
    before = hashed(study=studies()[study])
    monkeypatch.setattr(module, constant, value)
    assert hashed(study=studies()[study]) != before


@pytest.mark.parametrize(("field", "value"), [("episodes", 6), ("criterion", "lowest"), ("split", "evaluation")])
def test_the_tuning_split_changes_the_hash(field: str, value: Any) -> None:
    one = studies()["accuracy"]
    assert isinstance(one, accuracy.AccuracyStudy)
    other = replace(one, setting=replace(SETTING, protocol={**TUNED, field: value}))
    assert hashed(study=one) != hashed(study=other)


def test_the_precondition_follows_its_constants() -> None:
    assert f"{lab.SHOTS} demonstrations" in protocol.PRECONDITION
    assert f"level {ICL_ALPHA:g}" in protocol.PRECONDITION


def test_the_commit_of_a_run_is_that_of_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = [{"commit": "a", "dirty": True}, {"commit": "a", "dirty": False}]
    monkeypatch.setattr(header, "commit", lambda root: states.pop(0))
    header.note_start(tmp_path)
    assert header.commit_of_run(tmp_path) == {"commit": "a", "dirty": True}
    states = [{"commit": "a", "dirty": False}, {"commit": "b", "dirty": False}]
    header.note_start(tmp_path)
    assert header.commit_of_run(tmp_path) == {"commit": "a", "dirty": True}
