"""The claims table: one row for each claim on each model and task."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from iclgd_core.account import subject
from iclgd_core.evidence import Evidence, Verdict
from iclgd_core.overall import weakest
from reports.html.answer import is_control, is_known
from reports.html.words import bound, sub_claim, with_interval
from reports.natural_order import natural
from reports.papers import deviation, paper_rank, paper_value


@dataclass(frozen=True)
class Count:
    """How many sub-claims of a row got one verdict."""

    verdict: Verdict
    n: int


@dataclass(frozen=True)
class Row:
    """One claim on one model and task.

    Attributes:
        id, statement: of the claim; subject: model and task; control: whether the weights learnt nothing.
        known: whether ICL is known to be GD there, so that a claim that it is not must be refuted.
        counts: of each verdict that occurs; unexpected: how many are not as registered.
        effect: of the sub-claim that is nearest to its bound, or furthest on the wrong side; empty without numbers.
        which: that sub-claim; bound: what its effect is held against.
        why: the reason, where there are no numbers.
        cited: what the paper reports for that sub-claim, or for the first for which it does; deviations: why the
            setting differs from the paper's, each once.
    """

    id: str
    statement: str
    subject: str
    control: bool
    known: bool
    counts: tuple[Count, ...]
    unexpected: int
    effect: str
    which: str
    bound: str
    why: str
    cited: str
    deviations: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """The claims of one paper, with how many of its sub-claims got each verdict, controls left out."""

    paper: str
    counts: tuple[Count, ...]
    rows: tuple[Row, ...]


def chapters(evidence: Sequence[Evidence]) -> list[Chapter]:
    """Return the rows by paper, in the order of `reports.papers`."""
    ordered = sorted(evidence, key=lambda item: paper_rank(item.paper))
    groups = [(paper, list(group)) for paper, group in groupby(ordered, lambda item: item.paper)]
    return [
        Chapter(paper, _counts([i for i in items if not is_control(i) and not is_known(i)]), tuple(rows(items)))
        for paper, items in groups
    ]


def rows(evidence: Sequence[Evidence]) -> list[Row]:
    """Return the rows by claim; within it models under test first, then those on which ICL is GD, then controls."""
    ordered = sorted(evidence, key=lambda item: (natural(item.id), is_control(item), is_known(item), item.key))
    return [_row(list(group)) for _, group in groupby(ordered, lambda item: item.family)]


def _counts(items: Sequence[Evidence]) -> tuple[Count, ...]:
    counts = Counter(item.verdict or Verdict.ERROR for item in items)
    return tuple(Count(verdict, counts[verdict]) for verdict in Verdict if counts[verdict])


def _row(items: Sequence[Evidence]) -> Row:
    telling = weakest(items)
    outcome = None if telling is None else telling.outcome
    return Row(
        id=items[0].id,
        statement=items[0].statement,
        subject=subject(items[0]),
        control=is_control(items[0]),
        known=is_known(items[0]),
        counts=_counts(items),
        unexpected=sum(item.verdict is not item.expected for item in items),
        effect="" if outcome is None else with_interval(outcome.estimate, outcome.shown_interval),
        which="" if telling is None else sub_claim(telling),
        bound="" if outcome is None else bound(outcome),
        why=next((item.reason for item in items if item.reason), "") if outcome is None else "",
        cited=next(filter(None, map(paper_value, [*([telling] if telling else []), *items])), ""),
        deviations=tuple(dict.fromkeys(filter(None, map(deviation, items)))),
    )
