"""What was fixed beforehand is hashed: a change of any of it gives another hash, a change of the data does not."""

from collections.abc import Callable
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
from iclgd_core.evidence.study import Study
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab, protocol
from iclgd_core.lab.precondition import ICL_ALPHA
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import TIERS
from iclgd_core.metrics import TOP_K
from iclgd_core.stats import paired_greater
from iclgd_core.studies import accuracy, agreement, agreements, order, sizes
from iclgd_core.studies.shen import checkpoints, invariance, sparsity
from reports.collect import header
from tests.studies.planted import TIER, Floats, Place, drawn, planted_lab
from tests.tiny_models import tiny_model, tiny_task

QUICK = TIERS["quick"]
CLAIM = Claim("T", Source("Shen", "2310.08540").at("section 4"), "a gap exists", "no gap")
BLANK = Evidence(
    id="T", params={"optimizer": "gd"}, paper="", where="", statement="", refuted_by="", model="m", task="t",
    expected=Verdict.SUPPORTED, family_size=2,
)  # fmt: skip
X = np.linspace(0.1, 0.9, 8)


def found(margin: float = 0.0, effect: float = 0.1, shift: float = 0.0, n: int = 8) -> Outcome:
    return paired_greater(X[:n] + shift, X[:n] * 0.5, margin=margin, quantity="gap", minimum_effect=effect)


def hashed(outcome: Outcome | None = None, study: Study | None = None, tier: Any = QUICK, **blank: Any) -> str:
    item = replace(BLANK, **blank)
    return replace(
        item, protocol=protocol.protocol(item, CLAIM, outcome or found(), study or Study(), tier)
    ).rule_sha256


def study(name: str, directory: Path) -> Study:
    """Measure a study of that name on planted predictions; it need not find anything."""

    def near(at: Place) -> Floats:
        return drawn(at.order, at.episode, at.split)

    def far(at: Place) -> Floats:
        return drawn(9, at.episode, at.split)

    one = planted_lab(directory, near, far, near)
    labs: Any = [SimpleNamespace(model=SimpleNamespace(name=n, n_parameters=10**n), no_icl="") for n in (1, 2)]
    at_sizes: Any = {n: Study({"ceiling": X, "learner": X}, dict.fromkeys(("learning_rate", "epoch", "closures"), 0))
                     for n in (1, 2)}  # fmt: skip
    measured: dict[str, Callable[[], Study]] = {
        "accuracy": lambda: accuracy.accuracy_study(one, 8, "labels"),
        "agreement": lambda: agreement.agreement_study(one, "gd", "token-overlap"),
        "order": lambda: order.order_study(one, "sgd1"),
        "sizes": lambda: sizes.size_study(labs, "token-overlap", at_sizes=at_sizes),
        "sparsity": lambda: sparsity.sparsity_study(tiny_model(), "W_K", "absolute"),
        "invariance": lambda: invariance.invariance_study(Lab(tiny_model(), tiny_task(), TIER, 0, Store(directory))),
        "checkpoints": lambda: checkpoints.checkpoint_study([one] * 3, (60, 80, 100)),
    }
    return measured[name]()


STUDIES = ("accuracy", "agreement", "order", "sizes", "sparsity", "invariance", "checkpoints")


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


def test_an_agreement_of_the_likeliest_tokens_says_how_many() -> None:
    assert agreements.compared_by("token-overlap")["top_k"] == TOP_K
    assert "top_k" not in agreements.compared_by("jensen-shannon")


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_says_what_it_fixed(tmp_path: Path, name: str) -> None:
    measured = study(name, tmp_path)
    assert measured.fixed
    assert hashed(study=measured) != hashed()


@pytest.mark.parametrize(
    ("name", "module", "constant", "value"),
    [
        ("sparsity", sparsity, "THRESHOLDS", (0.2, 1e-3)),
        ("invariance", invariance, "RATE", 1e-6),
        ("invariance", invariance, "EPOCHS", 11),
        ("agreement", agreements, "SHOTS", 4),
        ("sizes", sizes, "MINIMUM_SIZES", 3),
        ("checkpoints", checkpoints, "LATE", 0.25),
    ],
)
def test_a_constant_of_a_study_changes_the_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, module: Any, constant: str, value: object
) -> None:
    before = hashed(study=study(name, tmp_path))
    monkeypatch.setattr(module, constant, value)
    assert hashed(study=study(name, tmp_path)) != before


@pytest.mark.parametrize(("field", "value"), [("episodes", 7), ("criterion", "lowest"), ("split", "evaluation")])
def test_the_tuning_split_changes_the_hash(tmp_path: Path, field: str, value: Any) -> None:
    one = study("accuracy", tmp_path)
    other = replace(one, tuning={**one.tuning, field: value})
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
