"""A rank that writes its process number, ignores SIGTERM and waits forever; run by torchrun in a test."""

import os
import signal
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    if (folder / "watched").exists():
        from iclgd_core.learners.sharded.launch import watch  # only where it is used: it takes seconds

        watch(folder, 0.1)
    note = folder / f"pid-{os.environ['RANK']}"
    note.with_suffix(".new").write_text(str(os.getpid()))
    note.with_suffix(".new").rename(note)
    while True:
        time.sleep(1.0)
