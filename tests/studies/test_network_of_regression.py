"""GD on the network of a regression model, held against its ICL by the studies that hold language models."""

import numpy as np
import pytest

from iclgd_core.errors import NotRunError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.setting import Setting
from iclgd_core.learners import Schedule
from iclgd_core.metrics.prediction_distance import order_spread
from iclgd_core.models.regression.registry import load_regression_model
from iclgd_core.studies.agreement import network_agreement_study
from iclgd_core.studies.order import network_order_study
from iclgd_core.tasks.regression.registry import get_regression_task

NAME, TASK = "icl-objective-gpt2-1-layer", "linear-regression-d5-gaussian"
SCHEDULE = Schedule((1e-3, 1e-2), (1, 4))


@pytest.fixture(scope="module")
def lab() -> RegressionLab:
    return RegressionLab(load_regression_model(NAME), get_regression_task(TASK), "smoke")


def test_agreement_is_between_zero_shot_and_another_order(lab: RegressionLab) -> None:
    study = network_agreement_study(lab, "adam", SCHEDULE)
    icl = lab.in_context(orders=2)
    np.testing.assert_array_equal(study["ceiling"], 1.0 - lab.npd(icl[:, 1], icl[:, 0]))
    np.testing.assert_array_equal(study["floor"], 1.0 - lab.npd(lab.zero_shot(), icl[:, 0]))
    rate, epoch = study.details["learning_rate"], study.details["epoch"]
    assert epoch, "nothing is trained, so nothing is compared"
    runs = lab.descend("adam", Schedule((float(str(rate)),), SCHEDULE.readouts))
    own = runs.predictions[:, 0, 0, SCHEDULE.readouts.index(int(str(epoch)))]
    np.testing.assert_allclose(study["learner"], 1.0 - lab.npd(own, icl[:, 0]))
    assert study.tuning["optimizer"] == "adam"
    assert study.fixed["trains"] == "the network"


def test_the_setting_is_that_of_the_highest_score_over_tuning_episodes(lab: RegressionLab) -> None:
    aim = lab.in_context(split="tuning")[:, 0]
    setting: Setting = lab.tune("gd", lambda found: -lab.npd(found, aim), SCHEDULE)
    runs = lab.descend("gd", SCHEDULE, split="tuning")
    scores = {(0.0, 0): float(-lab.npd(lab.zero_shot("tuning"), aim).mean())}
    for i, rate in enumerate(SCHEDULE.learning_rates):
        for j, epoch in enumerate(SCHEDULE.readouts):
            scores[rate, epoch] = float(-lab.npd(runs.predictions[:, 0, i, j], aim).mean())
    assert (setting.learning_rate, setting.epoch) == max(scores, key=lambda place: scores[place])
    assert setting.protocol["demonstrations"] == lab.task.shots


def test_full_batches_know_no_order_and_icl_does(lab: RegressionLab) -> None:
    study = network_order_study(lab, "gd", SCHEDULE)
    assert study["gd"].max() < 1e-5 < study["icl"].min()
    np.testing.assert_allclose(study["icl"], order_spread(lab.in_context(orders=2), lab.scale))


def test_one_demonstration_a_step_knows_an_order(lab: RegressionLab) -> None:
    study = network_order_study(lab, "sgd1", Schedule((1e-2,), (1,)))
    assert study.details["epoch"] == 1
    assert study["gd"].min() > 0.0


def test_linear_attention_cannot_be_trained_so() -> None:
    lab = RegressionLab(
        load_regression_model("constructed-lsa-1"), get_regression_task("linear-regression-d10"), "smoke"
    )
    with pytest.raises(NotRunError, match="reads nothing from its weights without demonstrations"):
        network_agreement_study(lab, "gd", SCHEDULE)
