"""The header of a report as tables: when, where, with which versions, options and weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from iclgd_core.evidence.plain import Json

from ...document.report import Report

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
    "tasks": "what was fixed about each task",
}
BUILT_IN = ("models", "tasks")
"""Options resolved whose empty list stands for the built-in set."""


@dataclass(frozen=True)
class FactTable:
    """One table: names and values."""

    title: str
    rows: tuple[tuple[str, str], ...]


def provenance(report: Report) -> list[FactTable]:
    """Return the header in groups: the run itself, then each mapping in it, then whatever else it has."""
    run = dict(report.run)
    options = run.pop("options", None)
    plain = {name: run.pop(name) for name in FIRST if name in run}
    tests = {"tests collected": len(report.evidence), "tests with evidence": report.with_evidence}
    seconds = {"time in tests, s": f"{sum(item.seconds for item in report.evidence):.0f}"}
    groups = [FactTable("run", _rows(plain | tests | seconds))]
    if isinstance(options, dict):
        groups += [_option_group(name, value) for name, value in options.items()]
    return groups + [_group(name, value, "none" if name == "tasks" else "unknown") for name, value in run.items()]


def byline(report: Report) -> str:
    """Return when, at which tier, on what and from which commit, as far as the header says."""
    run = report.run
    commit = run.get("commit")
    parts = [run.get("finished"), f"tier {run['tier']}" if run.get("tier") else None, run.get("device")]
    if commit:
        parts.append(f"commit {str(commit)[:12]}" + (", with uncommitted changes" if run.get("dirty") else ""))
    return " · ".join(["iclgd report", *(_shown(part) for part in parts if part)])


def _group(name: str, value: Json, absent: str = "unknown") -> FactTable:
    rows = value if isinstance(value, dict) else {"": value}
    shown = tuple((key, _shown(item, absent)) for key, item in rows.items())
    return FactTable(NAMES.get(name, name), shown or (("", "none"),))


def _option_group(name: str, value: Json) -> FactTable:
    """Return the options as given, or as they held: no models or tasks are then the built-in ones."""
    if name != "resolved" or not isinstance(value, dict):
        return _group(name, value)
    built_in: dict[str, Json] = {key: "none: the built-in set" for key in BUILT_IN if value.get(key) == []}
    return _group(name, value | built_in, "not set")


def _rows(values: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    return tuple((NAMES.get(name, name), _shown(value)) for name, value in values.items())


def _shown(value: Json, absent: str = "unknown") -> str:
    """Return a value in words; `absent` for null."""
    if isinstance(value, list):
        return ", ".join(_inner(item, absent) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_inner(item, absent)}" for name, item in value.items()) or "none"
    if value is None:
        return absent
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _inner(value: Json, absent: str) -> str:
    """Return a value within another so that it is seen where it ends: in brackets, or quoted where it has odd space."""
    if isinstance(value, str) and (not value or value != " ".join(value.split())):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and value:
        return f"[{_shown(value, absent)}]"
    return f"({_shown(value, absent)})" if isinstance(value, dict) and value else _shown(value, absent)
