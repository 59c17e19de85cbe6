"""The laboratory, tuning, the studies of order and agreement: on models whose answer is known."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iclgd_core.errors import DivergedError, SettingsError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.store import Store
from iclgd_core.lab.tuned import learners, tuned
from iclgd_core.learners.linear.descent import gd, sgd
from iclgd_core.metrics.prediction_distance import mean_square, npd, order_spread
from iclgd_core.models.regression.model import RegressionModel
from iclgd_core.models.regression.registry import load_regression_model
from iclgd_core.stats import paired_greater
from iclgd_core.studies import regression_agreement_study, regression_order_study
from iclgd_core.tasks.regression.registry import get_regression_task
from iclgd_core.tasks.regression.task import Floats
from iclgd_core.tasks.regression.uniform import LINEAR


@dataclass
class Planted:
    """A model that predicts by a known learner: "gd" (two steps), "sgd" (one pass), "zero", "teacher" or "nan"."""

    kind: str
    calls: list[int] = field(default_factory=list)
    n_parameters: int = 0

    @property
    def name(self) -> str:
        return f"planted-{self.kind}"

    @property
    def digest(self) -> str:
        return self.kind

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        self.calls.append(len(xs))
        if self.kind == "gd":
            return np.asarray(gd(xs, ys, xq, 1.1, 2)[2])
        if self.kind == "sgd":
            return sgd(xs, ys, xq, 0.15)
        return self.zero_shot(xq) * (np.nan if self.kind == "nan" else 1.0)

    def zero_shot(self, xq: Floats) -> Floats:
        return np.zeros((*xq.shape[:2], 1))

    def known(self) -> dict[str, Json]:
        return {"dtype": "float64"}


def lab_of(kind: str) -> RegressionLab:
    return RegressionLab(Planted(kind), LINEAR)


def test_it_is_a_model() -> None:
    assert isinstance(Planted("gd"), RegressionModel)
    assert isinstance(load_regression_model("constructed-lsa-1"), RegressionModel)


def test_scale_and_npd() -> None:
    lab = lab_of("zero")
    right = lab.episodes().yq
    assert lab.scale == pytest.approx(10 / 3, rel=0.1)
    assert lab.npd(lab.zero_shot(), right).mean() == pytest.approx(1.0, rel=0.15)
    assert not lab.npd(right, right).any()


def test_what_is_measured_is_measured_once() -> None:
    lab = lab_of("gd")
    lab.in_context(orders=2)
    lab.in_context(orders=3)
    assert isinstance(lab.model, Planted)
    assert lab.model.calls == [96] * 3


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    first, second = (replace(lab_of("gd"), store=Store(tmp_path)) for _ in range(2))
    np.testing.assert_array_equal(first.in_context(), second.in_context())
    assert isinstance(second.model, Planted)
    assert second.model.calls == []


def test_a_model_that_learns_in_context_passes_the_precondition() -> None:
    assert lab_of("gd").no_icl == ""
    assert lab_of("zero").no_icl.startswith("no ICL: normalised squared error 1.0")
    assert replace(lab_of("zero"), plan=True).no_icl == ""
    assert replace(lab_of("zero"), plan=True).episodes().split == "tuning"


def test_orders_are_shared_and_the_first_is_as_drawn() -> None:
    lab = lab_of("gd")
    orders = lab.orders("evaluation", 3, 10, 4)
    np.testing.assert_array_equal(orders[:, 0], np.tile(np.arange(10), (3, 1)))
    np.testing.assert_array_equal(orders[:, :2], lab.orders("evaluation", 3, 10, 2))
    np.testing.assert_array_equal(lab.in_order(1, n=3).xs[2], lab.episodes(n=3).xs[2, orders[2, 1]])


def test_a_prediction_that_is_not_finite_stops() -> None:
    with pytest.raises(DivergedError, match="planted-nan: a prediction in context"):
        lab_of("nan").in_context()


@pytest.mark.parametrize("account", ["gd", "sgd"])
def test_tuning_finds_the_planted_setting(account: str) -> None:
    chosen = tuned(lab_of(account), account)
    assert chosen.steps == (2 if account == "gd" else 1)
    assert chosen.parameters == pytest.approx((1.1 if account == "gd" else 0.15,), rel=1e-6)
    assert chosen.distance < 1e-12
    assert chosen.protocol["not_training_is_a_choice"] is True


def test_not_training_is_chosen_where_it_is_nearest() -> None:
    chosen = tuned(lab_of("zero"), "gd")
    assert (chosen.steps, chosen.distance) == (0, 0.0)
    assert not chosen.predict(lab_of("zero").episodes()).any()


def test_the_most_accurate_setting_is_another() -> None:
    near, accurate = tuned(lab_of("gd"), "gd"), tuned(lab_of("gd"), "gd", "answers")
    assert accurate.steps > near.steps


def test_bayes_is_exact_and_untuned_and_absent_where_the_task_is_not_linear() -> None:
    chosen = tuned(lab_of("gd"), "bayes")
    assert chosen.protocol == {}
    e = LINEAR.draw(0, "tuning", 3, 20, 4)
    np.testing.assert_allclose(chosen.predict(e), e.yq, atol=1e-9)
    assert "bayes" not in learners(None)
    with pytest.raises(UnknownNameError, match=r"unknown learner 'bayess'. Nearest: bayes"):
        tuned(lab_of("gd"), "bayess")


def test_agreement_with_gd_itself_is_whole() -> None:
    study = regression_agreement_study(lab_of("gd"), "gd")
    cells = study.details["closures"]
    assert isinstance(cells, list)
    closures = {str(cell["account"]): cell["value"] for cell in cells if isinstance(cell, dict)}
    assert set(closures) == {"zero-shot", "gd", "sgd", "gd++", "newton", "bayes", "icl-other-order"}
    assert closures["zero-shot"] == 0.0
    assert closures["gd"] == pytest.approx(1.0, abs=1e-9)
    outcome = paired_greater(study["ceiling"], study["learner"], margin=0.02, quantity="q")
    assert outcome.p_refuted is not None
    assert outcome.p_refuted < 1e-3


def test_agreement_with_another_learner_is_not() -> None:
    """S2's rule can say yes as well: one pass of SGD in context is not full-batch GD."""
    study = regression_agreement_study(lab_of("sgd"), "gd", others=False)
    cells = study.details["closures"]
    assert isinstance(cells, list)
    assert len(cells) == 3
    outcome = paired_greater(study["floor"], study["learner"], margin=0.0, quantity="floor above learner")
    assert outcome.p_refuted is not None
    assert outcome.p_refuted < 0.01
    assert study["ceiling"].mean() < 1.0


def test_order_matters_to_sgd_in_context_and_not_to_gd() -> None:
    """S1's rule is supported where ICL is SGD and the learner GD, and refuted where ICL is GD."""
    for kind, supported in (("sgd", True), ("gd", False)):
        study = regression_order_study(lab_of(kind), "gd")
        outcome = paired_greater(study["icl"], study["learner"], margin=0.01, quantity="q")
        p = outcome.p_supported if supported else outcome.p_refuted
        assert p is not None
        assert p < 1e-3
        assert study["learner"].max() < 1e-12


def test_distances_by_hand() -> None:
    f, g = np.array([[[1.0], [3.0]]]), np.array([[[1.0], [1.0]]])
    assert npd(f, g, 4.0).tolist() == [0.5]
    assert mean_square(f) == 5.0
    assert order_spread(np.stack([f, g], 1), 1.0).tolist() == [0.5]


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan])
def test_a_scale_that_is_not_positive_is_refused(scale: float) -> None:
    f = np.zeros((2, 3, 1))
    with pytest.raises(SettingsError, match="needs a scale"):
        npd(f, f, scale)
    with pytest.raises(SettingsError, match="needs a scale"):
        order_spread(np.zeros((2, 2, 3, 1)), scale)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SettingsError, match="of one shape"):
        npd(np.zeros((2, 3, 1)), np.zeros((2, 4, 1)), 1.0)
    with pytest.raises(SettingsError, match="orders >= 2"):
        order_spread(np.zeros((2, 1, 3, 1)), 1.0)


def test_unknown_models_and_tasks_are_refused() -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown regression model 'constructed-lsa'. Nearest: constructed-lsa-"
    ):
        load_regression_model("constructed-lsa")
    with pytest.raises(UnknownNameError, match="unknown regression task 'linear'"):
        get_regression_task("linear")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"orders": 0}, "the number of orders is 0"),
        ({"orders": 2, "shots": 1}, "2 orders of 1 demonstrations are all the same"),
        ({"shots": 1.5, "orders": 1}, "demonstrations is 1.5"),
        ({"n": 0, "shots": 2, "orders": 1}, "the number of episodes is 0"),
    ],
)
def test_orders_that_are_none_are_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        lab_of("gd").orders("evaluation", **{"n": 2, "shots": 2, "orders": 1, **asked})


def test_an_unknown_tier_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="huge"):
        replace(lab_of("gd"), tier="huge").count()
