"""Words of the adjudication table: closures as text, and the step of the colour scale that each stands on."""

from .table import AGREEMENTS, State, TableCell

STEPS = ((-0.05, "kn"), (0.05, "k0"), (0.25, "k1"), (0.5, "k2"), (0.75, "k3"), (0.95, "k4"))
"""Upper ends of the steps, each with its name; `k5` from 0.95 on. Below 0 is further from ICL than doing nothing."""

LAST = "k5"
PRINTED = 1e4


def closure_text(value: float) -> str:
    """Return a closure with two decimals.

    >>> closure_text(0.126), closure_text(-0.001), closure_text(1e9)
    ('0.13', '0.00', '1e+09')
    """
    text = f"{value:.2f}" if abs(value) < PRINTED else f"{value:.3g}"
    return "0.00" if text == "-0.00" else text


def interval_text(entry: TableCell) -> str:
    """Return the interval of a cell, for example `[0.55, 0.70]`; empty where there is none."""
    if entry.low is None or entry.high is None:
        return ""
    return f"[{closure_text(entry.low)}, {closure_text(entry.high)}]"


def value_text(entry: TableCell) -> str:
    """Return what stands in a cell: the closure, 0 or 1 by definition, or why there is none."""
    if entry.value is None:
        return entry.state.value
    return f"{entry.value:g}" if entry.state is State.DEFINITION else closure_text(entry.value)


def step_of(value: float | None) -> str:
    """Return the step of the colour scale of a closure; empty where there is none.

    >>> step_of(-0.2), step_of(0.0), step_of(0.6), step_of(1.0), step_of(None)
    ('kn', 'k0', 'k3', 'k5', '')
    """
    if value is None:
        return ""
    return next((name for end, name in STEPS if value < end), LAST)


def source_text(entry: TableCell) -> str:
    """Return where a closure comes from, or the whole reason why there is none."""
    measured = f"from {entry.claim}, n = {entry.n}" if entry.claim else ""
    return "; ".join(part for part in (entry.why, measured) if part)


def agreement_text(name: str) -> str:
    """Return an agreement in words."""
    return AGREEMENTS.get(name, name)
