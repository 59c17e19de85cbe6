"""A rank that writes its process number, ignores SIGTERM and waits to be killed; run by torchrun in a test."""

import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from tests.waiting import until_killed

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    if (folder / "watched").exists():
        from iclgd_core.learners.gd.sharded import launch  # only where it is used: it takes seconds

        def goes_on(seconds: float) -> None:
            """Note that the watch has found the parent alive, after which it sleeps."""
            (folder / "goes-on").touch()
            time.sleep(seconds)

        vars(launch)["time"] = SimpleNamespace(sleep=goes_on)
        launch.watch(folder, 0.1)
    note = folder / f"pid-{os.environ['RANK']}"
    note.with_suffix(".new").write_text(str(os.getpid()))
    note.with_suffix(".new").rename(note)
    until_killed()
