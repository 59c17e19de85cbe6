"""The first screen's matrix: the paper's claims by the models under test, a verdict and an effect in each cell."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.overall import ClaimVerdict, FamilyVerdict, Overall, claim_verdicts
from iclgd_core.evidence.record import Evidence

from ..headline import listed, over_the_run, tested
from ..papers import says_no
from .finding import CellFinding, finding

ELSEWHERE = "another model, or a set"
"""Head of the column of claims that have a model, or a set of models, for themselves."""

MOST_ROWS = 16
"""Claims of one matrix; the others stand in the index."""


@dataclass(frozen=True)
class ClaimRow:
    """One claim: its verdict over the models under test, then a cell a column; `why` says of an empty cell why."""

    id: str
    brief: str
    verdict: Overall
    cells: tuple[tuple[CellFinding, ...], ...]
    why: str


@dataclass(frozen=True)
class Matrix:
    """All of it.

    Attributes:
        heads: (model, task) of each column; the task is "" where its claims have several.
        rows: the claims; more: how many are left to the index.
        over_the_run: which claims one correction for the whole run would change; empty where none.
    """

    heads: tuple[tuple[str, str], ...]
    rows: tuple[ClaimRow, ...]
    more: int
    over_the_run: str


def matrix(evidence: Sequence[Evidence]) -> Matrix:
    """Return the matrix of the claims that ICL is not GD on models under test; of all claims where none is one."""
    claims = sorted(claim_verdicts(evidence), key=lambda claim: natural(claim.id))
    chosen = [claim for claim in claims if says_no(claim.paper) and tested(claim)] or claims
    rows = chosen[:MOST_ROWS]
    placed = {claim.id: [family for family in claim.families if _is_placed(family)] for claim in rows}
    on = Counter(model for families in placed.values() for model in dict.fromkeys(one.model for one in families))
    shared = [model for model in on if model and on[model] > 1] or [model for model in on if model]
    heads = {model: _head(model, list(placed.values())) for model in shared}
    if any(family.model not in heads for families in placed.values() for family in families):
        heads[ELSEWHERE] = (ELSEWHERE, "")
    return Matrix(
        heads=tuple(heads.values()),
        rows=tuple(_row(claim, placed[claim.id], heads) for claim in rows),
        more=len(chosen) - len(rows),
        over_the_run=over_the_run(evidence),
    )


def _is_placed(family: FamilyVerdict) -> bool:
    """Whether it is known where it ran, or would have: a test that was never reached has no model."""
    return bool(family.model) or family.verdict is not Overall.NOT_RUN


def _head(model: str, found: Sequence[Sequence[FamilyVerdict]]) -> tuple[str, str]:
    tasks = {family.task for families in found for family in families if family.model == model and family.task}
    return model, tasks.pop() if len(tasks) == 1 else ""


def _row(claim: ClaimVerdict, families: Sequence[FamilyVerdict], heads: dict[str, tuple[str, str]]) -> ClaimRow:
    cells: dict[str, list[CellFinding]] = {model: [] for model in heads}
    for family in families:
        column = family.model if family.model in heads else ELSEWHERE
        cells[column].append(finding(family, _where(family, heads[column])))
    elsewhere = list(dict.fromkeys(family.model for family in families if family.model))
    reasons = dict.fromkeys(family.reason for family in claim.families if not _is_placed(family) and family.reason)
    why = next(iter(reasons), "") or (f"measured on {listed(elsewhere)}" if elsewhere else "")
    return ClaimRow(
        claim.id, claim.brief, claim.verdict, tuple(map(tuple, cells.values())), f"not run here: {why}".rstrip(": ")
    )


def _where(family: FamilyVerdict, head: tuple[str, str]) -> str:
    """Return model and task, as far as the head of the column does not say them."""
    if head[0] == ELSEWHERE:
        return subject(family.members[0]) or "no model in particular"
    return "" if head[1] else family.task
