"""Values out of a user's TOML table, each checked for kind; what is not known is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iclgd_core.errors import SettingsError


class TaskFileError(SettingsError):
    """A user's task file is malformed; the text names the key, the value and what is allowed."""


@dataclass(frozen=True)
class StrictTable:
    """A table of a TOML file, with its place for errors.

    Attributes:
        values: keys and values.
        where: file and table, "tickets.toml" or "tickets.toml [hub]".
    """

    values: Mapping[str, Any]
    where: str

    def only(self, allowed: Sequence[str]) -> None:
        """Raise TaskFileError for a key that is not allowed."""
        for key in self.values:
            if key not in allowed:
                raise TaskFileError(f"{self.where}: unknown key {key!r}; allowed: {', '.join(sorted(allowed))}.")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; TaskFileError if it is missing without a default, or no text."""
        if key not in self.values and default is not None:
            return default
        return str(self._value(key, str, "a text"))

    def optional(self, key: str) -> str | None:
        """Return a text, or None if the key is missing."""
        return self.text(key) if key in self.values else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of distinct texts, at least one."""
        found = self._value(key, list, "a list of texts")
        if not found or not all(isinstance(one, str) and one for one in found) or len(set(found)) < len(found):
            raise self.wrong(key, "a list of distinct texts, at least one")
        return tuple(found)

    def table(self, key: str) -> "StrictTable":
        """Return a table within this one."""
        return StrictTable(self._value(key, dict, "a table"), f"{self.where} [{key}]")

    def tables(self, key: str) -> tuple["StrictTable", ...]:
        """Return a list of tables, at least one: [[key]]."""
        found = self._value(key, list, f"one or more tables [[{key}]]")
        if not found or not all(isinstance(one, dict) for one in found):
            raise self.wrong(key, f"one or more tables [[{key}]]")
        return tuple(StrictTable(one, f"{self.where} [[{key}]] {number + 1}") for number, one in enumerate(found))

    def wrong(self, key: str, allowed: str) -> TaskFileError:
        """Return the error for a value that is not allowed."""
        shown = repr(self.values.get(key))
        return TaskFileError(f"{self.where}: {key} = {shown[:80]} is not allowed; allowed: {allowed}.")

    def _value(self, key: str, kind: type, allowed: str) -> Any:
        if key not in self.values:
            raise TaskFileError(f"{self.where}: the key {key!r} is missing; it is {allowed}.")
        if not isinstance(self.values[key], kind):
            raise self.wrong(key, allowed)
        return self.values[key]
