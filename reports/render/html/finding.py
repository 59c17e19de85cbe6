"""A claim on one model and task in a line: its verdict, its sub-claims counted, the effect of the weakest."""

from dataclasses import dataclass

from markupsafe import Markup

from iclgd_core.evidence.overall import FamilyVerdict, Overall

from ..figures.effect_mark import draw_effect
from .words import UNTRAINED, bound, held, needed, sub_claim, with_interval


@dataclass(frozen=True)
class CellFinding:
    """One claim on one model and task.

    Attributes:
        verdict: of the claim there; held: its sub-claims by verdict, where there are several.
        where: model and task, or what of them is not said elsewhere.
        mark: the effect of its weakest sub-claim, drawn; effect, bound: the same as text; all empty without numbers.
        quantity: what the effect is; needed: what the claim says of it, for example `> 0.02`.
        which: that sub-claim; tip: the same with the quantity, or why there are no numbers.
    """

    verdict: Overall
    held: str
    where: str
    mark: Markup | str = ""
    effect: str = ""
    bound: str = ""
    quantity: str = ""
    needed: str = ""
    which: str = ""
    tip: str = ""


def finding(family: FamilyVerdict, where: str) -> CellFinding:
    """Return what was found of a claim on one model and task."""
    item = family.weakest
    outcome = None if item is None else item.outcome
    if item is None or outcome is None:
        return CellFinding(family.verdict, held(family), where, tip=family.reason)
    which = sub_claim(item) + (f" ({UNTRAINED})" if item.untrained else "")
    return CellFinding(
        verdict=family.verdict,
        held=held(family),
        where=where,
        mark=draw_effect(item),
        effect=with_interval(outcome.estimate, outcome.shown_interval),
        bound=bound(outcome),
        quantity=outcome.quantity,
        needed=needed(outcome),
        which=which,
        tip=f"weakest sub-claim: {which}; {outcome.quantity}",
    )
