"""Studies of solvers and baselines alone: formulas, and wrong solvers that they must notice."""

import math
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import UnknownNameError
from iclgd_core.lab.store import Store
from iclgd_core.learners.linear.baselines import Baseline
from iclgd_core.learners.linear.solvers import one_example_step, ridge_regression, sherman_morrison_path
from iclgd_core.studies.akyurek import identities
from iclgd_core.studies.garg import function_class_errors as function_class_study
from iclgd_core.studies.garg.convergence import (
    CONDITIONS,
    ERROR,
    by_condition,
    descent_steps,
    growth,
    newton_iterations,
)
from iclgd_core.tasks.regression.function_classes import Linear
from iclgd_core.tasks.regression.task import Floats


@pytest.mark.parametrize("condition", CONDITIONS)
def test_steps_are_those_of_the_formulas(condition: int) -> None:
    steps = math.log(1.0 / ERROR) / -math.log1p(-1.0 / condition)
    assert descent_steps(condition) in (math.ceil(steps), math.ceil(steps) + 1)
    iterations = math.log2(math.log(1.0 / ERROR) / -math.log1p(-(condition**-2.0)))
    assert newton_iterations(condition) in (math.ceil(iterations), math.ceil(iterations) + 1)


def test_growth_by_hand() -> None:
    steps = by_condition(lambda condition: int(condition) * 2)
    assert growth(steps, ratio=True) == {"10 to 100": 10.0, "100 to 1000": 10.0, "1000 to 10000": 10.0}
    assert growth({10: 3, 100: 7}, ratio=False) == {"10 to 100": 4.0}


def test_identities_hold_for_every_problem() -> None:
    assert len(identities.step_against_autograd()) == identities.PROBLEMS
    assert max(identities.step_against_autograd().values()) < 1e-12
    assert min(identities.step_over_orders().values()) > 1e-9
    assert max(identities.sherman_morrison_against_ridge().values()) < 1e-9
    assert max(identities.sherman_morrison_over_orders().values()) < 1e-9


def test_a_wrong_step_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def halved(w: Floats, x: Floats, y: Floats, rate: float, ridge: float) -> Floats:
        return one_example_step(w, x, y, rate / 2.0, ridge)

    monkeypatch.setattr(identities, "one_example_step", halved)
    assert min(identities.step_against_autograd().values()) > 1e-3


def test_a_wrong_update_and_an_order_that_does_nothing_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def other_ridge(x: Floats, y: Floats, ridge: float) -> Floats:
        return sherman_morrison_path(x, y, 1.1 * ridge)

    def full_batch(x: Floats, y: Floats, rate: float, ridge: float) -> Floats:
        return ridge_regression(x, y, ridge)[:, None]

    monkeypatch.setattr(identities, "sherman_morrison_path", other_ridge)
    assert min(identities.sherman_morrison_against_ridge().values()) > 1e-6
    monkeypatch.setattr(identities, "one_example_path", full_batch)
    assert max(identities.step_over_orders().values()) < 1e-9


def test_a_contest_reads_both_errors_on_the_same_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(weights: float) -> Baseline:
        return lambda x, y, q: np.full(q.shape[:2], weights)

    made = function_class_study.Contest(Linear(2), 5, {"zero": known(0.0), "hundred": known(100.0)})
    monkeypatch.setitem(function_class_study.CONTESTS, "planted", made)
    study = function_class_study.contest("planted", "least-squares")
    assert study.details["learner"] == "zero"
    assert study["learner"].mean() == pytest.approx(1.0, abs=0.2)
    np.testing.assert_allclose(study["rival"], 0.0, atol=1e-20)
    assert study.tuning["episodes"] == function_class_study.TUNING_EPISODES


def test_closed_forms_are_met_and_a_wrong_learner_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_class_study, "BATCH", 16)
    assert abs(function_class_study.closed_form_errors("least-squares", 10)["difference"].mean()) < 0.05
    np.testing.assert_allclose(
        function_class_study.closed_form_errors("least-squares", 40)["difference"], 0.0, atol=1e-9
    )
    monkeypatch.setattr(function_class_study, "least_squares", lambda x, y: np.zeros((len(x), x.shape[2])))
    assert abs(function_class_study.closed_form_errors("least-squares", 10)["difference"].mean()) > 0.4


def test_errors_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(function_class_study, "BATCH", 2)
    store = Store(tmp_path)
    first = function_class_study.closed_form_errors("averaging", 10, store)
    contest = function_class_study.contest("noisy-linear", "averaging", store)
    function_class_study.errors.cache_clear()
    monkeypatch.setattr(function_class_study, "Linear", None)
    monkeypatch.setitem(function_class_study.RIVALS, "averaging", lambda x, y, q: np.zeros(q.shape[:2]))
    again = function_class_study.closed_form_errors("averaging", 10, store)
    np.testing.assert_array_equal(first["difference"], again["difference"])
    other = function_class_study.contest("noisy-linear", "averaging", store)
    np.testing.assert_array_equal(contest["rival"], other["rival"])
    function_class_study.errors.cache_clear()


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="function class"):
        function_class_study.contest("cubic", "least-squares")
    with pytest.raises(UnknownNameError, match="rival"):
        function_class_study.contest("relu-net", "magic")
    with pytest.raises(UnknownNameError, match="learner"):
        function_class_study.closed_form_errors("magic", 3)
