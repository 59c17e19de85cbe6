"""From outcomes to verdicts: Holm's correction within each claim, then the decision; beside it, over the whole run.

A family is all sub-claims of one claim on one model and task. Supporting and refuting p-values are corrected
apart, each at level alpha, so that a false `supported` and a false `refuted` each have probability at most alpha
in a family. The verdict is that of the family. What it would be if all tests of the run were one family is recorded
beside it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.stats.deciding import decided
from iclgd_core.stats.multiplicity import holm, holm_steps
from iclgd_core.stats.power import EQUIVALENCE_POWER, POWER, SMALLEST_EFFECT, episodes_needed, power_of

ALPHA = 0.05
T = TypeVar("T")

UNRESOLVED = 1e-3
"""An effect of fewer standard deviations takes millions of episodes: no number is named."""

OUTLYING = (
    "a few outlying {0}s carry most of the spread, so that the tests do not trust it, although it is small against the "
    "distance from the threshold: how many more it takes cannot be told"
)
"""Where the spread alone would ask for fewer units than there are: a plan that is wrong."""


def decide(outcome: Outcome, p_supported: float | None, p_refuted: float | None, alpha: float = ALPHA) -> Verdict:
    """Return the verdict of an outcome, given its p-values (corrected or not).

    A deterministic outcome follows `holds`. The two tests of a statistical one exclude each other: at most one
    of the p-values is below 0.5.
    """
    if outcome.undefined:
        return Verdict.INCONCLUSIVE
    if outcome.holds is not None:
        return Verdict.SUPPORTED if outcome.holds else Verdict.REFUTED
    if p_supported is not None and p_supported <= alpha:
        return Verdict.SUPPORTED
    if p_refuted is not None and p_refuted <= alpha:
        return Verdict.REFUTED
    return Verdict.INCONCLUSIVE


def possible(outcome: Outcome, family_size: int, alpha: float = ALPHA) -> frozenset[Verdict]:
    """Return the verdicts that Holm's correction can still give while the rest of the family is unknown.

    Holm's adjusted p-value lies between p and family_size * p, so these are the two verdicts at its ends.
    """
    ends = [
        [None if p is None else min(1.0, p * m) for p in (outcome.p_supported, outcome.p_refuted)]
        for m in (1, family_size)
    ]
    return frozenset(decide(outcome, supported, refuted, alpha) for supported, refuted in ends)


def with_verdicts(evidence: Sequence[Evidence], alpha: float = ALPHA) -> list[Evidence]:
    """Give every piece of evidence its corrected p-values, its verdict and the interval that decides; order is kept.

    A family that is not complete (a partial selection) is corrected as if its missing members had p = 1. The run's
    correction counts the sub-claims of every family in which anything was sampled.
    """
    families: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for i, item in enumerate(evidence):
        if item.outcome is not None:
            families[item.family].append(i)
    out = list(evidence)
    sizes = {
        family: max([len(members), *(evidence[i].family_size for i in members)]) for family, members in families.items()
    }
    sampled = [family for family, members in families.items() if any(_is_sampled(evidence[i]) for i in members)]
    tested = [i for members in families.values() for i in members]
    whole = _holm(evidence, tested, sum(sizes[family] for family in sampled), alpha)
    for family, members in families.items():
        size = sizes[family]
        within = _holm(evidence, members, size, alpha)
        for i in members:
            item, outcome = evidence[i], evidence[i].outcome
            assert outcome is not None  # noqa: S101  (the members were chosen so)
            verdict = item.verdict or decide(outcome, within[i].supported, within[i].refuted, alpha)
            judged = _counted(_shown(outcome, within[i], alpha), verdict, alpha / size)
            out[i] = replace(
                item,
                outcome=judged,
                p_adjusted=within[i].supported,
                p_refuted_adjusted=within[i].refuted,
                p_run=whole[i].supported,
                p_refuted_run=whole[i].refuted,
                verdict=verdict,
                verdict_run=item.verdict or decide(outcome, whole[i].supported, whole[i].refuted, alpha),
                reason=item.reason or _reason(judged, verdict, alpha / size),
            )
    return out


def _is_sampled(item: Evidence) -> bool:
    outcome = item.outcome
    return outcome is not None and (outcome.p_supported is not None or outcome.p_refuted is not None)


class _Corrected(NamedTuple):
    supported: float | None
    refuted: float | None
    steps: tuple[int | None, int | None]


def _holm(evidence: Sequence[Evidence], members: Sequence[int], size: int, alpha: float) -> dict[int, _Corrected]:
    """Return the corrected p-values of the members and the steps that decided them, by their place in `evidence`."""
    outcomes = [outcome for i in members if (outcome := evidence[i].outcome) is not None]
    supported, refuted = [o.p_supported for o in outcomes], [o.p_refuted for o in outcomes]
    adjusted = [_of_known(partial(holm, family_size=size), side) for side in (supported, refuted)]
    steps = [_of_known(partial(holm_steps, family_size=size, alpha=alpha), side) for side in (supported, refuted)]
    found = zip(*adjusted, zip(*steps, strict=True), strict=True)
    return {i: _Corrected(*one) for i, one in zip(members, found, strict=True)}


def _of_known(correct: Callable[[Sequence[float]], list[T]], p_values: Sequence[float | None]) -> list[T | None]:
    found = iter(correct([p for p in p_values if p is not None]))
    return [None if p is None else next(found) for p in p_values]


def _shown(outcome: Outcome, corrected: _Corrected, alpha: float) -> Outcome:
    """Return the outcome with the interval that decides, where both its tests were corrected."""
    p = corrected.refuted if outcome.leans_to_refuted else corrected.supported
    step = corrected.steps[outcome.leans_to_refuted]
    return outcome if p is None or step is None else decided(outcome, step, p <= alpha, alpha)


def _counted(outcome: Outcome, verdict: Verdict, alpha: float) -> Outcome:
    """Count the units for the minimum effect, and those that would settle what is inconclusive.

    Both at the level that the smallest p-value of the family must reach.
    """
    if outcome.sd is None:
        return outcome
    power = EQUIVALENCE_POWER if outcome.kind == "equivalent" else POWER
    planned, needed = outcome.planned, None
    if outcome.minimum_effect is not None and outcome.minimum_effect >= SMALLEST_EFFECT * outcome.sd:
        planned = max(_fewest(alpha), episodes_needed(outcome.sd, outcome.minimum_effect, alpha, power))
    if verdict is Verdict.INCONCLUSIVE and not outcome.undefined and not _too_near(outcome):
        needed = max(_fewest(alpha), episodes_needed(outcome.sd, outcome.distance or 0.0, alpha))
    return replace(outcome, planned=planned, needed=needed if needed is None or needed > outcome.n else None)


def _too_near(outcome: Outcome) -> bool:
    return outcome.sd is None or not outcome.distance or outcome.distance < UNRESOLVED * outcome.sd


def _reason(outcome: Outcome, verdict: Verdict, alpha: float) -> str:
    if verdict is not Verdict.INCONCLUSIVE:
        return ""
    if outcome.undefined:
        return outcome.undefined
    if outcome.needed is not None:
        now = f"about {outcome.needed} {outcome.unit}s would settle it with power 0.9, against {outcome.n} now"
        return now + _power_left(outcome, alpha)
    if _too_near(outcome):
        return "the estimate is too near the threshold for any practical number of episodes"
    return OUTLYING.format(outcome.unit)


def _power_left(outcome: Outcome, alpha: float) -> str:
    """Return how likely so few units find the stated minimum effect; empty where they are as many as were planned."""
    effect, n = outcome.minimum_effect, outcome.n
    if not outcome.sd or not effect or outcome.planned is None or outcome.planned <= n:
        return ""
    if n < _fewest(alpha):
        return f"; fewer than {_fewest(alpha)} settle nothing here"
    power = power_of(n, effect / outcome.sd, alpha)
    if outcome.kind == "equivalent":
        power = max(0.0, 2.0 * power - 1.0)  # both tests must reject
    return f"; {n} find the minimum effect of {effect:g} with power {power:.2f}"


def _fewest(alpha: float) -> int:
    """Fewest units with which a sign-flip test can reach level alpha: 2^-n <= alpha."""
    return math.ceil(-math.log2(alpha))
