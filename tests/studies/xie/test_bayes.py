"""The studies of the exact posteriors: on the model's prompts, tuned on tuning episodes, and only where they exist."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.learners.bayes import RESTART, mixture_likelihoods
from iclgd_core.learners.bayes.predictive import predictive
from iclgd_core.metrics import correct
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.xie.bayes_accuracy import bayes_accuracy_study
from iclgd_core.studies.xie.bayes_agreement import bayes_size_study, bayes_study
from iclgd_core.studies.xie.bayes_predictions import RESTARTS, bayes_predictions, favourable_restart
from iclgd_core.studies.xie.concentration import concentration_study
from iclgd_core.studies.xie.exactness import exactness_study
from iclgd_core.tasks.ginc.prompts import GincPrompts
from iclgd_core.tasks.relabelled import RelabelledTask
from tests.studies.planted import TIER
from tests.tiny_models import tiny_model, tiny_task


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    tier = replace(TIER, accuracy_episodes=5)
    return Lab(tiny_model(), tiny_task(), tier, 0, Store(tmp_path))


def answering(monkeypatch: pytest.MonkeyPatch, restart: float) -> None:
    """Let ICL be the mixture posterior at one restart rate, in any order."""

    def icl(self: Lab, shots: int = 8, orders: int = 1, split: str = "evaluation", n: int | None = None) -> LogProbs:
        found = np.asarray(bayes_predictions(self, "bayes-mixture", shots, split, n, restart))
        return np.repeat(found[:, None], orders, axis=1)

    monkeypatch.setattr(Lab, "in_context", icl)


def test_an_icl_that_is_the_posterior_is_found_to_be_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 1e-3)
    found = bayes_study(lab, "bayes-mixture", "jensen-shannon")
    assert found.details["restart_rate"] == 1e-3
    np.testing.assert_allclose(found["learner"], 1.0, atol=1e-6)
    np.testing.assert_allclose(found["ceiling"], 1.0, atol=1e-6)
    assert found["learner, no restarts"].mean() < found["learner"].mean()
    cells = found.details["closures"]
    assert isinstance(cells, list)
    values = {cell["account"]: cell["value"] for cell in cells if isinstance(cell, dict)}
    assert values == {"bayes-mixture": pytest.approx(1.0), "zero-shot": 0.0, "icl-other-order": 1.0}


def test_the_restart_rate_is_chosen_on_tuning_episodes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 1e-2)
    found = favourable_restart(lab, "bayes-mixture", "token-overlap", 3)
    assert list(found.table) == [f"{rate:g}" for rate in RESTARTS]
    assert (found.protocol["split"], found.protocol["episodes"]) == ("tuning", 3)
    assert found.table["0.01"] == max(value for value in found.table.values() if isinstance(value, float))


def test_the_posterior_with_structure_has_no_rate(lab: Lab) -> None:
    found = favourable_restart(lab, "bayes-structure", "token-overlap")
    assert (found.restart, found.table, found.protocol) == (RESTART, {}, {})


def test_predictions_stand_beside_icl_s(lab: Lab) -> None:
    found, icl = bayes_predictions(lab, "bayes-structure", 3), lab.in_context(3)[:, 0]
    assert found.shape == icl.shape
    assert np.isfinite(np.asarray(found)).all()
    accuracy = correct(found, lab.answers("evaluation", 6)).mean()
    assert accuracy > correct(icl, lab.answers("evaluation", 6)).mean(), "the optimal predictor against random weights"


def test_predictions_are_computed_once_for_each_posterior_rate_and_prompt(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mixture(shots: int = 3, n: int = 2, restart: float = 1e-3) -> LogProbs:
        return bayes_predictions(lab, "bayes-mixture", shots, n=n, restart=restart)

    found = mixture()
    reading = partial(mixture_likelihoods, restart=1e-3)
    drawn = [episode for episode in lab.episodes("evaluation", 2) if isinstance(episode, GincPrompts)]
    orders = np.tile(np.arange(3), (2, 1, 1))
    np.testing.assert_array_equal(found, predictive(reading, tiny_task().world, drawn, orders, found.shape[-1])[:, 0])
    structure = bayes_predictions(lab, "bayes-structure", 3, n=2, restart=1e-3)
    monkeypatch.setattr("iclgd_core.studies.xie.bayes_predictions.predictive", lambda *_: pytest.fail("computed again"))
    np.testing.assert_array_equal(mixture(), found)
    np.testing.assert_array_equal(bayes_predictions(lab, "bayes-structure", 3, n=2, restart=0.1), structure)
    for other in (partial(mixture, 2), partial(mixture, n=3), partial(mixture, restart=1e-2)):
        with pytest.raises(pytest.fail.Exception, match="computed again"):
            other()


def test_accuracy_is_that_of_both(lab: Lab) -> None:
    found = bayes_accuracy_study(lab, "bayes-structure", 2)
    assert found["ICL"].shape == found["Bayes"].shape == (5,)
    assert found.details == {"icl_accuracy": found["ICL"].mean(), "bayes_accuracy": found["Bayes"].mean()}


def test_the_mixture_is_followed_along_demonstrations(lab: Lab) -> None:
    found = concentration_study(lab)
    assert found["without demonstrations"].shape == found["with 8 demonstrations"].shape == (6,)
    by_shots, rates = found.details["by_demonstrations"], found.details["accuracy_by_restart_rate"]
    assert isinstance(by_shots, list)
    assert isinstance(rates, dict)
    rows = [row for row in by_shots if isinstance(row, dict)]
    assert [row["demonstrations"] for row in rows] == [0, 1, 2, 4, 8]
    assert rows[0]["share_impossible"] == 0.0
    assert list(rates) == [*(f"{rate:g}" for rate in RESTARTS), "free at delimiters"]


def test_the_posterior_is_exact_and_the_check_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(exactness_study("bayes-structure").numbers.values()) < 1e-12
    monkeypatch.setattr("iclgd_core.studies.xie.exactness.RESTART", 1e-2)
    assert max(exactness_study("bayes-mixture").numbers.values()) > 1e-3


def test_a_task_without_known_distribution_is_not_run(lab: Lab) -> None:
    other = replace(lab, task=RelabelledTask(lab.task))
    for study in (partial(bayes_study, other, "bayes-mixture", "token-overlap"), partial(concentration_study, other)):
        with pytest.raises(NotRunError, match=r"has no known distribution, so no exact posterior"):
            study()


def test_an_unknown_posterior_is_refused(lab: Lab) -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown posterior 'bayes'"):
        bayes_predictions(lab, "bayes")


def test_a_trend_needs_four_sizes(lab: Lab) -> None:
    with pytest.raises(NotRunError, match=r"^a trend over sizes needs at least 4 sizes"):
        bayes_size_study([lab], "bayes-mixture", "token-overlap")
