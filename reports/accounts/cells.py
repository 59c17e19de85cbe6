"""Closures as the studies recorded them, one for each account, model, task and agreement; and where there is no ICL."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence

NO_ICL = "no ICL"
"""How the reason of a verdict begins where a model failed the precondition (`iclgd_core.lab.precondition`)."""

Key = tuple[str, str, str, str]
Place = tuple[str, str]
"""Model and task."""

TEXTS = ("account", "model", "task", "agreement")


@dataclass(frozen=True)
class Cell:
    """One closure.

    Attributes:
        account: the learner; model, task: on what; agreement: the metric, or "npd" in regression.
        value: the closure, 0 for doing nothing, 1 for ICL itself; None if undefined.
        low, high: its 95% interval; None where there is none.
        n: number of episodes.
        undefined: why there is no value.
        claim: which claim measured it.
    """

    account: str
    model: str
    task: str
    agreement: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    undefined: str
    claim: str

    @property
    def key(self) -> Key:
        """What it is the closure of."""
        return self.account, self.model, self.task, self.agreement


def cells_of(evidence: Iterable[Evidence]) -> dict[Key, Cell]:
    """Return the recorded closures; of several of one key that of most episodes, then of the first claim by id.

    What is no closure record (`iclgd_core.studies.accounts.closure_record`) is passed over: details are free.
    """
    best: dict[Key, tuple[tuple[object, ...], Cell]] = {}
    for item in evidence:
        for cell in _recorded(item):
            rank = (-cell.n, natural(item.id), sorted(item.params.items()), item.model, item.task)
            if cell.key not in best or rank < best[cell.key][0]:
                best[cell.key] = rank, cell
    return {key: cell for key, (_, cell) in best.items()}


def without_icl(evidence: Iterable[Evidence]) -> dict[Place, str]:
    """Return the models and tasks on which the precondition failed, each with the reason."""
    found: dict[Place, str] = {}
    for item in evidence:
        if item.outcome is None and item.reason.startswith(NO_ICL):
            found.setdefault((item.model, item.task), item.reason)
        left_out = item.details.get("left_out")
        for model, why in left_out.items() if isinstance(left_out, dict) else ():
            if isinstance(why, str) and why.startswith(NO_ICL):
                found.setdefault((model, item.task), why)
    return found


def _recorded(item: Evidence) -> Iterator[Cell]:
    records = item.details.get("closures")
    for record in records if isinstance(records, list | tuple) else ():
        if isinstance(record, Mapping) and all(isinstance(record.get(name), str) for name in TEXTS):
            account, model, task, agreement = (str(record[name]) for name in TEXTS)
            value, low, high = (_number(record.get(name)) for name in ("value", "low", "high"))
            n, why = record.get("n"), record.get("undefined")
            undefined = why if isinstance(why, str) else ""
            if value is None and not undefined:
                undefined = "no reason was recorded"
            if value is None or low is None or high is None:
                low = high = None
            count = max(0, n) if isinstance(n, int) and not isinstance(n, bool) else 0
            yield Cell(account, model, task, agreement, value, low, high, count, undefined, item.id)


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None
