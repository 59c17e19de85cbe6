"""From outcomes to verdicts: Holm's correction within each claim, then the decision.

A family is all sub-claims of one claim on one model and task. Supporting and refuting p-values are corrected
apart, each at level alpha, so that a false `supported` and a false `refuted` each have probability at most alpha
in a family.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from iclgd_core.evidence import Evidence, Verdict
from iclgd_core.stats.multiplicity import holm
from iclgd_core.stats.outcome import Outcome
from iclgd_core.stats.power import episodes_needed

ALPHA = 0.05

UNRESOLVED = 1e-3
"""An effect of fewer standard deviations takes millions of episodes: no number is named."""


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


def adjudicate(evidence: Sequence[Evidence], alpha: float = ALPHA) -> list[Evidence]:
    """Give every piece of evidence its corrected p-values and its verdict; order is kept.

    A family that is not complete (a partial selection) is corrected as if its missing members had p = 1.
    """
    families: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for i, item in enumerate(evidence):
        if item.outcome is not None:
            families[item.family].append(i)
    out = list(evidence)
    for members in families.values():
        size = max([len(members), *(evidence[i].family_size for i in members)])
        supported = _corrected([evidence[i].outcome.p_supported for i in members], size)  # type: ignore[union-attr]
        refuted = _corrected([evidence[i].outcome.p_refuted for i in members], size)  # type: ignore[union-attr]
        for i, p, q in zip(members, supported, refuted, strict=True):
            item, outcome = evidence[i], evidence[i].outcome
            assert outcome is not None  # noqa: S101  (the members were chosen so)
            verdict = item.verdict or decide(outcome, p, q, alpha)
            reason = item.reason or _reason(outcome, verdict, alpha / size)
            outcome = _planned(outcome, alpha / size)
            out[i] = replace(item, outcome=outcome, p_adjusted=p, p_refuted_adjusted=q, verdict=verdict, reason=reason)
    return out


def _corrected(p_values: Sequence[float | None], size: int) -> list[float | None]:
    known = [i for i, p in enumerate(p_values) if p is not None]
    out: list[float | None] = [None] * len(p_values)
    if known:
        adjusted = holm([p for p in p_values if p is not None], size)
        for i, p in zip(known, adjusted, strict=True):
            out[i] = p
    return out


def _planned(outcome: Outcome, alpha: float) -> Outcome:
    """Count the episodes needed for the minimum effect at the level that the smallest p-value must reach."""
    if outcome.sd is None or outcome.minimum_effect is None:
        return outcome
    return replace(outcome, needed=max(_fewest(alpha), episodes_needed(outcome.sd, outcome.minimum_effect, alpha)))


def _reason(outcome: Outcome, verdict: Verdict, alpha: float) -> str:
    if verdict is not Verdict.INCONCLUSIVE:
        return ""
    if outcome.undefined:
        return outcome.undefined
    if outcome.sd is None or not outcome.distance or outcome.distance < UNRESOLVED * outcome.sd:
        return "the estimate is too near the threshold for any practical number of episodes"
    n = max(_fewest(alpha), episodes_needed(outcome.sd, outcome.distance, alpha))
    return f"about {n} {outcome.unit}s would settle it with power 0.9, against {outcome.n} now"


def _fewest(alpha: float) -> int:
    """Fewest units with which a sign-flip test can reach level alpha: 2^-n <= alpha."""
    return math.ceil(-math.log2(alpha))
