"""Every metric on predictions with planted truth, through the rule: no difference, and one that must be found."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from iclgd_core.calibration.check import Check, Sense
from iclgd_core.calibration.many_studies import one_sided_tests
from iclgd_core.calibration.planted import (
    ORDERS,
    QUERIES,
    VOCABULARY,
    base_logits,
    episode_scale,
    in_orders,
    perturbed,
    right_with,
)
from iclgd_core.calibration.rules import ALPHA
from iclgd_core.metrics import (
    agreements,
    correct,
    order_sensitivity,
    relative_change,
    relative_sparsity,
    sparsity_ratio,
    token_overlap,
)
from iclgd_core.seeds import stream
from iclgd_core.stats import above, below
from iclgd_core.stats.power import POWER

Floats = NDArray[np.float64]
Generator = np.random.Generator
Measure = Callable[[Generator, int, int, bool], Floats]
"""From generator, studies, episodes, and whether a difference is planted, to paired differences (studies, episodes)."""

BLOCK = 50
"""Studies planted at once, to bound memory."""

FACTOR = 2.0
"""Noise of a learner that differs from ICL, in those of ICL in another order."""


def _agreement(metric: Callable[[Floats, Floats], Floats]) -> Measure:
    def measure(rng: Generator, studies: int, episodes: int, differs: bool) -> Floats:
        base, scale = base_logits(rng, studies, episodes), episode_scale(rng, studies, episodes)
        icl, again = perturbed(rng, base, scale), perturbed(rng, base, scale)
        learner = perturbed(rng, base, FACTOR * scale if differs else scale)
        return np.asarray((metric(again, icl) - metric(learner, icl)).mean(axis=-1))

    return measure


def _equal_to_icl(rng: Generator, studies: int, episodes: int, differs: bool) -> Floats:
    """ICL that ignores the order, and a learner equal to it: all ties. The difference planted is one token of ten."""
    icl = perturbed(rng, base_logits(rng, studies, episodes), 1.0)
    learner = icl.copy()
    if differs:
        ranks = np.argsort(-icl, axis=-1)
        tenth, eleventh = ranks[..., 9:10], ranks[..., 10:11]
        values = np.take_along_axis(icl, tenth, -1), np.take_along_axis(icl, eleventh, -1)
        np.put_along_axis(learner, tenth, values[1], -1)
        np.put_along_axis(learner, eleventh, values[0], -1)
    return np.asarray((token_overlap(icl, icl) - token_overlap(learner, icl)).mean(axis=-1))


def _order_sensitivity(rng: Generator, studies: int, episodes: int, differs: bool) -> Floats:
    base, scale = base_logits(rng, studies, episodes), episode_scale(rng, studies, episodes)
    icl = in_orders(rng, base, scale)
    learner = in_orders(rng, base, scale / FACTOR if differs else scale)
    assert icl.shape[2] == ORDERS  # noqa: S101
    return np.asarray((order_sensitivity(icl, axis=2) - order_sensitivity(learner, axis=2)).mean(axis=-1))


def _accuracy(rng: Generator, studies: int, episodes: int, differs: bool) -> Floats:
    """Accuracy 0.8 of both, or 0.8 against 0.5."""
    answers = rng.integers(0, VOCABULARY, size=(studies, episodes, QUERIES))
    icl, learner = right_with(rng, answers, 0.8), right_with(rng, answers, 0.5 if differs else 0.8)
    return np.asarray((correct(icl, answers) - correct(learner, answers)).mean(axis=-1))


METRICS: Mapping[str, Measure] = {
    **{one.label: _agreement(one.measure) for one in agreements().values()},
    "token overlap, all ties": _equal_to_icl,
    "order sensitivity": _order_sensitivity,
    "accuracy": _accuracy,
}
"""Every agreement metric that is registered, and what else a rule judges in each episode."""


def planted_metric(name: str, episodes: int, studies: int, seed: int) -> list[Check]:
    """Return false verdicts where nothing is planted, and how often a planted difference is found, at margin 0."""
    rng, measure = stream(seed, "calibration", "metric", name, episodes), METRICS[name]
    null, effect = (
        np.concatenate(
            [measure(rng, min(BLOCK, studies - done), episodes, differs) for done in range(0, studies, BLOCK)]
        )
        for differs in (False, True)
    )
    supported, refuted = one_sided_tests(null, 0.0, rng)
    found, _ = one_sided_tests(effect, 0.0, rng)
    subject, size = f"{name}, {episodes} episodes", f"difference of {effect.mean():.3f}"
    rates = (
        ("no difference", "false supported", supported, ALPHA, Sense.AT_MOST),
        ("no difference", "false refuted", refuted, ALPHA, Sense.AT_MOST),
        (size, "supported", found, POWER, Sense.AT_LEAST),
    )
    return [
        Check("metrics", subject, planted, what, int((p <= ALPHA).sum()), studies, bound, sense)
        for planted, what, p, bound, sense in rates
    ]


def planted_weights(studies: int, seed: int) -> list[Check]:
    """Return how often the metrics of weights, and the rules without sampling, find exactly what was planted.

    Planted are a relative change of 0.5% to 2%, held against 1%, and a share of entries below a threshold, held
    against the share of another number of entries.
    """
    rng = stream(seed, "calibration", "weights")
    right = dict.fromkeys(("relative change", "sparsity", "relative sparsity"), 0)
    for _ in range(studies):
        weights = rng.normal(size=(8, 8))
        direction = rng.normal(size=(8, 8))
        change = float(rng.uniform(0.005, 0.02))
        moved = weights + change * direction * np.linalg.norm(weights) / np.linalg.norm(direction)
        measured = relative_change({"w": weights}, {"w": moved})
        verdict = above({"w": measured}, 0.01, quantity="change", unit="matrix").holds
        right["relative change"] += abs(measured - change) < 1e-9 and verdict is (change > 0.01)
        small, bound = (int(count) for count in rng.integers(1, 64, size=2))
        flat = np.sign(rng.normal(size=64))
        flat[rng.permutation(64)[:small]] = 1e-4
        for name, share in (("sparsity", sparsity_ratio), ("relative sparsity", relative_sparsity)):
            ratio = share(7.0 * flat if name == "relative sparsity" else flat, 1e-3)
            verdict = below({"w": ratio}, bound / 64, quantity="share", unit="matrix").holds
            right[name] += ratio == small / 64 and verdict is (small < bound)
    return [
        Check("metrics", f"{name}, no sampling", "planted exactly", "found exactly", hits, studies, 1.0, Sense.AT_LEAST)
        for name, hits in right.items()
    ]
