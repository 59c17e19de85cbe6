"""The sentence under the table: what its numbers say, by rules alone."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.evidence.model_kinds import Kind, kind_of

from .table import ENDS, AccountColumn, AccountsPanel, Adjudication, State, TableCell
from .words import agreement_text, closure_text, interval_text

GD = "gd"
PRIMARY_OCS, OTHER_OCS = "ocs-bounded", "ocs-additive"
UNDER_TEST = (Kind.EMBEDDED, Kind.OWN)
KNOWN = (
    (Kind.CONSTRUCTED, "constructed to do GD"),
    (Kind.ICL_OBJECTIVE, "trained on the ICL objective"),
)

WAY = " of the way from zero-shot to ICL"


class Leader(NamedTuple):
    """A model, the account that comes nearest there ("" for none), and whether it is beyond all others' intervals."""

    column: AccountColumn
    account: str
    entry: TableCell | None
    apart: bool


def sentence(table: Adjudication) -> str:
    """Return one sentence that follows from the table's numbers.

    Of the language models: which account comes nearest to ICL, on how many of them, and how far full-batch GD goes
    (the additive overlap cosine apart, where the bounded one was measured).
    An account is nearest on a model if its closure is the largest, of those whose 95% interval lies above 0. Of models
    on which ICL is known to be GD, or near it: the same. Of controls: whether there is ICL to account for.
    """
    if not table.panels:
        parts = ["no account was held against ICL in this run"]
    else:
        parts = [_under_test(table.panels), *(_known(table.panels[0], kind, words) for kind, words in KNOWN)]
        parts += [_undefined(table.panels[0])]
    parts += [_controls(table)]
    first, way, rest = "; ".join(part for part in parts if part).partition(WAY)
    text = first + way + rest.replace(WAY, "")
    return f"{text[0].upper()}{text[1:]}."


def brief(table: Adjudication) -> str:
    """Return how far full-batch GD goes on models under test, and which account comes nearest by each agreement.

    It is `sentence` of models under test alone, without closures; empty where none was measured on these.
    """
    found = _under_test_by_agreement(table.panels)
    if not found:
        return ""
    parts: list[str] = []
    for name, leaders in found.items():
        (account, n), *_ = Counter(leader.account for leader in leaders).most_common()
        of = f"{n} of {len(leaders)}" if parts else f"{n} of {_places_of(leaders, 'model')}"
        parts.append(f"{_in_words(account) if account else 'none'} by {agreement_text(name)} ({of})")
    gd = _gd([pair for panel in table.panels for pair in panel.cells(GD, UNDER_TEST)])
    return f"on models under test {gd}; nearest to ICL is {', '.join(parts)}."


def _under_test(panels: Sequence[AccountsPanel]) -> str:
    """Say who comes nearest on language models, by each agreement, and how far GD goes over all of them."""
    found = _under_test_by_agreement(panels)
    if not found:
        return ""
    first, *others = found
    alike = [name for name in others if _agree(found[first], found[name])]
    likewise = f", likewise by {_listed([agreement_text(name) for name in alike])}" if alike else ""
    said = [f"by {agreement_text(first)}, {_tally(found[first], 'language model')}{likewise}"]
    said += [
        f"by {agreement_text(name)}, {_tally(found[name], 'language model')}" for name in others if name not in alike
    ]
    over = ", over all agreements" if others else ""
    return "; ".join(
        [*said, f"{_gd([pair for panel in panels for pair in panel.cells(GD, UNDER_TEST)])} on these{over}"]
    )


def _under_test_by_agreement(panels: Sequence[AccountsPanel]) -> dict[str, list[Leader]]:
    """Return who comes nearest on each model under test, by agreement."""
    found: dict[str, list[Leader]] = {}
    measured = {column.agreement for panel in panels for column in panel.columns}
    for panel in panels:
        names = dict.fromkeys(column.agreement for column in panel.columns)
        if PRIMARY_OCS in measured:  # of the two readings of one metric the sentence has the one that verdicts stand on
            names.pop(OTHER_OCS, None)
        for name in names:
            leaders = _leaders(panel, UNDER_TEST, name)
            found |= {name: leaders} if leaders else {}
    return found


def _known(panel: AccountsPanel, kind: Kind, words: str) -> str:
    """Say how far GD goes on models on which the answer is known, and who comes nearest where that is not GD."""
    names = dict.fromkeys(column.agreement for column in panel.columns)
    leaders = [leader for name in names for leader in _leaders(panel, (kind,), name)]
    if not leaders:
        return ""
    gd = {(c.model, c.task): entry for c, entry in panel.cells(GD, (kind,)) if entry.state is State.MEASURED}
    further = [leader for leader in leaders if _is_beyond(leader, gd.get((leader.column.model, leader.column.task)))]
    nearest = f", and {_tally(further, 'such model')}" if further and gd else ""
    return f"on {_places_of(leaders, 'model')} {words}, {_gd(panel.cells(GD, (kind,)))}{nearest}"


def _is_beyond(leader: Leader, gd: TableCell | None) -> bool:
    """Return whether GD's interval does not reach the account that comes nearest."""
    value = None if leader.entry is None else leader.entry.value
    return leader.account != GD and value is not None and (gd is None or _top(gd) < value)


def _gd(pairs: Sequence[tuple[AccountColumn, TableCell]]) -> str:
    """Say how far full-batch GD goes, over these cells."""
    values = [entry for _, entry in pairs if entry.state is State.MEASURED]
    return f"full-batch GD goes {_range(values)}{WAY}" if values else "full-batch GD was not measured"


def _leaders(panel: AccountsPanel, kinds: Sequence[Kind], agreement: str) -> list[Leader]:
    """Return who comes nearest on each model of these kinds on which the closure of a learner is defined."""
    found = []
    for i, column in enumerate(panel.columns):
        entries = [(row.account, row.entries[i]) for row in panel.rows if row.account not in ENDS]
        measured = [(name, entry) for name, entry in entries if entry.state is State.MEASURED]
        if column.kind not in kinds or column.agreement != agreement or not measured:
            continue
        above = [(name, entry) for name, entry in measured if entry.low is not None and entry.low > 0.0]
        name, best = max(above, key=lambda pair: (pair[1].value or 0.0, pair[0]), default=("", None))
        rivals = [_top(entry) for other, entry in measured if other != name]
        apart = best is not None and bool(rivals) and (best.low or 0.0) > max(rivals)
        found.append(Leader(column, name, best, apart))
    return found


def _top(entry: TableCell) -> float:
    return max(x for x in (entry.value, entry.high) if x is not None)


def _agree(found: Sequence[Leader], others: Sequence[Leader]) -> bool:
    """Return whether the same account comes nearest wherever both agreements are defined."""
    names = {(leader.column.model, leader.column.task): leader.account for leader in found}
    pairs = [(names.get((other.column.model, other.column.task)), other.account) for other in others]
    both = [one == other for one, other in pairs if one is not None]
    return bool(both) and all(both)


def _tally(found: Sequence[Leader], noun: str) -> str:
    """Say which account comes nearest on how many models, with the closures there."""
    counts = Counter(leader.account for leader in found)
    places = _places_of(found, noun)
    parts: list[str] = []
    for name, k in sorted(counts.items(), key=lambda pair: (pair[0] == "", -pair[1], pair[0])):
        where = f"on {places}" if k == len(found) else f"on {k}" if parts else f"on {k} of {places}"
        mine = [leader for leader in found if leader.account == name]
        entries = [leader.entry for leader in mine if leader.entry is not None]
        clear = sum(leader.apart for leader in mine)
        beyond = "" if not clear else ", beyond every other's interval" + ("" if clear == k else f" on {clear}")
        nearest = f"{_in_words(name)} comes nearest to ICL {where} (closure {_range(entries)}{beyond})"
        parts.append(nearest if name else f"no account is shown to be nearer to ICL than zero-shot {where}")
    return _listed(parts)


def _in_words(account: str) -> str:
    """Return an account's label so that it ends where it ends: what follows a comma stands in brackets."""
    head, comma, rest = ACCOUNTS.get(account, account).partition(", ")
    return f"{head} ({rest})" if comma and "(" not in rest else head + comma + rest


def _undefined(panel: AccountsPanel) -> str:
    """Count the models under test, or known, on which no closure is defined."""
    places = []
    for i, column in enumerate(panel.columns):
        states = {row.entries[i].state for row in panel.rows if row.account not in ENDS}
        if column.kind is not Kind.CONTROL and State.UNDEFINED in states and State.MEASURED not in states:
            places.append((column.model, column.task))
    return f"on {_places(places, 'model')} no closure is defined" if places else ""


def _controls(table: Adjudication) -> str:
    """Say whether controls, and models under test, show ICL at all."""
    columns = [column for panel in table.panels[:1] for column in panel.columns]
    empty = [place for place in table.no_icl if kind_of(place[0]) is Kind.CONTROL]
    missing = [place for place in table.no_icl if kind_of(place[0]) is not Kind.CONTROL]
    odd = [(c.model, c.task) for c in columns if c.kind is Kind.CONTROL and (c.model, c.task) not in table.no_icl]
    parts = [f"on {_places(empty, 'control')} there is no ICL to account for"] * bool(empty)
    parts += [f"on {_places(odd, 'control')} a learner was held against ICL all the same"] * bool(odd)
    return "; ".join(parts + [f"on {_places(missing, 'model')} under test there is no ICL"] * bool(missing))


def _range(entries: Sequence[TableCell]) -> str:
    """Return one closure with its interval, or the least and the largest of several; empty where there is none."""
    values = sorted(entry.value for entry in entries if entry.value is not None)
    if not values:
        return ""
    if len(entries) == 1:
        return f"{closure_text(values[0])} {interval_text(entries[0])}".rstrip()
    low, high = closure_text(values[0]), closure_text(values[-1])
    return low if low == high else f"{low} to {high}"


def _places(places: Sequence[tuple[str, str]], noun: str) -> str:
    """Count models, or pairs of model and task where a model has several."""
    models, n = {model for model, _ in places}, len(places)
    if len(models) == n:
        return f"{n} {noun}{'' if n == 1 else 's'}"
    return f"{n} pairs of {noun} and task"


def _places_of(leaders: Sequence[Leader], noun: str) -> str:
    return _places([(leader.column.model, leader.column.task) for leader in leaders], noun)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
