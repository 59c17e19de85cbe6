"""A thread that shows, now and then, what a run is at.

It writes to a copy of the terminal's descriptor, for pytest holds the standard output while a test runs in this
process. Where there is no such descriptor it shows nothing.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from ..render.console import terminal_width

LONGEST_WAIT = 5.0


class Ticker:
    """Shows lines until it is stopped; whatever goes wrong ends it and nothing else.

    Args:
        lines: returns those to be shown at a time, in seconds since the epoch.
        stdout: the terminal's stream, or a log's; on a terminal each line is drawn over the one before.
        seconds: between two looks.
    """

    def __init__(self, lines: Callable[[float], list[str]], stdout: TextIO, seconds: float) -> None:
        self._lines, self._seconds = lines, seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        with suppress(OSError, ValueError, AttributeError):  # no descriptor, or a stream that is closed
            stream = os.fdopen(os.dup(stdout.fileno()), "w", encoding=stdout.encoding, errors="replace")
            self._thread = threading.Thread(target=self._run, args=(stream, stdout.isatty()), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Show no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=LONGEST_WAIT)

    def _run(self, stream: TextIO, over: bool) -> None:
        with suppress(Exception), stream:
            while not self._stop.wait(self._seconds):
                for line in self._lines(time.time()):
                    stream.write(f"\r{line.ljust(terminal_width() - 1)}" if over else f"{line}\n")
                stream.flush()
