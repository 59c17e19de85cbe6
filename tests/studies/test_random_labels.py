"""Random labels: the same inputs and queries, and where the mass goes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import DivergedError, NotRunError
from iclgd_core.lab import Lab, Setting
from iclgd_core.learners import Schedule
from iclgd_core.measurements import Store
from iclgd_core.predictions import LogProbs
from iclgd_core.studies.random_labels import random_label_study, relabelled
from iclgd_core.studies.random_labels_shift import mass, shift_study, trained
from iclgd_core.tasks.relabelled import RelabelledTask
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
    np.testing.assert_array_equal(found.zero_shot, 1.0)
    given = [e.targets(np.arange(8))[-1] for e in relabelled(lab, labels).episodes("evaluation", 4)]
    own = [e.targets(np.arange(8))[-1] for e in lab.episodes("evaluation", 4)]
    answers = lab.answers("evaluation", 4)
    np.testing.assert_array_equal(found.gold, (answers == np.array(own)[:, None]).mean(1))
    if scope == "vocabulary":
        np.testing.assert_array_equal(found.other, (answers == np.array(given)[:, None]).mean(1))
    assert set(found.details()) == {"gold_accuracy", f"{labels}_accuracy", "zero_shot_accuracy"}


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
    assert (fitting.setting.learning_rate, fitting.setting.epoch) == (0.5, 20)
    assert fitting.descent.max() > 0.1, "in an episode with random labels that are no right ones"
    assert fitting.tuning()["chosen_by"] == "fitting"
    assert fitting.tuning()["not_training_is_a_choice"] is False
    copying(monkeypatch)
    given = np.arange(8)
    right, wrong = (each.episodes("evaluation", 3) for each in (lab, relabelled(lab, "uniform")))
    last = [b.targets(given)[-1] not in a.targets(given) for a, b in zip(right, wrong, strict=True)]
    assert any(last)
    np.testing.assert_allclose(shift_study(lab, "fitting").icl, np.where(last, 0.9, 0.0), atol=0.03)
