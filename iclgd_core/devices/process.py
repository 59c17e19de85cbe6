"""Which process it is, and whether it still lives: a number alone is soon another's."""

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process of this machine.

    Attributes:
        pid: its number.
        start: when it started, in the kernel's ticks since boot; empty where the system does not tell.
    """

    pid: int
    start: str

    @property
    def lives(self) -> bool:
        """Whether it runs; one that has ended but was not waited for (a zombie) does not."""
        if not (_PROC / "self").exists():
            return _answers(self.pid)
        state, start = _state(self.pid)
        return start == self.start and state not in ("Z", "X")


def this_process() -> Process:
    """Return the process that calls."""
    return Process(os.getpid(), _state(os.getpid())[1])


def _state(pid: int) -> tuple[str, str]:
    """Return the state and start of a process; ("X", "") for none. The command, field 2, may hold any character."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "X", ""
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
