"""Registered verdicts: which verdict a claim is expected to have on a model, in JSON files of one directory."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.evidence.verdict import Verdict

SCHEMA = "iclgd-expected/1"
TEXTS = ("id", "model", "task", "tier", "why")
FIELDS = {*TEXTS, "params", "verdict"}
TOP = {"schema", "own", "entries"}
"""Fields of a file; `own`, which may be left out, lists names of models and tasks that are the user's own."""

Key = tuple[str, str, str, tuple[tuple[str, str], ...], str]


def default_verdict(model: str) -> Verdict:
    """Return what is expected where nothing is registered: `inconclusive` of a control, else `supported`.

    Nothing about ICL can be supported on weights that learnt nothing, so a control needs no entry.
    """
    return Verdict.INCONCLUSIVE if is_control(model) else Verdict.SUPPORTED


@dataclass(frozen=True)
class RegisteredVerdict:
    """One registered verdict.

    Attributes:
        id, model, task, params, tier: of which sub-claim; params sorted by name.
        verdict: the one to expect.
        why: the reason, in words.
    """

    id: str
    model: str
    task: str
    params: tuple[tuple[str, str], ...]
    tier: str
    verdict: Verdict
    why: str

    @property
    def key(self) -> Key:
        """What the verdict is registered for."""
        return (self.id, self.model, self.task, self.params, self.tier)

    def line(self) -> str:
        """Return the entry as one line of JSON, sorted by field."""
        fields = {name: getattr(self, name) for name in TEXTS} | {"verdict": self.verdict.value}
        return json.dumps(fields | {"params": dict(self.params)}, sort_keys=True)


def expectation_key(id: str, model: str, task: str, params: Mapping[str, str], tier: str) -> Key:
    """Return the key of an entry."""
    return (id, model, task, tuple(sorted(params.items())), tier)


class Expectations:
    """Registered verdicts by claim, model, task, parameters and tier, and the file of each."""

    def __init__(
        self, files: Mapping[Path, Iterable[RegisteredVerdict]], own: Mapping[Path, Iterable[str]] | None = None
    ) -> None:
        """Take the entries of each file, and the names of models and tasks of one's own that it lists.

        Raises:
            SettingsError: an entry that stands in two places.
        """
        self.files = {path: tuple(entries) for path, entries in files.items()}
        self.own = {path: frozenset(names) for path, names in (own or {}).items()}
        self.entries: dict[Key, RegisteredVerdict] = {}
        self.places: dict[Key, Path] = {}
        for path, entries in self.files.items():
            for i, entry in enumerate(entries):
                if entry.key in self.entries:
                    place, earlier = f"{path}, entry {i}", self.places[entry.key]
                    raise SettingsError(f"{place}: this claim is registered already, in {earlier}. Drop one.")
                self.entries[entry.key], self.places[entry.key] = entry, path

    @classmethod
    def read(cls, directory: Path) -> "Expectations":
        """Read every `*.json` file of a directory; a directory that does not exist registers nothing.

        Raises:
            SettingsError: a file that is malformed, or an entry that stands in two places.
        """
        contents = {path: _content(path) for path in sorted(directory.glob("*.json"))}
        return cls(
            {path: _entries(content["entries"], path) for path, content in contents.items()},
            {path: content.get("own", []) for path, content in contents.items()},
        )

    def expected_verdict(self, id: str, model: str, task: str, params: Mapping[str, str], tier: str) -> Verdict:
        """Return the registered verdict, or the default one."""
        entry = self.entries.get(expectation_key(id, model, task, params, tier))
        return default_verdict(model) if entry is None else entry.verdict


def text_of(entries: Iterable[RegisteredVerdict], own: Iterable[str] = ()) -> str:
    """Return the content of a file: one line an entry, so that a difference of two versions can be read."""
    lines = ",\n  ".join(entry.line() for entry in entries)
    names = f'"own": {json.dumps(sorted(own))}, ' if own else ""
    return f'{{"schema": "{SCHEMA}", {names}"entries": [' + (f"\n  {lines}\n" if lines else "") + "]}\n"


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path} cannot be read as JSON: {error}. Correct or remove it.") from error
    if not (isinstance(content, dict) and content.get("schema") == SCHEMA and isinstance(content.get("entries"), list)):
        raise SettingsError(f'{path} has another form. Expected: {{"schema": "{SCHEMA}", "entries": [...]}}.')
    own = content.get("own", [])
    if not content.keys() <= TOP or not (isinstance(own, list) and all(isinstance(name, str) for name in own)):
        raise SettingsError(f"{path} has other fields than {sorted(TOP)}, or in `own` other than names.")
    return content


def _entries(entries: list[object], path: Path) -> list[RegisteredVerdict]:
    return [_parse(entry, f"{path}, entry {i}") for i, entry in enumerate(entries)]


def _parse(entry: object, place: str) -> RegisteredVerdict:
    if not isinstance(entry, dict) or set(entry) != FIELDS:
        wrong = sorted(set(entry) ^ FIELDS) if isinstance(entry, dict) else type(entry).__name__
        raise SettingsError(f"{place}: missing or unknown fields {wrong}. Expected: {sorted(FIELDS)}.")
    params = entry["params"]
    if not (isinstance(params, dict) and all(isinstance(v, str) for v in params.values())):
        raise SettingsError(f"{place}: params is {params!r}. Expected: an object of strings.")
    for name in TEXTS:
        if not isinstance(entry[name], str):
            raise SettingsError(f"{place}: {name} is {entry[name]!r}. Expected: a string.")
    if not entry["why"].strip():
        raise SettingsError(f"{place}: why is empty. Say why this verdict is the one to expect.")
    if entry["verdict"] not in [verdict.value for verdict in Verdict]:
        known = [verdict.value for verdict in Verdict]
        near = "".join(f" Nearest: {one}." for one in get_close_matches(str(entry["verdict"]), known, n=1))
        raise SettingsError(f"{place}: verdict is {entry['verdict']!r}. Expected one of: {', '.join(known)}.{near}")
    texts = {name: entry[name] for name in TEXTS}
    return RegisteredVerdict(**texts, params=tuple(sorted(params.items())), verdict=Verdict(entry["verdict"]))
