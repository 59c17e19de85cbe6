"""Registering the verdicts of a report: what would change, what stands against it, the files that result."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclgd_core.evidence.expectations import (
    Expectations,
    Key,
    RegisteredVerdict,
    default_verdict,
    expectation_key,
    text_of,
)
from iclgd_core.evidence.model_kinds import Kind, kind_of, names_in
from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..collect.header import resolved_names
from .partial import unfinished
from .report import Report, ReportError

FALLBACK = "accepted.json"
FULL, QUICK = "full", "quick"
LIMITED = ","
"""Stands in the name of a tier before its limits: `quick,episodes=12`."""
REGISTERED = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE)
"""Verdicts that can be registered from a report: the others say that nothing was found."""


@dataclass(frozen=True)
class Proposal:
    """What accepting a report would change.

    Attributes:
        added: entries that stand nowhere yet.
        changed: entries with another verdict, old and new.
        dropped: entries that would say what is expected anyway.
        left_out: sub-claims without a verdict to register.
        papers: the paper of each new entry, by its key; a new one goes to that paper's file if there is one.
        own: names of models and tasks in new entries that the user gave, for the file to list.
    """

    added: tuple[RegisteredVerdict, ...]
    changed: tuple[tuple[RegisteredVerdict, RegisteredVerdict], ...]
    dropped: tuple[RegisteredVerdict, ...]
    left_out: tuple[Evidence, ...]
    papers: Mapping[Key, str]
    own: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.changed or self.dropped)

    @property
    def needs_why(self) -> bool:
        """Whether an entry is new or changed, and so needs a reason."""
        return bool(self.added or self.changed)


def propose(report: Report, registered: Expectations, why: str) -> Proposal:
    """Return what the verdicts of a report change among the registered ones; those of other models or tiers stay.

    A verdict that is the default needs no entry. An entry whose verdict is unchanged keeps its reason.

    Raises:
        ReportError: the run had fewer episodes or queries than its tier.
    """
    if LIMITED in _tier(report):
        raise ReportError(
            f"the report is of a run with limits, {_tier(report)!r}, and verdicts are registered of whole tiers alone. "
            "Run it again without --iclgd-episodes and --iclgd-queries."
        )
    added, changed, dropped, left_out = [], [], [], []
    papers: dict[Key, str] = {}
    for item in report.evidence:
        if item.verdict not in REGISTERED:
            left_out.append(item)
            continue
        key = _key(item, _tier(report))
        new = RegisteredVerdict(key[0], key[1], key[2], key[3], key[4], item.verdict, why)
        old = registered.entries.get(key)
        if item.verdict is default_verdict(item.model):
            dropped += [] if old is None else [old]
        elif old is None:
            added.append(new)
            papers[key] = item.paper
        elif old.verdict is not item.verdict:
            changed.append((old, new))
    return Proposal(tuple(added), tuple(changed), tuple(dropped), tuple(left_out), papers, _own(added, report))


def _own(added: Sequence[RegisteredVerdict], report: Report) -> frozenset[str]:
    """Return the names in new entries that no other run need know: models of the user's, tasks of a file or class."""
    tasks = resolved_names(report.run, "tasks")
    of_tasks = {entry.task for entry in added} - set(tasks) if any(_is_file(task) for task in tasks) else set()
    of_models = {name for entry in added for name in names_in(entry.model) if kind_of(name) is Kind.OWN}
    return frozenset(of_models | (of_tasks - {""}))


def _is_file(task: str) -> bool:
    return task.endswith(".toml") or ":" in task


def obstacles(report: Report, registered: Expectations, in_checkout: bool) -> dict[str, str]:
    """Return what stands against accepting a report, by the option that overrules it.

    `in_checkout`: whether the registered verdicts lie in a git checkout, where it must be known which commit ran.
    """
    found: dict[str, str] = {}
    run = report.run
    if run.get("dirty") or (run.get("dirty") is None and (in_checkout or run.get("commit") is not None)):
        state = "files differed from the commit" if run.get("dirty") else "it is not known which commit ran"
        found["--force-dirty"] = f"the run was dirty: {state}"
    if partial := unfinished(report):
        found["--force-partial"] = f"the run was partial: {'; '.join(partial)}"
    if _tier(report) == QUICK:
        keys = {_key(item, FULL) for item in report.evidence}
        full = sorted({entry.id for key, entry in registered.entries.items() if key in keys}, key=natural)
        if full:
            found["--force-tier"] = f"the run was of tier quick, and tier full is registered for {', '.join(full)}"
    return found


def files_after(proposal: Proposal, registered: Expectations, directory: Path) -> dict[Path, str]:
    """Return the content of each file that changes, entries in their old order and new ones after them."""
    files: dict[Path, list[RegisteredVerdict]] = {path: list(entries) for path, entries in registered.files.items()}
    touched: set[Path] = set()
    news = {old.key: new for old, new in proposal.changed}
    gone = {entry.key for entry in proposal.dropped}
    for path, entries in files.items():
        if any(entry.key in news or entry.key in gone for entry in entries):
            touched.add(path)
            entries[:] = [news.get(entry.key, entry) for entry in entries if entry.key not in gone]
    own = {path: set(names) for path, names in registered.own.items()}
    for entry in proposal.added:
        path = _home(entry, proposal.papers[entry.key], registered, directory)
        files.setdefault(path, []).append(entry)
        own.setdefault(path, set()).update(proposal.own & {*names_in(entry.model), entry.task})
        touched.add(path)
    return {path: text_of(files[path], own.get(path, ())) for path in sorted(touched)}


def _home(entry: RegisteredVerdict, paper: str, registered: Expectations, directory: Path) -> Path:
    """Return the file for a new entry: where its claim stands already, else that of the paper, else `accepted.json`."""
    for path, entries in registered.files.items():
        if any(other.id == entry.id for other in entries):
            return path
    first = re.match(r"[A-Za-z]+", paper)
    own = directory / f"{first[0].lower()}.json" if first else None
    return own if own in registered.files and own is not None else directory / FALLBACK


def _tier(report: Report) -> str:
    return str(report.run.get("tier", ""))


def _key(item: Evidence, tier: str) -> Key:
    return expectation_key(item.id, item.model, item.task, item.params, tier)


def words(proposal: Proposal) -> Sequence[str]:
    """Return the difference, a line each."""
    lines = [f"+ {_name(entry)}: {entry.verdict.value}" for entry in proposal.added]
    lines += [f"~ {_name(old)}: {old.verdict.value} to {new.verdict.value}" for old, new in proposal.changed]
    lines += [
        f"- {_name(entry)}: {entry.verdict.value}; it is {default_verdict(entry.model).value} now, which is the default"
        for entry in proposal.dropped
    ]
    if proposal.left_out:
        lines.append(f"  {len(proposal.left_out)} without a verdict are left as they are registered")
    return lines


def _name(entry: RegisteredVerdict) -> str:
    params = ", ".join(f"{name}={value}" for name, value in entry.params)
    on = ", ".join(part for part in (entry.model, entry.task, entry.tier) if part)
    return f"{entry.id}{f' [{params}]' if params else ''} on {on}"
