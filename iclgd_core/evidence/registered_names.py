"""Whether registered verdicts are of what exists: claims, models, tasks and tiers by name, parameters by value.

An entry for nothing that exists is never used, so that a typo in it would turn the gate off without a word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from iclgd_core.evidence.expectations import Expectations
from iclgd_core.evidence.model_kinds import names_in

MOST_NAMED = 12
CUTOFF = 0.4
"""Ids are short: `S99` is near `S1`."""
OWN = ' If it is your own, list it in the file, as "own": ["NAME"].'
Test = Sequence[Sequence[Mapping[str, str]]]
"""A test's parametrizations, each by its choices: values, as text, by parameter name."""


@dataclass(frozen=True)
class KnownNames:
    """What exists.

    Attributes:
        claims: ids; None where they cannot be told.
        models, tasks: names that come with the project, and those of the run.
        tiers: names.
    """

    claims: frozenset[str] | None
    models: frozenset[str]
    tasks: frozenset[str]
    tiers: frozenset[str]


def strangers(registered: Expectations, known: KnownNames) -> list[str]:
    """Return a line for each name in a registered verdict that nothing has: place, name, the nearest that exist.

    A name with a slash is a folder or a model of the Hub, of which nothing can be known here. Other names of one's own
    are known if the run has them, or if the file lists them under `own`.
    """
    lines = []
    for path, entries in registered.files.items():
        own = registered.own.get(path, frozenset())
        for i, entry in enumerate(entries):
            for what, names, allowed, hint in (
                ("claim", [entry.id], known.claims, ""),
                ("tier", [entry.tier], known.tiers, ""),
                ("model", names_in(entry.model), known.models | own, OWN),
                ("task", names_in(entry.task), known.tasks | own, OWN),
            ):
                unknown = [name for name in names if allowed is not None and name not in allowed]
                lines += [f"{path}, entry {i}: unknown {what} {n!r}. {near(n, allowed or ())}{hint}" for n in unknown]
    return lines


def wrong_params(params: Mapping[str, str], tests: Sequence[Test]) -> str:
    """Return why none of a claim's tests has these parameters; empty if one has, or might have.

    A parametrization without choices is one whose values could not be read.
    """
    if any(not all(test) or _has(test, params) for test in tests):
        return ""
    values: dict[str, set[str]] = {}
    for choice in (choice for test in tests for choices in test for choice in choices):
        for name, value in choice.items():
            values.setdefault(name, set()).add(value)
    for name, value in params.items():
        if name not in values:
            return f"unknown parameter {name!r}. {near(name, values)}"
        if value not in values[name]:
            return f"{name} is {value!r}. {near(value, values[name])}"
    sets = {", ".join(sorted(name for choices in test for name in choices[0])) or "none" for test in tests}
    return f"no test has the parameters {dict(params)} together. Names of each test: {' or '.join(sorted(sets))}."


def _has(test: Test, params: Mapping[str, str]) -> bool:
    """Return whether a test has a case with exactly these parameters."""
    names = [name for choices in test for name in choices[0]]
    return set(names) == params.keys() and all({n: params[n] for n in one[0]} in one for one in test)


def near(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the known names that are nearest, or where none is near, the first of them."""
    names = sorted(known)
    if found := get_close_matches(name, names, n=3, cutoff=CUTOFF):
        return f"Nearest: {', '.join(found)}."
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Known: {', '.join(names[:MOST_NAMED]) or 'none'}{more}."
