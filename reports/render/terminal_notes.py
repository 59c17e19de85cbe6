"""What stands below the table of claims: what is not registered so, why verdicts are open, what controls came to."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from iclgd_core.evidence.in_words import effect, subject
from iclgd_core.evidence.model_kinds import is_control, is_known_gd
from iclgd_core.evidence.overall import ClaimVerdict
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from .headline import DECIDING, many, where_known, without_icl
from .plain_text import plain
from .reasons import ReasonKind, by_kind, ids, kind_of_reason, units_to_settle, who

STYLES = {Verdict.REFUTED: "blue", Verdict.INCONCLUSIVE: "yellow", Verdict.ERROR: "red", Verdict.NOT_RUN: "dim"}


def notes(evidence: Sequence[Evidence], claims: Sequence[ClaimVerdict]) -> list[Text]:
    """Return the lines of all of it."""
    return [*unregistered(evidence), *_not_run(evidence), *_open(evidence), *_controls(evidence, claims)]


def unregistered(evidence: Iterable[Evidence]) -> list[Text]:
    """Return a line for the verdicts that are not as registered of each claim on each subject, or of each reason."""
    groups: dict[object, list[Evidence]] = {}
    for item in evidence:
        if item.verdict is not item.expected:
            by_numbers = not item.reason or units_to_settle(item) is not None
            of = (item.id, subject(item)) if by_numbers else (kind_of_reason(item), item.model)
            groups.setdefault((item.verdict, item.expected, *of), []).append(item)
    return [_unregistered(items) for items in groups.values()]


def _unregistered(items: Sequence[Evidence]) -> Text:
    verdict = items[0].verdict or Verdict.ERROR
    why = "; ".join(kind.name for kind in by_kind(items) if kind.name)
    if len(items) == 1:
        outcome = items[0].outcome
        why = ", ".join(filter(None, ["" if outcome is None else effect(outcome), items[0].reason]))
    return Text.assemble(
        ("! ", "bold red"),
        plain(f"{who(items)}: "),
        (verdict.value, STYLES.get(verdict, "")),
        plain(f" (expected {items[0].expected.value}){f': {why}' if why else ''}"),
    )


def _not_run(evidence: Sequence[Evidence]) -> list[Text]:
    left_out = [item for item in evidence if item.verdict is item.expected is Verdict.NOT_RUN]
    return [Text(plain(f"not run: {who(kind.items)}: {kind.name}")) for kind in by_kind(left_out)]


def _open(evidence: Sequence[Evidence]) -> list[Text]:
    """Spell out why verdicts are open on models under test."""
    here = [item for item in evidence if not is_control(item.model) and not is_known_gd(item.model)]
    return [Text(plain(f"inconclusive: {_spelled(kind)}")) for kind in by_kind(_undecided(here))]


def _undecided(items: Iterable[Evidence]) -> list[Evidence]:
    return [item for item in items if item.verdict is Verdict.INCONCLUSIVE]


def _spelled(kind: ReasonKind) -> str:
    """Return a kind with its claims; where more units would do, with how many would settle all, and how many are."""
    if any(units_to_settle(item) is None for item in kind.items):
        return f"{kind.name}: {who(kind.items)}"
    found = []
    for id in dict.fromkeys(item.id for item in kind.items):
        mine = [item for item in kind.items if item.id == id]
        needed = max(units_to_settle(item) or 0 for item in mine)
        now = min(item.outcome.n for item in mine if item.outcome is not None)
        found.append(f"{id} {needed}/{now}")
    return f"{kind.name} ({many(len(kind.items), 'sub-claim')}; needed for all / now): {', '.join(found)}"


def _controls(evidence: Sequence[Evidence], claims: Sequence[ClaimVerdict]) -> list[Text]:
    """Say what came out where the answer is known beforehand; the reasons of open verdicts there are counted."""
    known = where_known([claim for claim in claims if claim.id in DECIDING], named=True)
    blank = without_icl(evidence)
    held = [item for item in evidence if is_control(item.model) and item.verdict is item.expected is Verdict.SUPPORTED]
    blank += f"; {ids(held)} need none" if held else ""
    kinds = by_kind(_undecided(item for item in evidence if is_control(item.model) or is_known_gd(item.model)))
    counts = ", ".join(f"{len(kind.items)} {kind_of_reason(kind.items[0])}" for kind in kinds)
    lines = [known.removeprefix("controls: "), blank, f"inconclusive on these: {counts}" if counts else ""]
    return [Text(plain(f"controls: {line}")) for line in lines if line]
