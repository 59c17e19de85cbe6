"""Running a module on every rank in a child process, and ending it whatever happens.

torchrun starts each rank in a session of its own, so that a signal to the launcher's process group alone leaves ranks
behind, and a rank that waits for a peer that is gone (the usual failure of NCCL) waits for long. Therefore: a time-out
over the whole; the launcher's group and all descendants are killed; and each rank watches a lock that the parent holds,
and ends itself when the parent is gone, were it by SIGKILL.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from iclgd_core.devices import cores
from iclgd_core.learners.gd.sharded.job import ShardedError

HELD, LOG = "held.lock", "child.log"
GRACE = 5.0
"""Seconds between asking processes to end and killing them."""
TAIL = 12
SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""The child works offline and needs no token, so that none can reach its log."""
ROOT = Path(__file__).resolve().parents[4]


class ShardedMemoryError(ShardedError):
    """A device ran out of memory in sharded gradient descent."""


class ShardedTimeOut(ShardedError):
    """Sharded gradient descent did not end in time; its processes were killed."""


def launch(module: str, folder: Path, devices: int, time_out: float) -> None:
    """Run `python -m module folder` on `devices` ranks of this machine and wait for all of them.

    Args:
        module: dotted name; reads RANK and the other variables that torchrun sets.
        folder: the job; its log and notes of failure go there.
        devices: number of ranks.
        time_out: seconds until everything is killed.

    Raises:
        ShardedTimeOut: it did not end in time.
        ShardedMemoryError: a rank ran out of memory.
        ShardedError: it failed otherwise.
    """
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={devices}",
        "--max-restarts=0", "-m", module, str(folder),
    ]  # fmt: skip
    with held(folder), (folder / LOG).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            env=environment(os.environ, devices),
        )  # fmt: skip
        try:
            status = process.wait(time_out)
        except subprocess.TimeoutExpired:
            raise ShardedTimeOut(
                f"gradient descent on {devices} devices did not end within {time_out:.0f} s and was stopped"
                f"{_said(folder)} Allow more time, or look for a device that hangs (NCCL_DEBUG=INFO tells more)."
            ) from None
        finally:
            end(process)
    if status:
        raise failure(folder, devices, status)


def environment(given: Mapping[str, str], devices: int) -> dict[str, str]:
    """Return the child's environment: offline, without tokens, our code in reach, CPU threads shared by the ranks."""
    path = os.pathsep.join([str(ROOT), *filter(None, [given.get("PYTHONPATH")])])
    kept = {name: value for name, value in given.items() if name not in SECRETS}
    threads = {} if "OMP_NUM_THREADS" in given else {"OMP_NUM_THREADS": str(max(1, cores() // devices))}
    offline = {"HF_HUB_OFFLINE": "1", "USE_HUB_KERNELS": "0", "TOKENIZERS_PARALLELISM": "false"}
    return kept | threads | offline | {"PYTHONPATH": path}


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock that tells the ranks that their parent lives; the system frees it with the process."""
    with FileLock(folder / HELD):
        yield


def watch(folder: Path, every: float = 0.5) -> None:
    """End this process, from a thread, as soon as the parent that holds the job's lock is gone."""

    def look() -> None:
        while True:
            try:
                FileLock(folder / HELD).acquire(timeout=0)
            except Timeout:
                time.sleep(every)
            except OSError:  # the folder is gone, and so is the parent
                os._exit(3)
            else:
                os._exit(3)

    threading.Thread(target=look, daemon=True).start()


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a launcher and all its descendants, first by SIGTERM and after GRACE seconds by SIGKILL."""
    if process.poll() is not None:
        return
    family = descendants(process.pid)
    for pid in (process.pid, *family):
        _signal(pid, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        _signal(process.pid, signal.SIGKILL)
        process.wait()
    for pid, started in family.items():
        if _status(pid)[1] == started:  # not another process that got its number since
            _signal(pid, signal.SIGKILL)


def descendants(pid: int) -> dict[int, int]:
    """Return the process's children, their children and so on, with their start times; none where there is no /proc."""
    running = {int(entry.name): _status(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")}
    found, parents = dict[int, int](), {pid}
    while parents:
        children = {child: started for child, (parent, started) in running.items() if parent in parents}
        found |= children
        parents = set(children)
    return found


def _status(pid: int) -> tuple[int, int]:
    """Return a process's parent and start time in clock ticks; (-1, -1) where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[1]), int(fields[19])
    except (OSError, IndexError, ValueError):
        return -1, -1


def _signal(pid: int, number: signal.Signals) -> None:
    """Signal the group that a process leads (launcher and ranks lead one each), or else the process."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def note_failure(folder: Path, rank: int, kind: str, error: BaseException) -> None:
    """Tell the parent why a rank fails; `kind` is "memory", "ours" (its text is for users) or "other"."""
    text = str(error) if kind == "ours" else f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
    note = {"time": time.time(), "rank": rank, "kind": kind, "text": text}
    (folder / f"failed-{rank}.json").write_text(json.dumps(note))


def failure(folder: Path, devices: int, status: int) -> ShardedError:
    """Return the error that a user sees for a child that ended with `status`."""
    notes = [json.loads(path.read_text()) for path in folder.glob("failed-*.json")]
    notes.sort(key=lambda note: float(note["time"]))
    memory = [note for note in notes if note["kind"] == "memory"]
    ours = [note for note in notes if note["kind"] == "ours"]
    if memory:
        return ShardedMemoryError(
            f"rank {memory[0]['rank']} of {devices} ran out of memory in gradient descent: {plain(memory[0]['text'])} "
            "Use more devices, a smaller part of the model, or a smaller model."
        )
    if ours:
        return ShardedError(plain(ours[0]["text"]))
    said = f": {plain(notes[0]['text'])}" if notes else f" with status {status}{_said(folder)}"
    who = f"rank {notes[0]['rank']}" if notes else "the launcher"
    return ShardedError(f"gradient descent on {devices} devices failed; {who} ended{said}")


def _said(folder: Path) -> str:
    """Return the end of the child's log, as the end of a sentence."""
    lines = (folder / LOG).read_text(errors="replace").splitlines()
    shown = [plain(line) for line in lines if line.strip(" *=-")][-TAIL:]
    return "; the end of its log:\n  " + "\n  ".join(shown) + "\n" if shown else "; it wrote nothing."


def plain(text: str, longest: int = 300) -> str:
    """Return a text without control characters and escape sequences, cut where it is long."""
    kept = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[^\S ]|[^\x20-\x7e\u00a1-\u1fff]", " ", text)
    return kept if len(kept) <= longest else kept[: longest - 3] + "..."
