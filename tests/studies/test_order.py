"""The order study on planted outputs: sensitivities by hand, readouts apart, the most accurate rate."""

import math
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import DivergedError
from iclgd_core.learners import Schedule
from iclgd_core.studies import order_study
from tests.studies.planted import QUERIES, SGD, Floats, Place, Plant, PlantedLab, peaks, planted_lab

FLIP = {2: 2 * math.sqrt(1 / 4), 3: 2 * math.sqrt(2 / 9)}
"""Sensitivity of an output that puts all mass on one token in the first order, on another in the others."""


def flips(mass: float) -> Plant:
    return lambda at: peaks(np.full(QUERIES, 20 if at.order == 0 else 21), mass)


def constant(_: Place) -> Floats:
    return peaks(np.full(QUERIES, 20))


def gd_with(labs: list[PlantedLab], best: float, masses: dict[int, float]) -> Plant:
    """Return a GD right on tuning episodes at one rate, and order-sensitive by readout on evaluation."""

    def plant(at: Place) -> Floats | None:
        if at.split == "evaluation":
            return flips(masses[at.epoch] if at.rate == best else 0.9)(at)
        answers = labs[0].answers(at.split, at.episode + 1)[at.episode]
        return peaks(answers) if (at.rate, at.epoch) == (best, 4) else flips(0.6 if at.epoch == 1 else 0.3)(at)

    return plant


def lab_with(directory: Path, icl: Plant, best: float, masses: dict[int, float]) -> PlantedLab:
    labs: list[PlantedLab] = []
    labs.append(planted_lab(directory, icl, constant, gd_with(labs, best, masses)))
    return labs[0]


@pytest.mark.parametrize("best", SGD.learning_rates)
def test_sensitivity_of_icl_and_of_gd_at_each_readout_of_the_most_accurate_rate(tmp_path: Path, best: float) -> None:
    lab = lab_with(tmp_path, flips(0.8), best, {1: 0.0, 4: 0.4})
    found = order_study(lab, "sgd8")
    np.testing.assert_allclose(found["icl"], np.full(4, 0.8 * FLIP[3]), atol=1e-6)
    assert found.fixed["epochs"] == [1, 4]
    np.testing.assert_array_equal(found["gd at epoch 1"], np.zeros(4))
    np.testing.assert_allclose(found["gd at epoch 4"], np.full(4, 0.4 * FLIP[3]), atol=1e-6)
    assert (found.details["learning_rate"], found.details["orders"]) == (best, 3)
    assert found.details["icl_tuning_sensitivity"] == pytest.approx(0.8 * FLIP[2], abs=1e-6)
    other = next(rate for rate in SGD.learning_rates if rate != best)
    accuracy, sensitivity = found.details["tuning_accuracy"], found.details["tuning_sensitivity"]
    assert isinstance(accuracy, dict)
    assert isinstance(sensitivity, dict)
    assert accuracy[f"{best:g}"] == {"1": 0.0, "4": 1.0}
    assert accuracy[f"{other:g}"] == {"1": 0.0, "4": 0.0}
    assert sensitivity[f"{best:g}"] == pytest.approx({"1": 0.6, "4": 0.0}, abs=1e-6)
    assert sensitivity[f"{other:g}"] == pytest.approx({"1": 0.6, "4": 0.3}, abs=1e-6)
    tuning, evaluation = lab.asked[0], lab.asked[1]
    assert (tuning.split, tuning.n, tuning.orders, tuning.schedule) == ("tuning", 2, 2, SGD)
    assert (evaluation.split, evaluation.n, evaluation.orders) == ("evaluation", 4, 3)
    assert evaluation.schedule == Schedule((best,), SGD.readouts)


def test_icl_and_gd_are_not_interchangeable(tmp_path: Path) -> None:
    right = order_study(lab_with(tmp_path, flips(0.8), 0.1, {1: 0.0, 4: 0.0}), "sgd8")
    swapped = order_study(lab_with(tmp_path, constant, 0.1, {1: 0.8, 4: 0.8}), "sgd8")
    assert right["icl"].min() > right["gd at epoch 4"].max() == 0.0
    assert swapped["gd at epoch 4"].min() > swapped["icl"].max() == 0.0


def test_rates_no_more_accurate_than_the_start_are_still_ranked(tmp_path: Path) -> None:
    found = order_study(planted_lab(tmp_path, flips(0.8), constant, constant), "sgd8")
    assert found.details["learning_rate"] == 0.01
    assert found["gd at epoch 1"].max() == 0.0


def test_diverged_evaluation_runs_are_counted(tmp_path: Path) -> None:
    def gd(at: Place) -> Floats | None:
        lost = at.split == "evaluation" and (at.episode == 3 or (at.episode, at.order, at.epoch) == (0, 1, 4))
        return None if lost else constant(at)

    # episode 3: 3 orders and 2 readouts; episode 0: one run
    with pytest.raises(DivergedError, match=r"^7 of 24 runs of sgd8 at learning rate 0\.01 diverged"):
        order_study(planted_lab(tmp_path, flips(0.8), constant, gd), "sgd8")


def test_a_rate_that_diverges_in_tuning_is_not_chosen(tmp_path: Path) -> None:
    def gd(at: Place) -> Floats | None:
        return None if at.rate == 0.01 else constant(at)

    found = order_study(planted_lab(tmp_path, flips(0.8), constant, gd), "sgd8")
    assert found.details["learning_rate"] == 0.1
    for table in (found.details["tuning_accuracy"], found.details["tuning_sensitivity"]):
        assert isinstance(table, dict)
        assert table["0.01"] == {"1": None, "4": None}
    with pytest.raises(DivergedError, match="every learning rate diverged"):
        order_study(planted_lab(tmp_path, flips(0.8), constant, lambda _: None), "sgd8")
