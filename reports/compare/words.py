"""The cells of a comparison in words, the same for every renderer."""

from .comparison import Comparison, Difference, Side

NONE = "-"


def name(claim: Difference) -> str:
    """Return which sub-claim, for example `S1 [optimizer=gd] on ginc-llama-794k, ginc-k5`."""
    params = ", ".join(f"{key}={value}" for key, value in sorted(claim.params.items()))
    on = ", ".join(part for part in (claim.model, claim.task) if part)
    return claim.id + (f" [{params}]" if params else "") + (f" on {on}" if on else "")


def arrow(claim: Difference) -> tuple[str, str]:
    """Return the verdicts and the effects, from A to B; once where both are alike."""
    return (
        _to(_verdict(claim.before), _verdict(claim.after)),
        _to(_effect(claim.before), _effect(claim.after)),
    )


def difference(claim: Difference) -> str:
    """Return the difference of the effects with its interval; `moved` where the interval excludes 0."""
    if claim.difference is None:
        return NONE
    if claim.interval is None:
        return f"{claim.difference:.3g}"
    low, high = claim.interval
    return f"{claim.difference:.3g} [{low:.3g}, {high:.3g}]" + (", moved" if claim.moved else "")


def not_run(comparison: Comparison) -> str:
    """Return the claims that B was not asked for, counted; empty if there are none.

    For example `not run, since B was not asked for them: 3 sub-claims of S1 (2), S2 (1)`.
    """
    counts = comparison.not_run()
    n = sum(counts.values())
    listed = ", ".join(f"{id} ({count})" for id, count in counts.items())
    return f"not run, since B was not asked for them: {n} sub-claim{'' if n == 1 else 's'} of {listed}" if n else ""


def _to(before: str, after: str) -> str:
    return before if before == after else f"{before} to {after}"


def _verdict(side: Side | None) -> str:
    if side is None:
        return "missing"
    return side.verdict.value + ("" if side.met else f" (expected {side.expected.value})")


def _effect(side: Side | None) -> str:
    if side is None or side.estimate is None:
        return NONE
    interval = "" if side.interval is None else " [{:.3g}, {:.3g}]".format(*side.interval)
    return f"{side.estimate:.3g}{interval}"
