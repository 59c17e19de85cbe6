"""What a diagnosis found: lines with a state, in sections."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "problem"]
"""`problem`: something that was asked for, or the default run, cannot work. `note`: worth knowing."""


@dataclass(frozen=True)
class Finding:
    """One line.

    Attributes:
        name: what was looked at.
        value: what was found.
        state: what it means for a run.
        hint: what to do, where something can be done.
    """

    name: str
    value: str
    state: State = "ok"
    hint: str = ""

    def wire(self) -> dict[str, str]:
        """Return the line as plain data."""
        return {"name": self.name, "value": self.value, "state": self.state, "hint": self.hint}


@dataclass(frozen=True)
class Section:
    """Lines under one title."""

    title: str
    findings: Sequence[Finding]

    @property
    def works(self) -> bool:
        """Whether no line is a problem."""
        return all(finding.state != "problem" for finding in self.findings)
