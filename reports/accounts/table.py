"""The adjudication table: rows are accounts, columns are models and tasks, cells are closures or why there is none."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.evidence.model_kinds import Kind, kind_of
from iclgd_core.evidence.record import Evidence

from .cells import Cell, Key, Place, cells_of, without_icl

ENDS = {"zero-shot": 0.0, "icl-other-order": 1.0}
"""Accounts whose closure is what it is by definition, wherever floor and ceiling differ."""

AGREEMENTS = {
    "token-overlap": "Token Overlap",
    "ocs-bounded": "bounded overlap cosine",
    "ocs-additive": "additive overlap cosine",
    "jensen-shannon": "Jensen-Shannon",
    "npd": "prediction distance",
}
"""By name, each with a label; the first of a model's is the one by which the opening table shows it."""

SIZE = re.compile(r"-(\d{1,9}(?:\.\d{1,3})?)([kmb])(?=[-@]|\Z)", re.ASCII)
STEP = re.compile(r"@(\d{1,12})\Z", re.ASCII)
UNITS = {"k": 1e3, "m": 1e6, "b": 1e9}


class State(StrEnum):
    """What stands in a cell."""

    MEASURED = "measured"
    DEFINITION = "by definition"
    UNDEFINED = "undefined"
    NO_ICL = "no ICL"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class AccountColumn:
    """A model on a task, by one agreement; agreement is "" where nothing was measured for lack of ICL."""

    model: str
    task: str
    kind: Kind
    agreement: str


@dataclass(frozen=True)
class TableCell:
    """What stands in one cell.

    Attributes:
        state: whether it is a closure.
        value, low, high: the closure and its 95% interval; None where there is none.
        n, claim: number of episodes, and which claim measured it; 0 and "" where nothing did.
        why: the reason, where there is no closure.
    """

    state: State
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    claim: str = ""
    why: str = ""


@dataclass(frozen=True)
class AccountRow:
    """One account, a cell for each column."""

    account: str
    label: str
    entries: tuple[TableCell, ...]


@dataclass(frozen=True)
class AccountsPanel:
    """One table; `agreement` is "" for the opening one, which has each model by the first of its agreements."""

    agreement: str
    columns: tuple[AccountColumn, ...]
    rows: tuple[AccountRow, ...]

    def cells(self, account: str, kinds: Iterable[Kind]) -> list[tuple[AccountColumn, TableCell]]:
        """Return the cells of an account on the models of some kinds."""
        row = next((row for row in self.rows if row.account == account), None)
        pairs = [] if row is None else list(zip(self.columns, row.entries, strict=True))
        return [(column, entry) for column, entry in pairs if column.kind in tuple(kinds)]


@dataclass(frozen=True)
class Adjudication:
    """All of it.

    Attributes:
        panels: the opening table, then one for each further agreement; none where no closure was recorded.
        no_icl: models and tasks that show no ICL, each with the reason.
        left_out: labels of the accounts that were measured on no model of this run.
    """

    panels: tuple[AccountsPanel, ...]
    no_icl: Mapping[Place, str]
    left_out: tuple[str, ...]


def adjudication_of(evidence: Sequence[Evidence]) -> Adjudication:
    """Return the table of a run; the same evidence in any order gives the same table."""
    cells, no_icl = cells_of(evidence), without_icl(evidence)
    by_place: dict[Place, set[str]] = {}
    for _, model, task, agreement in cells:
        by_place.setdefault((model, task), set()).add(agreement)
    opening, further = [], []
    for place in {**by_place, **no_icl}:
        names = sorted(by_place.get(place, {""}), key=_agreement_rank)
        made = [AccountColumn(*place, kind_of(place[0]), name) for name in names]
        opening.append(made[0])
        further += made[1:]
    accounts = _in_order({account for account, *_ in cells})
    panels = [_panel("", opening, cells, no_icl, accounts)] if cells else []
    for name in sorted({column.agreement for column in further}, key=_agreement_rank):
        panels.append(_panel(name, [c for c in further if c.agreement == name], cells, no_icl, accounts))
    left_out = tuple(label for account, label in ACCOUNTS.items() if account not in {*accounts, *ENDS})
    return Adjudication(tuple(panels), dict(sorted(no_icl.items())), left_out if cells else ())


def _panel(
    agreement: str,
    columns: Sequence[AccountColumn],
    cells: Mapping[Key, Cell],
    no_icl: Mapping[Place, str],
    accounts: Sequence[str],
) -> AccountsPanel:
    ordered = sorted(columns, key=_column_rank)
    here = [a for a in accounts if any((a, c.model, c.task, c.agreement) in cells for c in ordered)]
    defined = {
        (cell.model, cell.task, cell.agreement) for cell in cells.values() if cell.value is not None
    }  # floor and ceiling differ there
    rows = []
    for account in _in_order({*here, *(ENDS if defined else ())}):
        entries = tuple(_entry(account, column, cells, no_icl, defined) for column in ordered)
        rows.append(AccountRow(account, ACCOUNTS.get(account, account), entries))
    return AccountsPanel(agreement, tuple(ordered), tuple(rows))


def _entry(
    account: str,
    column: AccountColumn,
    cells: Mapping[Key, Cell],
    no_icl: Mapping[Place, str],
    defined: set[tuple[str, str, str]],
) -> TableCell:
    cell = cells.get((account, column.model, column.task, column.agreement))
    if account in ENDS and (column.model, column.task, column.agreement) in defined:
        return TableCell(State.DEFINITION, ENDS[account])
    if cell is not None and cell.value is not None:
        return TableCell(State.MEASURED, cell.value, cell.low, cell.high, cell.n, cell.claim)
    if cell is None and account in ENDS:
        cell = next((c for c in cells.values() if c.key[1:] == (column.model, column.task, column.agreement)), None)
    if cell is not None:
        return TableCell(State.UNDEFINED, n=cell.n, claim=cell.claim, why=cell.undefined)
    why = no_icl.get((column.model, column.task), "")
    return TableCell(State.NO_ICL, why=why) if why else TableCell(State.NOT_MEASURED)


def _in_order(accounts: Iterable[str]) -> list[str]:
    """Return accounts as ACCOUNTS has them, others by name before the last, which is ICL itself."""
    known = list(ACCOUNTS)
    return sorted(accounts, key=lambda name: (known.index(name) if name in known else len(known) - 1.5, name))


def _agreement_rank(name: str) -> tuple[int, str]:
    known = list(AGREEMENTS)
    return (known.index(name) if name in known else len(known)), name


def _column_rank(column: AccountColumn) -> tuple[object, ...]:
    size, step = SIZE.search(column.model), STEP.search(column.model)
    weights = float(size[1]) * UNITS[size[2]] if size else 0.0
    return (
        list(Kind).index(column.kind),
        weights,
        column.model.partition("@")[0],
        int(step[1]) if step else 10**12,
        [
            int(part) if part.isascii() and part.isdigit() else -1
            for part in re.findall(r"[0-9]{1,18}|[^0-9]+", column.task)
        ],
        column.task,
        column.model,
    )
