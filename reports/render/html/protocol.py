"""What was fixed before the numbers were seen: what all sub-claims share, and what each has of its own."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence

from ..plain_text import plain
from .words import sub_claim

MISSING = object()

REPRODUCED = (
    *("--iclgd-model", "--iclgd-task", "--iclgd-data", "--iclgd-template", "--iclgd-sampling", "--iclgd-max-words"),
    *("--iclgd-device", "--iclgd-dtype", "--iclgd-max-memory", "--iclgd-deterministic", "--iclgd-seed"),
    *("--iclgd-tier", "--iclgd-episodes", "--iclgd-queries"),
)
"""The options that decide what is run and with which numbers: without them a command runs other tests, or none."""


@dataclass(frozen=True)
class Rule:
    """What was fixed beforehand for one sub-claim.

    Attributes:
        name: model, task and parameters; command: runs it alone.
        own: the part of its protocol that is not that of all; sha256: of the whole protocol, empty without one.
    """

    name: str
    command: str
    own: str
    sha256: str


def given_options(run: Mapping[str, Json], flags: Sequence[str] = REPRODUCED) -> tuple[str, ...]:
    """Return those of the options given that a command needs, as `--flag=value`; none where the header has none."""
    options = run.get("options")
    given = options.get("given") if isinstance(options, dict) else None
    known = given if isinstance(given, dict) else {}
    return tuple(one for flag in flags for one in _written(flag, known.get(flag)))


def command(targets: Iterable[str], options: Iterable[str] = ()) -> str:
    """Return the command line; each argument is quoted for a shell, and one line whatever it holds."""
    quoted = [shlex.quote(plain(target)) for target in targets if target]
    return " ".join(["pytest", *quoted, *(shlex.quote(plain(option)) for option in options)]) if quoted else ""


def episodes_command(item: Evidence) -> str:
    """Return the command that shows the episodes behind a sub-claim: their prompts, answers and numbers."""
    named = [("--model", item.model), ("--task", item.task)]
    named += [("--param", f"{name}={value}") for name, value in sorted(item.params.items())]
    words = [part for flag, value in named if value for part in (flag, value)]
    return shlex.join(["iclgd", "episodes", *map(plain, [item.id, *words])])


def shared_protocol(items: Sequence[Evidence]) -> dict[str, Json]:
    """Return the part of the protocol that is the same for all sub-claims that have one."""
    protocols = [item.protocol for item in items if item.protocol]
    first, rest = (protocols[0], protocols[1:]) if protocols else ({}, [])
    return {name: value for name, value in first.items() if all(p.get(name, MISSING) == value for p in rest)}


def rule_of(item: Evidence, shared: Mapping[str, Json], options: Sequence[str] = ()) -> Rule:
    """Return the rest of one sub-claim's protocol, its hash, and how to run it alone."""
    name = ", ".join(part for part in (subject(item), sub_claim(item)) if part)
    own = {key: value for key, value in item.protocol.items() if key not in shared}
    return Rule(name, command([item.node_id], options), listed(own), item.rule_sha256)


def listed(values: Mapping[str, Json]) -> str:
    """Return one line for each name, in alphabetical order."""
    return "\n".join(f"{name}: {json.dumps(values[name], ensure_ascii=False)}" for name in sorted(values))


def _written(flag: str, value: Json) -> list[str]:
    if value is True:
        return [flag]
    values = value if isinstance(value, list) else [value]
    return [f"{flag}={one}" for one in values if isinstance(one, str | int) and not isinstance(one, bool)]
