"""The suite can say yes: on models whose ICL is GD, the claims that it is not are refuted, and GD's closure is 1.

The claims' own files are judged, on evaluation episodes, as `pytest claims` does.
"""

import numpy as np
import pytest

from claims.shen import test_s1_order_sensitivity as s1
from claims.shen import test_s2_output_distribution as s2
from fixtures.defaults import REGRESSION
from iclgd_core.evidence.correction import possible
from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.models.regression.registry import REGRESSION_MODELS, load_regression_model
from iclgd_core.tasks.regression.registry import get_regression_task

CONTROLS = tuple(name for name in REGRESSION["quick"] if is_control(name))
STEPS_OF_GD = ("constructed-lsa-1", "constructed-lsa-4", "icl-objective-lsa-1", "icl-objective-lsa-1-half")


class Recorder:
    """Stands in for `judge`."""

    outcome: Outcome
    study: Study

    def __call__(self, outcome: Outcome, study: Study | None = None, /, *_: object, **__: object) -> None:
        assert study is not None
        self.outcome, self.study = outcome, study


def laboratory(name: str) -> RegressionLab:
    task = REGRESSION_MODELS[name].tasks[0]
    return RegressionLab(load_regression_model(name), get_regression_task(task))


@pytest.fixture(scope="module", params=STEPS_OF_GD)
def known(request: pytest.FixtureRequest) -> RegressionLab:
    return laboratory(request.param)


def test_s1_is_refuted(known: RegressionLab) -> None:
    judge = Recorder()
    s1.test_icl_is_more_order_sensitive_in_regression(known, judge, "gd")
    assert known.no_icl == ""
    assert possible(judge.outcome, 2) == {Verdict.REFUTED}


def test_s2_is_refuted_and_gd_closes_the_gap(known: RegressionLab) -> None:
    judge = Recorder()
    s2.test_icl_agrees_with_itself_more_in_regression(known, judge, "gd")
    assert possible(judge.outcome, 2) == {Verdict.REFUTED}
    cells = judge.study.details["closures"]
    assert isinstance(cells, list)
    gd = [cell["value"] for cell in cells if isinstance(cell, dict) and cell["account"] == "gd"]
    assert gd == [pytest.approx(1.0, abs=1e-9 if known.model.name.startswith("constructed") else 1e-3)]


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_shows_no_icl(name: str) -> None:
    assert laboratory(name).no_icl.startswith("no ICL")


def test_answering_at_random_by_less_is_no_icl() -> None:
    """A shuffled Transformer errs by less with demonstrations than without, yet by more than who predicts 0."""
    lab = laboratory("shuffled-gpt2-4-layers")
    right = lab.episodes().yq
    shown, without, nothing = (
        lab.npd(f, right).mean() for f in (lab.in_context()[:, 0], lab.zero_shot(), np.zeros_like(right))
    )
    assert nothing < shown < without
    assert "by predicting 0" in lab.no_icl


def test_nothing_is_judged_where_icl_disagrees_with_itself_more_than_with_nothing() -> None:
    lab, judge = laboratory("icl-objective-gpt2-1-layer"), Recorder()
    s2.test_icl_agrees_with_itself_more_in_regression(lab, judge, "gd")
    assert "the ceiling lies below the floor" in judge.outcome.undefined
    cells: Json = judge.study.details["closures"]
    assert isinstance(cells, list)
    assert {cell["value"] for cell in cells if isinstance(cell, dict)} == {None}
