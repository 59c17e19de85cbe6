"""What is undefined is said to be so: never 0, never NaN, never a number with a warning."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import DivergedError, SettingsError
from iclgd_core.evidence.correction import decide
from iclgd_core.evidence.curves import Point
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.metrics import (
    closure,
    correct,
    correct_among,
    jensen_shannon,
    js_agreement,
    ocs_additive,
    ocs_bounded,
    order_sensitivity,
    relative_change,
    relative_sparsity,
    required_sparsity,
    sparsity_ratio,
    token_overlap,
)
from iclgd_core.stats import (
    above,
    at_every,
    below,
    episodes_needed,
    holm,
    mean_interval,
    minimum_detectable_effect,
    paired_equivalent,
    paired_greater,
    ratio_interval,
    sign_flip,
    slopes,
)
from iclgd_core.studies import (
    accuracy_study,
    agreement_study,
    order_study,
    size_study,
)
from iclgd_core.studies.points import sampled
from tests.studies.planted import Floats, Place, drawn, planted_lab

NAN, INF = math.nan, math.inf
FAIR = np.log([0.5, 0.3, 0.2])
BROKEN = {"NaN": np.array([NAN, 0.0, 0.0]), "+inf": np.array([INF, 0.0, 0.0]), "all NaN": np.full(3, NAN)}

Compute = Callable[[], object]


def raised() -> dict[str, Compute]:
    """Everything that cannot be computed, by name; each must raise an error that a user can read."""
    cases: dict[str, Compute] = {}
    for kind, bad in BROKEN.items():
        for metric in (token_overlap, ocs_bounded, ocs_additive, jensen_shannon, js_agreement):
            k = {"k": 2} if "k" in metric.__code__.co_varnames else {}
            cases[f"{metric.__name__}, {kind} on the left"] = partial(metric, bad, FAIR, **k)
            cases[f"{metric.__name__}, {kind} on the right"] = partial(metric, FAIR, bad, **k)
        cases[f"correct, {kind}"] = partial(correct, bad, 1)
        cases[f"correct_among, {kind}"] = partial(correct_among, bad, 1, [0, 1])
        cases[f"order_sensitivity, {kind}"] = partial(order_sensitivity, np.stack([FAIR, bad]), axis=0)
        weights = {"w": bad}
        cases[f"relative_change from {kind}"] = partial(relative_change, weights, {"w": FAIR})
        cases[f"relative_change to {kind}"] = partial(relative_change, {"w": FAIR}, weights)
        cases[f"sparsity_ratio, {kind}"] = partial(sparsity_ratio, bad, 0.1)
        cases[f"relative_sparsity, {kind}"] = partial(relative_sparsity, bad, 0.1)
        cases[f"mean_interval, {kind}"] = partial(mean_interval, bad)
        cases[f"ratio_interval, {kind} above"] = partial(ratio_interval, bad, FAIR)
        cases[f"ratio_interval, {kind} below"] = partial(ratio_interval, FAIR, bad)
        cases[f"sign_flip, {kind}"] = partial(sign_flip, bad, 0.0)
        cases[f"slopes over {kind}"] = partial(slopes, bad, [[1.0, 2.0, 3.0]])
        cases[f"slopes of {kind}"] = partial(slopes, [1.0, 2.0, 3.0], bad[None])
        for place in range(3):
            three = [FAIR, FAIR, FAIR]
            three[place] = bad
            cases[f"closure, {kind} at {place}"] = partial(closure, *three)
    zero = {"w": np.zeros(3)}
    return cases | {
        "relative_change of zero weights": partial(relative_change, zero, {"w": FAIR}),
        "relative_change of no weights": partial(relative_change, {}, {}),
        "relative_sparsity of zero weights": partial(relative_sparsity, np.zeros(3), 0.1),
        "sparsity_ratio of no weights": partial(sparsity_ratio, [], 0.1),
        "required_sparsity of no side": partial(required_sparsity, 0),
        "order_sensitivity of one order": partial(order_sensitivity, FAIR[None], axis=0),
        "order_sensitivity of no order": partial(order_sensitivity, np.zeros((0, 3)), axis=0),
        "distances of logits": partial(jensen_shannon, FAIR + 5.0, FAIR),
        "correct of no vocabulary": partial(correct, np.zeros((2, 0)), [0, 0]),
        "correct_among no labels": partial(correct_among, FAIR, 1, []),
        "mean_interval of one": partial(mean_interval, [1.0]),
        "mean_interval of none": partial(mean_interval, []),
        "mean_interval from one resample": partial(mean_interval, [1.0, 2.0, 4.0], resamples=1),
        "ratio_interval of one": partial(ratio_interval, [1.0], [1.0]),
        "sign_flip of none": partial(sign_flip, [], 0.0),
        "slopes over one setting": partial(slopes, [2.0, 2.0], [[1.0, 3.0]]),
        "slopes that overflow": partial(slopes, [0.0, 1e-200], [[0.0, 1e200]]),
        "holm of NaN": partial(holm, [NAN, 0.1]),
        "episodes_needed for no effect": partial(episodes_needed, 1.0, 0.0),
        "episodes_needed, NaN spread": partial(episodes_needed, NAN, 1.0),
        "minimum_detectable_effect of one": partial(minimum_detectable_effect, 1.0, 1),
        "above nothing": partial(above, {}, 1.0, quantity="q", unit="u"),
        "at_every of nothing": partial(at_every, {}, "q"),
    }


RAISED = raised()


@pytest.mark.parametrize("name", RAISED)
def test_what_cannot_be_computed_raises_and_says_why(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        RAISED[name]()
    assert len(str(caught.value)) > 20


FEW: dict[str, list[float]] = {"none": [], "one": [0.3], "NaN": [0.3, NAN, 0.2], "inf": [0.3, INF, 0.2]}


@pytest.mark.parametrize("kind", FEW)
@pytest.mark.parametrize("rule", ["greater", "equivalent", "every"])
def test_rules_without_data_give_inconclusive_with_the_reason(rule: str, kind: str) -> None:
    d = FEW[kind]
    found = paired_greater(d, [0.0] * len(d), margin=0.1, quantity="q", minimum_effect=0.1)
    if rule == "equivalent":
        found = paired_equivalent(d, margin=0.1, quantity="q")
    if rule == "every":
        good = paired_greater([0.3] * 8, [0.0] * 8, margin=0.1, quantity="q")
        found = at_every({"good": good, "bad": found}, "q")
        assert "bad" in found.undefined
    assert_no_number(found)


@pytest.mark.parametrize("rule", [below, above])
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_rules_without_sampling_give_inconclusive_with_the_reason(rule: Callable[..., Outcome], value: float) -> None:
    found = rule({"a": 0.5, "b": value}, 1.0, quantity="q", unit="layer")
    assert "b" in found.undefined
    assert_no_number(found)


def assert_no_number(found: Outcome) -> None:
    assert found.undefined
    assert (found.estimate, found.interval, found.p_supported, found.p_refuted) == (None, None, None, None)
    assert (found.holds, found.sd, found.needed, found.distance) == (None, None, None, None)
    assert decide(found, found.p_supported, found.p_refuted) is Verdict.INCONCLUSIVE


def test_zero_variance_is_no_failure_and_no_false_certainty() -> None:
    beyond = paired_greater([0.5] * 8, [0.2] * 8, margin=0.1, quantity="q")
    assert (beyond.p_supported, beyond.sd) == (2.0**-8, 0.0)
    on_it = paired_greater([0.3] * 8, [0.2] * 8, margin=0.3 - 0.2, quantity="q")
    assert (on_it.p_supported, on_it.p_refuted) == (1.0, 1.0)
    assert decide(on_it, on_it.p_supported, on_it.p_refuted) is Verdict.INCONCLUSIVE
    four = paired_greater([0.5] * 4, [0.2] * 4, margin=0.1, quantity="q")
    assert decide(four, four.p_supported, four.p_refuted) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("floor", "ceiling", "why"),
    [
        ([0.4] * 8, [0.4] * 8, "do not differ"),
        ([0.4, 0.5] * 4, [0.5, 0.4] * 4, "do not differ"),
        ([0.4] * 8, [0.4] * 7 + [0.9], "do not differ"),
        ([0.4], [0.9], "at least 2 episodes"),
        ([], [], "at least 2 episodes"),
    ],
)
def test_closure_without_a_gap_is_undefined(floor: list[float], ceiling: list[float], why: str) -> None:
    found = closure([0.45] * len(floor), floor, ceiling)
    assert (found.value, found.interval) == (None, None)
    assert why in found.undefined


@pytest.mark.parametrize("scale", [1e-200, 1e-300, 1e200, 1e305])
def test_weights_of_any_scale_have_their_relative_change(scale: float) -> None:
    a, b = np.array([3.0, 4.0]), np.array([3.0, 1.0])
    assert relative_change({"w": scale * a}, {"w": scale * b}) == pytest.approx(0.6, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_slopes_over_settings_of_any_scale(scale: float) -> None:
    x = [0.0, scale, 2.0 * scale]
    assert slopes(x, [[1.0, 3.0, 5.0]]) * scale == pytest.approx([2.0], rel=1e-9)


@pytest.mark.parametrize(("metric", "equal"), [(ocs_bounded, 1.0), (ocs_additive, 1.0), (js_agreement, 1.0)])
def test_disjoint_and_one_sided_predictions_are_0_by_definition_not_by_accident(
    metric: Callable[..., Floats], equal: float
) -> None:
    left, right = np.array([0.0, -INF, -INF]), np.array([-INF, 0.0, -INF])
    k = {} if metric is js_agreement else {"k": 1}
    assert float(metric(left, right, **k)) == 0.0
    assert float(metric(left, left, **k)) == equal


def test_points_of_a_curve_have_no_interval_from_one_episode_and_no_mean_of_nan() -> None:
    assert sampled(1.0, np.array([0.5])) == Point(1.0, 0.5, None, None, 1)
    with pytest.raises(ValueError, match="finite"):
        sampled(1.0, np.array([0.5, NAN]))


def icl(at: Place) -> Floats:
    return drawn(1 + at.order, at.episode, at.split)


def none(at: Place) -> Floats:
    return drawn(9, at.episode, at.split)


def always_diverged(at: Place) -> None:
    return None


def diverges_when_judged(at: Place) -> Floats | None:
    return icl(at) if at.split == "tuning" else None


def test_where_every_setting_diverged_on_tuning_gd_is_judged_at_its_start(tmp_path: Path) -> None:
    lab = planted_lab(tmp_path, icl, none, always_diverged)
    agreement = agreement_study(lab, "gd", "jensen-shannon")
    assert (agreement.details["learning_rate"], agreement.details["epoch"]) == (0.0, 0)
    np.testing.assert_array_equal(agreement["learner"], agreement["floor"])
    assert [name for name in agreement.numbers if name.startswith("epoch")] == ["epoch 0"]
    assert {curve.label for curve in agreement.curves if curve.learner == "gd"} == {"gd, not trained"}
    table = agreement.details["tuning_agreement"]
    assert isinstance(table, dict)
    trained = [row for rate, row in table.items() if rate != "0" and isinstance(row, dict)]
    assert trained
    assert {score for row in trained for score in row.values()} == {None}
    accuracy = accuracy_study(lab, 2, "vocabulary")
    assert accuracy.details["learning_rate"] == 0.0
    np.testing.assert_array_equal(accuracy["gd"], accuracy["zero-shot"])


def test_order_sensitivity_of_runs_that_all_diverged_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="every learning rate diverged"):
        order_study(planted_lab(tmp_path, icl, none, always_diverged), "gd")


@pytest.mark.parametrize("study", ["agreement", "accuracy", "order", "sizes"])
def test_runs_that_diverge_when_judged_are_an_error(
    tmp_path: Path, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labs = [planted_lab(tmp_path / str(i), icl, none, diverges_when_judged, layers=i) for i in (1, 2, 3, 4)]
    monkeypatch.setattr(type(labs[0]), "no_icl", "")
    run: dict[str, Compute] = {
        "agreement": lambda: agreement_study(labs[0], "gd", "token-overlap"),
        "accuracy": lambda: accuracy_study(labs[0], 2, "labels"),
        "order": lambda: order_study(labs[0], "sgd1"),
        "sizes": lambda: size_study(labs, "jensen-shannon"),
    }
    with pytest.raises(DivergedError, match="diverged on the evaluation episodes"):
        run[study]()
