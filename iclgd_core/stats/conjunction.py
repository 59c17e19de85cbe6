"""A statement that must hold at every one of several places, as one outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypedDict

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.interval import Inversion
from iclgd_core.evidence.outcome import Outcome


class _Tests(NamedTuple):
    supported: float
    refuted: float


def at_every(outcomes: Mapping[str, Outcome], quantity: str) -> Outcome:
    """Join the outcomes of m members into that of "it holds at every member".

        p_supported = max over members (intersection-union test: each must reject, no correction)
        p_refuted   = min( 1, m * min over members ) (one refuted member refutes it: Bonferroni)
        holds       = all members hold (deterministic members)

    Estimate, values, intervals and threshold are those of the weakest member, which decides. Of statistical members it
    is the one with the smallest p_refuted where the joint refuting test has the smaller p-value, else the one with the
    largest p_supported; ties are broken by the smallest estimate minus threshold. Of deterministic ones it is that
    which fails by most, or holds by least. n is the smallest of all; planned is the largest, unknown if one is.

    Args:
        outcomes: by name of the member, for example a readout epoch; all statistical or all deterministic.
        quantity: what is joined, in words.

    Returns:
        The joint outcome; without a verdict if a member has none, and then the reason names it.

    Raises:
        SettingsError: no member, or statistical and deterministic members together.

    Source: Berger 1982, Technometrics 24 (intersection-union tests).
    """
    if not outcomes:
        raise SettingsError(f"{quantity}: a statement about every member needs at least one member.")
    n = min(outcome.n for outcome in outcomes.values())
    rule = f"at every one of {len(outcomes)}: {next(iter(outcomes.values())).rule}"
    joined = _joined(list(outcomes.values()))
    for name, outcome in outcomes.items():
        if outcome.undefined or outcome.estimate is None:
            why = f"undefined at {name}: {outcome.undefined or 'it has no estimate'}"
            return replace(Outcome.without_verdict(quantity, rule, outcome.threshold, n, why), **joined)
    tests = {name: _tests(outcome) for name, outcome in outcomes.items()}
    statistical = {name: pair for name, pair in tests.items() if pair is not None}
    if statistical and len(statistical) < len(outcomes):
        other = next(name for name, pair in tests.items() if pair is None)
        raise SettingsError(
            f"{quantity}: {next(iter(statistical))!r} is a statistical outcome and {other!r} a deterministic "
            "one; join only outcomes of one kind."
        )
    if statistical:
        largest = max(pair.supported for pair in statistical.values())
        smallest = min(1.0, len(statistical) * min(pair.refuted for pair in statistical.values()))
        p_supported: float | None = largest
        p_refuted: float | None = smallest
        holds = None
        ranks = {k: pair.refuted if smallest < largest else -pair.supported for k, pair in statistical.items()}
        name = min(outcomes, key=lambda k: (ranks[k], _excess(outcomes[k])))
    else:
        name = min(outcomes, key=lambda k: _slack(outcomes[k]))
        p_supported = p_refuted = None
        holds = all(outcome.holds for outcome in outcomes.values())
    weakest = outcomes[name]
    planned = [outcome.planned for outcome in outcomes.values() if outcome.planned is not None]
    return Outcome(
        quantity=quantity,
        rule=rule,
        estimate=weakest.estimate,
        interval=weakest.interval,
        threshold=weakest.threshold,
        n=n,
        unit=weakest.unit,
        method=f"weakest of {len(outcomes)}, {name}: {weakest.method}",
        p_supported=p_supported,
        p_refuted=p_refuted,
        holds=holds,
        planned=max(planned) if len(planned) == len(outcomes) else None,
        sd=weakest.sd,
        distance=weakest.distance,
        values=weakest.values,
        inversion=_shared(weakest.inversion, len(outcomes)),
        **joined,
    )


class _Joined(TypedDict):
    kind: str
    margin: float | None
    minimum_effect: float | None
    members: int


def _joined(outcomes: Sequence[Outcome]) -> _Joined:
    """Return what the members share of rule, margin and minimum effect; None for a number that they do not."""
    kinds, margins = {o.kind for o in outcomes}, {o.margin for o in outcomes}
    effects = {o.minimum_effect for o in outcomes}
    return {
        "kind": "every " + " or ".join(sorted(kinds)),
        "margin": margins.pop() if len(margins) == 1 else None,
        "minimum_effect": effects.pop() if len(effects) == 1 else None,
        "members": len(outcomes),
    }


def _shared(inversion: Inversion | None, members: int) -> Inversion | None:
    """Return the inversion of the member that decides, its refuting level divided among the members."""
    return None if inversion is None else replace(inversion, shares=inversion.shares * members)


def _tests(outcome: Outcome) -> _Tests | None:
    """Return the two p-values of a statistical outcome, None for a deterministic one."""
    if outcome.holds is not None:
        return None
    if outcome.p_supported is None or outcome.p_refuted is None:
        raise SettingsError(f"{outcome.quantity}: an outcome needs both p-values, or whether it holds.")
    return _Tests(outcome.p_supported, outcome.p_refuted)


def _excess(outcome: Outcome) -> float:
    return (outcome.estimate or 0.0) - outcome.threshold


def _slack(outcome: Outcome) -> float:
    """Distance to the threshold, negative where the outcome fails, whatever the direction of its rule."""
    return abs(_excess(outcome)) if outcome.holds else -abs(_excess(outcome))
