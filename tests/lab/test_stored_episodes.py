"""Episodes from what is stored: a store that refuses, laboratories that remember, values with the estimate as mean."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab, Series
from iclgd_core.lab.recorded import NotStoredError, Seen, StoredOnly
from iclgd_core.lab.recorded.arguments import recording
from iclgd_core.lab.recorded.regression import written
from iclgd_core.lab.recorded.sheet import TOP, per_episode, sheet
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import Schedule
from iclgd_core.models.regression.registry import load_regression_model
from iclgd_core.stats import (
    at_every,
    paired_equivalent,
    paired_greater,
    paired_t,
)
from iclgd_core.studies import regression_agreement_study, regression_order_study
from iclgd_core.tasks.regression.registry import get_regression_task
from tests.tiny_models import tiny_model, tiny_task

VALUES = st.lists(st.integers(-99, 99).map(lambda x: x / 8), min_size=2, max_size=12)
SCHEDULE = Schedule((0.1,), (1, 2))
TIER = replace(TIERS["quick"], episodes=3, tuning_episodes=2, queries=2)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tiny_model(), tiny_task(), TIER, 0, Store(tmp_path / "store"))


@pytest.fixture
def regression_lab() -> RegressionLab:
    return RegressionLab(load_regression_model("constructed-lsa-1", 0), get_regression_task("linear-regression-d10"))


def remembering(lab: Lab) -> tuple[Lab, Any]:
    seen: Seen = []
    made = recording(lab, seen)
    assert isinstance(made, Lab)
    return made, seen


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_what_is_stored_is_read_and_what_is_not_is_refused(tmp_path: Path) -> None:
    Store(tmp_path).measure({"learner": "one"}, lambda: {"x": np.arange(3.0)})
    before, read = files(tmp_path), StoredOnly(tmp_path)
    assert read.measure({"learner": "one"}, lambda: pytest.fail("measured"))["x"].tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(NotStoredError, match="two is not stored in"):
        read.measure({"learner": "two"}, lambda: pytest.fail("measured"))
    assert files(tmp_path) == before
    with pytest.raises(NotStoredError):
        StoredOnly(tmp_path / "none").find({"learner": "one"})
    assert files(tmp_path) == before


def test_a_measurement_that_does_not_verify_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    Store(tmp_path).measure({"learner": "one"}, lambda: {"x": np.arange(3.0)})
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    before = path.read_bytes()
    with pytest.raises(NotStoredError):
        StoredOnly(tmp_path).find({"learner": "one"})
    assert path.read_bytes() == before


def test_answers_on_evaluation_episodes_are_remembered_and_the_same(lab: Lab) -> None:
    made, seen = remembering(lab)
    icl, runs = made.in_context(2, 2), made.descend("gd", SCHEDULE, 2)
    zero = made.zero_shot()
    made.in_context(2, 1, "tuning")
    told = [(one.learner, one.order, one.rate, one.epoch) for one in seen]
    assert told == [
        ("ICL", 0, None, None), ("ICL", 1, None, None), ("gd", 0, 0.1, 1), ("gd", 0, 0.1, 2),
        ("zero-shot", 0, None, None),
    ]  # fmt: skip
    expectations = (icl[:, 0], icl[:, 1], runs.predictions[:, 0, 0, 0], runs.predictions[:, 0, 0, 1], zero)
    for one, expected in zip(seen, expectations, strict=True):
        np.testing.assert_array_equal(np.asarray(one.log_probs), np.asarray(expected))
    np.testing.assert_array_equal(seen[1].orders, lab.orders("evaluation", 3, 2, 2)[:, 1])


def test_laboratories_in_families_and_series_remember_and_other_arguments_stay(lab: Lab) -> None:
    seen: Seen = []
    family, series = recording((lab, lab), seen), recording(Series((lab,), (5,)), seen)
    assert isinstance(family, tuple)
    assert isinstance(series, Series)
    for one in (*family, *series.labs, family[0].of(lab.model)):
        one.zero_shot()
    assert len(seen) == 4
    assert series.steps == (5,)
    for other in ("x", 3, (1, 2), None):
        assert recording(other, seen) is other


def test_a_sheet_has_the_answers_of_one_episode_with_their_agreement(lab: Lab) -> None:
    made, seen = remembering(lab)
    icl = made.in_context(2, 2)
    made.in_context(2, 1, n=2)  # fewer episodes of the same: the longer is kept
    made.zero_shot()
    outcome = paired_greater([0.5, 0.25, 0.0], [0.0, 0.0, 0.0], margin=0.0, quantity="gap")
    found: Any = sheet(seen, outcome, None, 1)
    assert (found["episode"], found["episodes"], found["values"]) == (1, 3, [0.5, 0.25, 0.0])
    (model,) = found["models"]
    first, second, none = model["answers"]
    assert (first["learner"], second["order"], none["learner"]) == ("ICL", 1, "zero-shot")
    assert first["agreement"]["jensen-shannon"] == pytest.approx([1.0, 1.0])
    likeliest = np.asarray(icl)[1, 0].argmax(-1)
    tokens = [lab.model.tokenizer.decode([int(token)]) for token in likeliest]
    assert [top[0]["token"] for top in first["top"]] == tokens
    assert all(len(top) == TOP for top in first["top"])
    assert len(model["demonstrations"]) == 2
    assert len(model["queries"]) == 2


@pytest.mark.parametrize("number", [-1, 3])
def test_an_episode_that_is_not_there_is_refused(number: int) -> None:
    outcome = paired_greater([0.5, 0.25, 0.0], [0.0, 0.0, 0.0], margin=0.0, quantity="gap")
    with pytest.raises(SettingsError, match=f"--episode is {number}. Allowed: 0 to 2"):
        sheet([], outcome, None, number)


def test_a_regression_sheet_has_the_predictions_and_those_of_the_chosen_learner(regression_lab: RegressionLab) -> None:
    seen: Seen = []
    made = recording(regression_lab, seen)
    assert isinstance(made, RegressionLab)
    study = regression_agreement_study(made, "gd", others=False)
    outcome = paired_greater(study["ceiling"], study["learner"], margin=0.0, quantity="gap")
    for number in (0, 95):
        found: Any = sheet(seen, outcome, study, number)
        (model,) = found["models"]
        told = {(one["learner"], one["order"]): one["agreement"]["1 - npd"] for one in model["answers"]}
        assert list(told) == [("ICL", 0), ("ICL", 1), ("gd", 0), ("zero-shot", 0)]
        expected = {("ICL", 1): study["ceiling"], ("gd", 0): study["learner"], ("zero-shot", 0): study["floor"]}
        for key, values in expected.items():
            assert np.mean(told[key]) == pytest.approx(values[number])
        drawn = regression_lab.episodes()
        assert model["queries"][0]["label"] == written(drawn.yq[number, 0])
        assert len(model["demonstrations"]) == drawn.shots


def test_a_regression_sheet_has_gd_on_the_network_at_every_setting() -> None:
    seen: Seen = []
    lab = RegressionLab(
        load_regression_model("icl-objective-gpt2-1-layer"), get_regression_task("linear-regression-d5-gaussian")
    )
    made = recording(lab, seen)
    assert isinstance(made, RegressionLab)
    icl, runs = made.in_context(n=2), made.descend("gd", Schedule((0.01, 1e30), (1, 3)), n=2)
    made.descend("gd", Schedule((0.01,), (1,)), split="tuning", n=2)
    assert runs.diverged[0, 0].tolist() == [[False, False], [True, True]]
    outcome = paired_greater([0.5, 0.25], [0.0, 0.0], margin=0.0, quantity="gap")
    found: Any = sheet(seen, outcome, None, 1)
    told = {(one["learner"], one["learning_rate"], one["epoch"]): one for one in found["models"][0]["answers"]}
    settings = [("gd (network)", rate, epoch) for rate in (0.01, 1e30) for epoch in (1, 3)]
    assert list(told) == [("ICL", None, None), *settings]
    here = np.square(runs.predictions[1, 0, 0, 1] - icl[1, 0])[:, 0]
    assert told[settings[1]]["agreement"]["1 - npd"] == pytest.approx(1.0 - here / lab.scale)
    assert told[settings[3]]["agreement"] == {}


def test_a_learner_asked_in_several_orders_is_told_as_drawn(regression_lab: RegressionLab) -> None:
    seen: Seen = []
    made = recording(regression_lab, seen)
    assert isinstance(made, RegressionLab)
    regression_order_study(made, "sgd")
    told = [(one.learner, one.order) for one in seen]
    assert told == [("sgd", 0), *(("ICL", order) for order in range(made.size.orders))]


def test_the_numbers_of_a_study_are_those_with_one_an_episode() -> None:
    study = Study({"icl": np.arange(3.0), "gd at epoch 3": np.ones(3), "slope": np.ones(2)})
    assert {name: values.tolist() for name, values in per_episode(study, 3)} == {
        "icl": [0.0, 1.0, 2.0],
        "gd at epoch 3": [1.0, 1.0, 1.0],
    }
    assert list(per_episode(None, 3)) == []


@given(VALUES)
def test_the_mean_of_an_outcomes_values_is_its_estimate(values: list[float]) -> None:
    made = (
        paired_greater(values, [0.0] * len(values), margin=0.5, quantity="q", resamples=99),
        paired_equivalent(values, margin=0.5, quantity="q", resamples=99),
        paired_t(values, margin=0.5, quantity="q", unit="episode"),
    )
    for outcome in made:
        if outcome.values:
            assert np.mean(outcome.values) == pytest.approx(outcome.estimate)
            assert len(outcome.values) == outcome.n
        else:
            assert outcome.undefined


def test_a_conjunction_has_the_values_of_the_member_that_decides() -> None:
    strong, weak = ([3.0, 4.0, 5.0, 4.0, 3.0], [0.1, 0.2, 0.1, 0.3, 0.1])
    members = {name: paired_greater(v, [0.0] * 5, margin=0.0, quantity="q") for name, v in (("a", strong), ("b", weak))}
    joint = at_every(members, "every")
    assert joint.values == tuple(weak)
    assert np.mean(joint.values) == pytest.approx(joint.estimate)
