"""Random labels: the same inputs and queries, and where the mass goes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from claims.min import test_r1_random_labels
from iclgd_core.errors import DivergedError, NotRunError
from iclgd_core.evidence.correction import decide
from iclgd_core.evidence.study import Study
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab, Setting
from iclgd_core.lab.store import Store
from iclgd_core.learners import Schedule
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.min.random_labels import nothing_to_lose, random_label_study, relabelled
from iclgd_core.studies.min.random_labels_shift import mass, shift_study, trained
from iclgd_core.tasks.relabelled import RelabelledTask
from tests.mutations.judged import Recorder
from tests.studies.planted import TIER
from tests.tiny_models import tiny_model, tiny_task

SEED = 1
"""With which some random label is no right label of the same demonstrations; the tiny world has few labels."""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    tier = replace(
        TIER, accuracy_episodes=4, minibatch_episodes=3, tuning_episodes=2, sgd=Schedule((1e-3, 0.5), (1, 20))
    )
    return Lab(tiny_model(), tiny_task(), tier, SEED, Store(tmp_path))


def copying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ICL say the last demonstration's label, and zero-shot the answer of half of the queries."""

    def icl(self: Lab, shots: int = 8, orders: int = 1, split: str = "evaluation", n: int | None = None) -> LogProbs:
        out = np.full((self.count(split, n), orders, 4, 14), np.log(0.1 / 14))
        for e, episode in enumerate(self.episodes(split, self.count(split, n))):
            said = np.repeat(episode.targets(np.arange(shots))[-1:], 4) if shots else episode.answers
            out[e, :, np.arange(4), said] = np.log(0.9 + 0.1 / 14)
        return np.asarray(out, dtype=np.float32)

    monkeypatch.setattr(Lab, "in_context", icl)


@pytest.mark.parametrize("scope", ["vocabulary", "labels"])
@pytest.mark.parametrize("labels", ["uniform", "marginal", "none"])
def test_accuracy_with_other_labels_is_over_the_same_answers(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, labels: str, scope: str
) -> None:
    copying(monkeypatch)
    found = random_label_study(lab, labels, scope)
    np.testing.assert_array_equal(found["zero-shot"], 1.0)
    given = [e.targets(np.arange(8))[-1] for e in relabelled(lab, labels).episodes("evaluation", 4)]
    own = [e.targets(np.arange(8))[-1] for e in lab.episodes("evaluation", 4)]
    answers = lab.answers("evaluation", 4)
    np.testing.assert_array_equal(found["own labels"], (answers == np.array(own)[:, None]).mean(1))
    if scope == "vocabulary":
        np.testing.assert_array_equal(found["other labels"], (answers == np.array(given)[:, None]).mean(1))
    assert set(found.details) == {"gold_accuracy", f"{labels}_accuracy", "zero_shot_accuracy"}


@pytest.mark.parametrize(("gain", "undefined"), [(-0.25, True), (0.03125, True), (0.0625, False), (0.25, False)])
def test_where_right_labels_gain_too_little_there_is_nothing_to_lose(gain: float, undefined: bool) -> None:
    zero_shot = np.array([0.25, 0.5, 0.5, 0.75])
    gold = zero_shot + gain * np.array([0.0, 0.0, 2.0, 2.0])
    found = nothing_to_lose(gold, zero_shot, "labels", 0.0625)
    assert bool(found) is undefined
    if undefined:
        assert found.startswith(f"right labels gain {gain:.3f} of accuracy over the labels (")


def test_a_least_gain_is_asked_for_only_where_the_study_is_about_a_loss(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying(monkeypatch)
    found, without = (random_label_study(lab, "uniform", least_gain=gain) for gain in (0.05, None))
    assert found.fixed == {**without.fixed, "least_gain_of_right_labels": 0.05}
    assert "nothing to lose" in found.undefined
    assert without.undefined == ""


@pytest.mark.parametrize(("gold", "verdict"), [(0.54, Verdict.INCONCLUSIVE), (0.56, Verdict.SUPPORTED)])
def test_that_random_labels_cost_little_is_no_finding_where_nothing_can_be_lost(
    gold: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both times random labels lose 0.04, with hardly any spread."""
    spread = np.tile([-0.001, 0.001], 20)

    def planted(lab: Lab, labels: str, scope: str, least_gain: float) -> Study:
        own, none = gold + spread, 0.5 + 0 * spread
        numbers = {"own labels": own, "other labels": gold - 0.04 - spread, "zero-shot": none}
        return Study(numbers, undefined=nothing_to_lose(own, none, scope, least_gain))

    monkeypatch.setattr(test_r1_random_labels, "random_label_study", planted)
    judge = Recorder()
    test_r1_random_labels.test_random_labels_cost_little(
        lab=None,  # type: ignore[arg-type]
        judge=judge,
        labels="uniform",
        scope="labels",
    )
    found = judge.outcome
    assert found is not None
    assert decide(found, found.p_supported, found.p_refuted) is verdict
    assert found.estimate == pytest.approx(0.04)
    assert ("nothing to lose" in found.undefined) == (verdict is Verdict.INCONCLUSIVE)


def test_only_ginc_can_lose_its_labels(lab: Lab) -> None:
    with pytest.raises(NotRunError, match=r"cannot be written without labels"):
        relabelled(replace(lab, task=RelabelledTask(lab.task)), "none")


def test_mass_is_of_each_episode_s_own_set() -> None:
    p = np.log(np.array([[[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]], [[1.0, 1e-9, 1e-9], [1e-9, 1.0, 1e-9]]]))
    sets = [np.array([0, 2]), np.array([], dtype=np.int64)]
    np.testing.assert_allclose(mass(p.astype(np.float32), sets), [0.625, 0.0], rtol=1e-6)


def test_the_best_setting_that_trains() -> None:
    table: dict[str, dict[str, float | None]] = {
        "0": {"0": 0.9},
        "0.1": {"3": 0.5, "10": 0.7},
        "0.5": {"3": 0.7, "10": None},
    }
    found = trained(Setting(0.0, 0, None, table, {"split": "tuning"}))
    assert (found.learning_rate, found.epoch, found.readout) == (0.1, 10, 1)
    with pytest.raises(DivergedError, match=r"^a run diverged in every setting"):
        trained(Setting(0.0, 0, None, {"0": {"0": 0.9}, "0.1": {"3": None}}))


def test_gd_that_fits_follows_the_labels_and_a_copying_icl_does_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting = shift_study(lab, "fitting")
    assert (fitting.details["learning_rate"], fitting.details["epoch"]) == (0.5, 20)
    assert fitting["GD"].max() > 0.1, "in an episode with random labels that are no right ones"
    assert fitting.tuning["chosen_by"] == "fitting"
    assert fitting.tuning["not_training_is_a_choice"] is False
    copying(monkeypatch)
    given = np.arange(8)
    right, wrong = (each.episodes("evaluation", 3) for each in (lab, relabelled(lab, "uniform")))
    last = [b.targets(given)[-1] not in a.targets(given) for a, b in zip(right, wrong, strict=True)]
    assert any(last)
    np.testing.assert_allclose(shift_study(lab, "fitting")["ICL"], np.where(last, 0.9, 0.0), atol=0.03)
