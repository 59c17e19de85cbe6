"""One line a claim, grouped by paper: statement in a few words, one verdict, the weakest effect with its interval."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from iclgd_core.evidence.in_words import effect
from iclgd_core.evidence.overall import ClaimVerdict, Overall
from iclgd_core.evidence.papers import by_paper
from iclgd_core.evidence.verdict import Verdict

from .plain_text import plain
from .terminal_table import Cells, Column, Layout, fitted, table

STYLES = {
    Overall.SUPPORTED: "green",
    Overall.REFUTED: "blue",
    Overall.MIXED: "magenta",
    Overall.INCONCLUSIVE: "yellow",
    Overall.ERROR: "red",
    Overall.NOT_RUN: "dim",
}
MARK, ID, CLAIM, VERDICT, EFFECT = "", "id", "claim", "verdict", "weakest effect [interval]"
DIGITS = 2
GAP = 1
LEAST = 28
"""Fewest characters of a statement beside its verdict and effect; with less room they go below each other."""

NAMED = (Column((MARK,)), Column((ID,), folds=True))
LAYOUTS: tuple[Layout, ...] = (
    (*NAMED, Column((CLAIM,), folds=True, least=LEAST), Column((VERDICT,)), Column((EFFECT,))),
    (*NAMED, Column((CLAIM, EFFECT), folds=True, least=LEAST), Column((VERDICT,))),
    (*NAMED, Column((CLAIM, VERDICT, EFFECT), folds=True)),
)


def in_order(claims: Sequence[ClaimVerdict]) -> list[ClaimVerdict]:
    """Return the claims by paper, as reports list the papers, and by id."""
    return sorted(claims, key=lambda claim: by_paper(claim.paper, claim.id))


def print_overview(console: Console, claims: Sequence[ClaimVerdict]) -> None:
    """Print the table; `!` marks a claim with a verdict that is not as registered.

    Tests of which nothing but their name is known, as none of theirs began, have no line.
    """
    ordered = [claim for claim in claims if claim.statement]
    cells = [_cells(claim) for claim in ordered]
    layout, wide = fitted(LAYOUTS, cells, console.width, GAP)
    rows, first = iter(cells), True
    for paper, group in groupby(ordered, lambda claim: claim.paper):
        found = list(group)
        console.print(_heading(plain(paper) or "no paper", f"  {_tally(found)}", console.width))
        console.print(table(layout, wide, [next(rows) for _ in found], heads=first, gap=GAP))
        first = False
    if any(_several(claim) for claim in ordered):
        console.print(Text("×n: on n models; mixed k/n: supported on k of n. Else on one model or none.", "dim"))
    if any(family.untrained for claim in ordered for family in claim.families):
        console.print(Text("°k/n: in k of n sub-claims the most favourable GD is no training.", "dim"))


def _cells(claim: ClaimVerdict) -> Cells:
    weakest = claim.weakest
    shown = "" if weakest is None or weakest.outcome is None else effect(weakest.outcome, DIGITS)
    untrained = sum(family.untrained for family in claim.families)
    if untrained:
        ran = sum(item.verdict is not Verdict.NOT_RUN for family in claim.families for item in family.members)
        shown += f" °{untrained}/{ran}"
    return {
        MARK: Text("" if claim.as_expected else "!", style="bold red"),
        ID: Text(plain(claim.id)),
        CLAIM: Text(plain(claim.brief)),
        VERDICT: Text(f"{claim.verdict.value}{_several(claim)}", style=STYLES[claim.verdict]),
        EFFECT: Text(shown),
    }


def _several(claim: ClaimVerdict) -> str:
    """Say on how many models a verdict came out, where there are several: ` ×3`, or ` 2/3` of those of mixed ones."""
    ran = sum(n for verdict, n in claim.models.items() if verdict is not Overall.NOT_RUN)
    if ran < 2:
        return ""
    return f" {claim.models.get(Overall.SUPPORTED, 0)}/{ran}" if claim.verdict is Overall.MIXED else f" ×{ran}"


def _heading(paper: str, tally: str, width: int) -> Text:
    """Return a paper's line, with its verdicts where they fit in it."""
    heading = Text.assemble((paper, "bold"), (tally, "dim"))
    return heading if heading.cell_len <= width else Text(paper, "bold")


def _tally(claims: Sequence[ClaimVerdict]) -> str:
    counts = Counter(claim.verdict for claim in claims)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Overall if counts[verdict])
