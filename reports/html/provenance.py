"""The header of a report as tables: when, where, with which versions, options and weights."""

from collections.abc import Mapping
from dataclasses import dataclass

from iclgd_core.evidence import Json
from reports.document import Report

FIRST = ("started", "finished", "commit", "dirty", "device", "dtype", "seed", "tier", "workers", "platform", "machine")
NAMES = {
    "dirty": "uncommitted changes",
    "workers": "worker processes (0: serial)",
    "model_sha256": "SHA-256 of the weights",
    "model_commits": "commit of each model of the Hub",
    "computed": "how each model was computed",
    "prompts": "first tokens of a prompt, [id] token",
    "numerics": "arithmetic",
    "versions": "versions",
    "given": "options given",
    "resolved": "options resolved",
}


@dataclass(frozen=True)
class Group:
    """One table: names and values."""

    title: str
    rows: tuple[tuple[str, str], ...]


def provenance(report: Report) -> list[Group]:
    """Return the header in groups: the run itself, then each mapping in it, then whatever else it has."""
    run = dict(report.run)
    options = run.pop("options", None)
    plain = {name: run.pop(name) for name in FIRST if name in run}
    tests = {"tests collected": len(report.evidence), "tests with evidence": report.with_evidence}
    seconds = {"time in tests, s": f"{sum(item.seconds for item in report.evidence):.0f}"}
    groups = [Group("run", _rows(plain | tests | seconds))]
    if isinstance(options, dict):
        groups += [_group(name, value) for name, value in options.items()]
    return groups + [_group(name, value) for name, value in run.items()]


def byline(report: Report) -> str:
    """Return when, at which tier, on what and from which commit, as far as the header says."""
    run = report.run
    commit = run.get("commit")
    parts = [run.get("finished"), f"tier {run['tier']}" if run.get("tier") else None, run.get("device")]
    if commit:
        parts.append(f"commit {str(commit)[:12]}" + (", with uncommitted changes" if run.get("dirty") else ""))
    return " · ".join(["iclgd report", *(_shown(part) for part in parts if part)])


def _group(name: str, value: Json) -> Group:
    rows = value if isinstance(value, dict) else {"": value}
    return Group(NAMES.get(name, name), _rows(rows) or (("", "none"),))


def _rows(values: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    return tuple((NAMES.get(name, name), _shown(value)) for name, value in values.items())


def _shown(value: Json) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none: the built-in set"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(item)}" for name, item in value.items()) or "none"
    return str(value)
