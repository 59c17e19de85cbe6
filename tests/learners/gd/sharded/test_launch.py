"""Whatever happens to the child, it ends, none of its processes is left, and the user reads one clear error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from iclgd_core.learners.gd.sharded import launch as launching
from iclgd_core.learners.gd.sharded.job import ShardedError
from iclgd_core.learners.gd.sharded.launch import (
    HELD,
    LOG,
    ROOT,
    ShardedMemoryError,
    ShardedTimeOut,
    environment,
    failure,
    launch,
    note_failure,
    plain,
)
from tests.waiting import HANG, until

STUBBORN = "tests.learners.gd.sharded.stubborn"
RANKS = 2


def pids(folder: Path) -> list[int]:
    return [int(path.read_text()) for path in sorted(folder.glob("pid-?"))]


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def started(folder: Path) -> bool:
    return len(pids(folder)) == RANKS


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for left processes in /proc")
@pytest.mark.parametrize(
    ("raised", "seen"),
    [(subprocess.TimeoutExpired("child", 1.0), ShardedTimeOut), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_ranks_that_ignore_everything_are_killed(
    raised: BaseException, seen: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 987.0

    class Waiting(subprocess.Popen[bytes]):
        """Waits until the ranks run, and then as if time were up or the user had had enough."""

        def wait(self, timeout: float | None = None) -> int:
            if timeout == limit:
                until(lambda: started(tmp_path), "the start of the ranks")
                with pytest.raises(Timeout):
                    FileLock(tmp_path / HELD).acquire(timeout=0)
                raise raised
            return super().wait(timeout)

    monkeypatch.setattr(subprocess, "Popen", Waiting)
    monkeypatch.setattr(launching, "GRACE", 0.2)
    with pytest.raises(seen) as caught:
        launch(STUBBORN, tmp_path, RANKS, limit)
    if seen is ShardedTimeOut:
        assert "2 devices did not end within 987 s and was stopped" in str(caught.value)
    ranks = pids(tmp_path)
    assert len(set(ranks)) == RANKS
    until(lambda: not any(map(lives, ranks)), "the end of the ranks")


def test_a_rank_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    (tmp_path / "watched").touch()
    lock = f"lock = FileLock({str(tmp_path / HELD)!r}); lock.acquire(); print(flush=True); sys.stdin.read()"
    hold = f"import sys; from filelock import FileLock; {lock}"
    parent = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    environ = os.environ | {"PYTHONPATH": str(ROOT), "RANK": "0"}
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        rank = subprocess.Popen([sys.executable, "-m", STUBBORN, str(tmp_path)], env=environ)
        until(lambda: pids(tmp_path) == [rank.pid] or rank.poll() is not None, "the start of the rank")
        until(lambda: (tmp_path / "goes-on").exists() or rank.poll() is not None, "the rank's look at its parent")
        assert rank.poll() is None, "it ended although its parent lives"
    finally:
        parent.kill()
        parent.communicate()
    assert rank.wait(HANG) == 3


def test_a_killed_rank_is_told_with_the_end_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(ShardedError) as caught:
        launch("tests.learners.gd.sharded.killed", tmp_path, 1, HANG)
    text = str(caught.value)
    assert "failed; the launcher ended with status" in text
    assert "SIGKILL" in text
    assert "\x1b" not in text
    assert "\x07" not in text
    assert len(text.splitlines()) < 20


def test_the_reason_of_a_rank_is_preferred_to_the_log(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text("noise")
    note_failure(tmp_path, 1, "other", RuntimeError("connection closed by peer\nmore"))
    assert str(failure(tmp_path, 2, 1)).endswith("rank 1 ended: RuntimeError: connection closed by peer")
    note_failure(tmp_path, 0, "ours", ShardedError("the model in /m cannot be read.\nSave it again."))
    assert str(failure(tmp_path, 2, 1)) == "the model in /m cannot be read. Save it again."
    note_failure(tmp_path, 1, "memory", RuntimeError("tried to allocate 2 GiB"))
    error = failure(tmp_path, 2, 1)
    assert isinstance(error, ShardedMemoryError)
    assert str(error).startswith(
        "rank 1 of 2 ran out of memory in gradient descent: RuntimeError: tried to allocate 2 GiB"
    )


def test_a_silent_failure_says_so(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text(" \n====\n")
    assert str(failure(tmp_path, 4, 7)).endswith(
        "4 devices failed; the launcher ended with status 7; it wrote nothing."
    )


def test_the_child_is_offline_and_knows_no_token() -> None:
    found = environment(
        {"HF_TOKEN": "planted", "HUGGING_FACE_HUB_TOKEN": "planted", "PYTHONPATH": "/mine", "A": "b"}, 2
    )
    assert "planted" not in found.values()
    assert found["HF_HUB_OFFLINE"] == "1"
    assert found["A"] == "b"
    assert found["PYTHONPATH"].split(os.pathsep) == [str(ROOT), "/mine"]
    assert int(found["OMP_NUM_THREADS"]) >= 1
    assert environment({"OMP_NUM_THREADS": "3"}, 2)["OMP_NUM_THREADS"] == "3"


def test_text_of_a_child_is_plain_and_short() -> None:
    assert plain("a\x1b[2Jb\x00c\u202ed\te") == "a b c d e"
    assert len(plain("x" * 1000)) == 300
    assert plain("Größe 7") == "Größe 7"
