"""Waiting for what must happen, however slow the machine: no test compares a clock with what it expects."""

import time
from collections.abc import Callable

HANG = 1800.0
"""Seconds after which a test or a program of its own counts as hanging: a guard, never what is expected."""


def until(happened: Callable[[], object], what: str = "it", hangs_after: float = HANG) -> None:
    """Return as soon as something has happened; fail where it never does."""
    end = time.monotonic() + hangs_after
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen within {hangs_after:g} s"
        time.sleep(0.01)


def until_killed() -> None:
    """Wait for the end that a test brings; what nobody ends does so itself."""
    time.sleep(HANG)


class Clock:
    """A stand-in for the module `time`: it goes on only while somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self.now

    def time(self) -> float:
        """Return the same, as the time of day."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the seconds pass."""
        self.now += seconds
