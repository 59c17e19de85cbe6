"""The agreement study on planted outputs: floor, learner, ceiling, and which setting of GD is judged."""

from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import DivergedError
from iclgd_core.learners import Schedule
from iclgd_core.studies import AGREEMENTS, agreement_study
from reports.render.figures import panels_of
from tests.studies.planted import ADAM, SGD, TIER, Floats, Place, Plant, drawn, logs, planted_lab


def icl(at: Place) -> Floats:
    """Plant a second order that differs from the first by a tenth."""
    first = drawn(1, at.episode, at.split)
    return first if at.order == 0 else 0.9 * first + 0.1 * drawn(2, at.episode, at.split)


def none(at: Place) -> Floats:
    return drawn(3, at.episode, at.split)


def first_order(at: Place) -> Floats:
    return drawn(1, at.episode, at.split)


def mixed(weights: dict[tuple[float, int], float]) -> Plant:
    """Return a GD that has gone from zero-shot a share of the way to ICL, by setting."""

    def plant(at: Place) -> Floats:
        w = weights[at.rate, at.epoch]
        return w * first_order(at) + (1.0 - w) * none(at)

    return plant


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_gd_that_equals_icl_agrees_fully_and_closes_more_than_the_ceiling(tmp_path: Path, agreement: str) -> None:
    found = agreement_study(planted_lab(tmp_path, icl, none, first_order), "gd", agreement)
    np.testing.assert_allclose(found["learner"], np.ones(6), atol=1e-6)
    assert found["floor"].mean() < found["ceiling"].mean() < 1.0
    by_hand = (1.0 - found["floor"].mean()) / (found["ceiling"].mean() - found["floor"].mean())
    closure = found.details["closure"]
    assert closure == pytest.approx(by_hand, abs=1e-5)
    assert by_hand > 1.0


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_gd_that_stays_at_zero_shot_closes_nothing(tmp_path: Path, agreement: str) -> None:
    def gd(at: Place) -> Floats:
        return first_order(at) if at.split == "tuning" else none(at)

    found = agreement_study(planted_lab(tmp_path, icl, none, gd), "gd", agreement)
    assert found.details["epoch"] in SGD.readouts
    np.testing.assert_array_equal(found["learner"], found["floor"])
    assert found.details["closure"] == 0.0


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_icl_that_ignores_the_order_has_ceiling_one(tmp_path: Path, agreement: str) -> None:
    found = agreement_study(planted_lab(tmp_path, first_order, none, none), "gd", agreement)
    np.testing.assert_allclose(found["ceiling"], np.ones(6), atol=1e-6)


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_each_number_is_the_agreement_with_icl_in_the_first_order(tmp_path: Path, agreement: str) -> None:
    gd = mixed({(r, t): 0.5 for r in SGD.learning_rates for t in SGD.readouts})
    found, agree = agreement_study(planted_lab(tmp_path, icl, none, gd), "gd", agreement), AGREEMENTS[agreement]
    target = logs(icl, 6)
    trained = np.log(0.5 * np.exp(target) + 0.5 * np.exp(logs(none, 6)))
    np.testing.assert_allclose(found["ceiling"], agree(logs(icl, 6, order=1), target).mean(-1), atol=1e-6)
    np.testing.assert_allclose(found["floor"], agree(logs(none, 6), target).mean(-1), atol=1e-6)
    np.testing.assert_allclose(found["learner"], agree(trained, target).mean(-1), atol=1e-5)


@pytest.mark.parametrize("best", [(0.01, 1), (0.01, 4), (0.1, 1), (0.1, 4)])
def test_the_setting_nearest_to_icl_on_tuning_episodes_is_judged(tmp_path: Path, best: tuple[float, int]) -> None:
    def gd(at: Place) -> Floats:
        chosen = (at.rate, at.epoch) == best
        if at.split == "evaluation":
            return drawn(7, at.episode, at.split) if chosen else first_order(at)
        share = 0.9 if chosen else 0.4
        return share * first_order(at) + (1.0 - share) * none(at)

    lab = planted_lab(tmp_path, icl, none, gd)
    found = agreement_study(lab, "gd", "jensen-shannon", part="v_deep", with_path=False)
    assert (found.details["learning_rate"], found.details["epoch"]) == best
    expected = AGREEMENTS["jensen-shannon"](logs(lambda at: drawn(7, at.episode, at.split), 6), logs(icl, 6)).mean(-1)
    np.testing.assert_allclose(found["learner"], expected, atol=1e-6)
    tuning, evaluation, of_figure = lab.asked
    assert of_figure == evaluation, "the figure asks for what is measured already"
    assert (tuning.split, tuning.n, tuning.orders, tuning.schedule) == ("tuning", 3, 1, SGD)
    assert (evaluation.split, evaluation.n) == ("evaluation", 6)
    assert evaluation.schedule == Schedule((best[0],), SGD.readouts)
    assert tuning.part == evaluation.part == "v_deep"


def test_gd_that_only_harms_is_judged_at_its_start(tmp_path: Path) -> None:
    lab = planted_lab(tmp_path, icl, lambda at: mixed({(0.0, 0): 0.5})(at), none)
    found = agreement_study(lab, "gd", "jensen-shannon", with_path=False)
    assert (found.details["learning_rate"], found.details["epoch"]) == (0.0, 0)
    np.testing.assert_array_equal(found["learner"], found["floor"])
    assert [asked.split for asked in lab.asked] == ["tuning"]


def test_adam_has_its_own_rates_and_episodes_and_is_tuned_in_several_orders(tmp_path: Path) -> None:
    lab = planted_lab(tmp_path, icl, none, first_order)
    assert len(agreement_study(lab, "adam1", "jensen-shannon", with_path=False)["learner"]) == TIER.minibatch_episodes
    tuning, evaluation, of_figure = lab.asked
    assert of_figure == evaluation, "the figure asks for what is measured already"
    assert (tuning.optimizer, tuning.schedule, tuning.orders, tuning.n) == ("adam1", ADAM, 2, 2)
    assert (evaluation.optimizer, evaluation.orders, evaluation.n) == ("adam1", 1, 5)


@pytest.mark.parametrize("optimizer", ["gd", "sgd1", "adam1"])
@pytest.mark.parametrize("objective", ["labels", "lm"])
@pytest.mark.parametrize("trains", [True, False])
def test_a_figure_always_has_the_learner(tmp_path: Path, optimizer: str, objective: str, trains: bool) -> None:
    """Along its epochs at the chosen rate; where the choice is not to train, at its start, and its name says so."""
    start = none if trains else (lambda at: mixed({(0.0, 0): 0.5})(at))
    lab = planted_lab(tmp_path, icl, start, first_order if trains else none)
    found = agreement_study(lab, optimizer, "token-overlap", objective=objective, with_path=False)
    panels = panels_of([found.curves])
    assert [panel.quantity.split(" ")[0] for panel in panels] == ["agreement", "accuracy"]
    for panel in panels:
        (learner,) = [one for one in panel.series if one.learner == optimizer]
        epochs = [point.x for point in learner.points]
        assert len(epochs) == len(set(epochs)) > 1 if trains else epochs == [0.0]
        assert learner.label == (
            f"{optimizer}, rate {found.details['learning_rate']:g}" if trains else f"{optimizer}, not trained"
        )
    np.testing.assert_array_equal(found[f"epoch {found.details['epoch']}"], found["learner"])


def test_diverged_runs_are_counted_not_dropped(tmp_path: Path) -> None:
    def gd(at: Place) -> Floats | None:
        return None if at.split == "evaluation" and at.episode in (1, 4) else first_order(at)

    with pytest.raises(DivergedError, match=r"^2 of 6 runs of gd on 8 demonstrations at learning rate 0\.01"):
        agreement_study(planted_lab(tmp_path, icl, none, gd), "gd", "jensen-shannon")


def test_icl_and_gd_are_not_interchangeable(tmp_path: Path) -> None:
    gd = mixed({(r, t): 0.3 for r in (0.0, *SGD.learning_rates) for t in (0, *SGD.readouts)})
    right = agreement_study(planted_lab(tmp_path, icl, none, gd), "gd", "jensen-shannon")
    swapped = agreement_study(planted_lab(tmp_path, gd, none, icl), "gd", "jensen-shannon")
    assert right["ceiling"].mean() < 0.999 < swapped["ceiling"].mean()
    assert abs(right["floor"].mean() - swapped["floor"].mean()) > 0.01


def test_the_figure_follows_the_best_rate_that_trains_even_where_not_training_is_best(tmp_path: Path) -> None:
    def gd(at: Place) -> Floats | None:
        if at.rate == 0.1:
            return drawn(8, at.episode, at.split)
        if at.epoch == 4 and at.split == "evaluation" and at.episode == 1:
            return None
        return mixed({(r, t): 0.2 for r in SGD.learning_rates for t in SGD.readouts})(at)

    lab = planted_lab(tmp_path, icl, lambda at: mixed({(0.0, 0): 0.5})(at), gd)
    found = agreement_study(lab, "gd", "token-overlap")
    assert found.details["learning_rate"] == 0.0
    epochs = [name for name in found.numbers if name.startswith("epoch")]
    assert epochs == ["epoch 0", "epoch 1"], "the epoch at which a run diverged is left out"
    np.testing.assert_array_equal(found["epoch 0"], found["floor"])
    by_name = {(curve.quantity.split(",")[0], curve.learner): curve for curve in found.curves}
    assert {name for _, name in by_name} == {"icl", "zero-shot", "gd"}
    assert by_name["agreement with ICL", "gd"].label == "gd, rate 0.01"
    path = by_name["agreement with ICL", "gd"].points
    assert [(point.x, point.n) for point in path] == [(0.0, 6), (1.0, 6)]
    assert path[1].y == pytest.approx(found["epoch 1"].mean())
    assert found.tuning["split"] == "tuning"
