"""Words of the page: numbers, names of sub-claims, anchors, links."""

import re
from collections.abc import Iterable

from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.overall import FamilyVerdict, Overall
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

SYMBOLS: dict[str, str] = {
    Overall.SUPPORTED: "✓",
    Overall.REFUTED: "✗",
    Overall.MIXED: "≠",
    Overall.INCONCLUSIVE: "?",
    Overall.ERROR: "!",
    Overall.NOT_RUN: "–",
}
"""The sign of a verdict, of a claim or of a sub-claim."""

UNTRAINED = "the best setting is no training (rate 0, epoch 0): ICL is compared with zero-shot"


def short(value: float | None) -> str:
    """Return a number with three significant digits; empty for None.

    >>> short(0.12345), short(3e-16), short(float("-inf")), short(None)
    ('0.123', '3e-16', '-∞', '')
    """
    return "" if value is None else f"{value:.3g}".replace("inf", "∞")


def p_value(value: float | None) -> str:
    """Return a p-value with two significant digits; empty for None."""
    return "" if value is None else f"{value:.2g}"


def with_interval(value: float | None, interval: tuple[float, float] | None) -> str:
    """Return an estimate with its interval, for example `0.12 [0.1, 0.15]`."""
    if value is None:
        return "undefined"
    return short(value) + ("" if interval is None else f" [{short(interval[0])}, {short(interval[1])}]")


def bound(outcome: Outcome) -> str:
    """Return what the effect is held against; both sides for an equivalence."""
    return ("±" if outcome.kind.endswith("equivalent") else "") + short(outcome.threshold)


SIGNS = {"greater": "> ", "above": "> ", "below": "< ", "equivalent": "within ±"}
"""What a rule asks of its effect, by the rule's kind."""


def needed(outcome: Outcome) -> str:
    """Return what a claim says of its effect, for example `> 0.02` or `within ±0.05`; empty for other rules."""
    sign = SIGNS.get(outcome.kind.removeprefix("every ").partition(",")[0])
    return "" if sign is None else f"{sign}{short(outcome.threshold)}"


def sub_claim(item: Evidence) -> str:
    """Name a sub-claim by its parameters, for example `optimizer=gd`; a dash where there are none."""
    return ", ".join(f"{name}={value}" for name, value in sorted(item.params.items())) or "–"


def held(family: FamilyVerdict) -> str:
    """Count a family's sub-claims by verdict, for example `7 supported, 1 inconclusive`; empty for a single one.

    Of those in which the best GD is no training, and that differ in the learner alone, one is counted: `9 supported
    (of 12; the best GD is no training in 4)`.
    """
    counts = [f"{n} {verdict.value}" for verdict, n in family.counts.items()]
    missing = family.missing - family.counts.get(Verdict.NOT_RUN, 0)
    counts += [f"{missing} not selected"] * (missing > 0)
    fewer = f" (of {len(family.members)}; the best GD is no training in {family.untrained})" * (family.untrained > 1)
    return "" if len(family.members) == 1 and len(counts) == 1 else ", ".join(counts) + fewer


def anchors(names: Iterable[str]) -> dict[str, str]:
    """Return an anchor for each name: letters, digits and hyphens alone, no two alike.

    >>> anchors(["S1", "a b", "a/b"])
    {'S1': 'claim-S1', 'a b': 'claim-a-b', 'a/b': 'claim-a-b-2'}
    """
    out: dict[str, str] = {}
    used: dict[str, int] = {}
    for name in dict.fromkeys(names):
        stem = "claim-" + (re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60] or "x")
        used[stem] = used.get(stem, 0) + 1
        candidate = stem if used[stem] == 1 else f"{stem}-{used[stem]}"
        while candidate in out.values():
            used[stem] += 1
            candidate = f"{stem}-{used[stem]}"
        out[name] = candidate
    return out
