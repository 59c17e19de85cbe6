"""Leases among processes: never more than there is, nobody forgotten, the dead replaced, no circle unseen."""

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.devices import (
    DeadlockError,
    DeviceMemory,
    InsufficientMemoryError,
    Lease,
    lease,
    remove_ledgers,
    run_directory,
    usable,
)
from iclgd_core.devices.ledger import Ledger, MemoryRequest, Page, private_directory
from iclgd_core.devices.process import Process, this_process
from iclgd_core.errors import StorageError
from tests.waiting import HANG, Clock, until, until_killed

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])
WHEN_TOLD = (2, 62, 122)
"""Seconds of waiting at which it is reported: the first look after 2 s, and each minute from then on."""


def memory(path: Path, capacity: int = 100, notice: Callable[[str], None] = lambda line: None) -> DeviceMemory:
    return DeviceMemory(path / "run", "GPU-1", lambda: capacity, notice)


def page(path: Path) -> Page:
    with Ledger(path / "run", "GPU-1").open(lambda: 100) as found:
        return found


@pytest.fixture
def started() -> Iterator[Callable[..., BaseProcess]]:
    """Start processes that do not outlive the test."""
    made: list[BaseProcess] = []

    def start(target: Callable[..., None], *arguments: object) -> BaseProcess:
        process = PROCESSES.Process(target=target, args=arguments)
        process.start()
        made.append(process)
        return process

    yield start
    for process in made:
        process.kill()
        process.join()


# One process


def test_a_lease_is_held_and_given_back(tmp_path: Path) -> None:
    device = memory(tmp_path)
    with device.lease(60, "llama") as held:
        assert (held.amount, page(tmp_path).held) == (60, 60)
        entry = page(tmp_path).entries[0]
        assert (entry.process, entry.purpose) == (this_process(), "llama")
    assert page(tmp_path).entries == []
    held.release()
    assert held.amount == 0


def test_a_lease_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), memory(tmp_path).lease(60, "llama"):
        _ = 1 / 0
    assert page(tmp_path).held == 0


def test_more_than_there_is_is_an_error_at_once(tmp_path: Path) -> None:
    device = memory(tmp_path, 24 * 2**30)
    with pytest.raises(InsufficientMemoryError) as raised:
        device.lease(28 * 2**30, "GD on llama-7b")
    assert "GD on llama-7b needs about 28.0 GiB, GPU-1 has 24.0 GiB for this run." in str(raised.value)
    assert (raised.value.needed, raised.value.capacity) == (28 * 2**30, 24 * 2**30)
    with device.lease(20 * 2**30, "llama"), pytest.raises(InsufficientMemoryError, match=r"about 25\.0 GiB"):
        device.lease(5 * 2**30, "llama")
    assert page(tmp_path).entries == []


def test_a_process_may_hold_several_leases(tmp_path: Path) -> None:
    with memory(tmp_path).lease(40, "llama"), memory(tmp_path).lease(50, "llama") as second:
        assert (second.amount, page(tmp_path).held) == (50, 90)
    assert page(tmp_path).held == 0


def test_the_first_process_fixes_the_capacity(tmp_path: Path) -> None:
    assert memory(tmp_path, 100).capacity == 100
    assert memory(tmp_path, 7).capacity == 100


def test_devices_have_ledgers_of_their_own(tmp_path: Path) -> None:
    other = DeviceMemory(tmp_path / "run", "MIG-7/../1", lambda: 50)
    with memory(tmp_path).lease(100, "a"), other.lease(50, "b"):
        assert {path.name for path in (tmp_path / "run").glob("*.json")} == {"GPU-1.json", "MIG-7_.._1.json"}


@pytest.mark.parametrize(
    ("free", "cap", "most"), [(1000, None, 950), (1000, 400, 400), (1000, 10**6, 950), (0, None, 0), (-5, None, 0)]
)
def test_what_may_be_leased(free: int, cap: int | None, most: int) -> None:
    assert usable(free, cap) == most


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=30))
@settings(max_examples=25)
def test_the_ledger_is_the_sum_of_what_is_held(steps: list[tuple[bool, int]]) -> None:
    directory = run_directory(f"test-{os.getpid()}")
    device = DeviceMemory(directory, "cpu", lambda: 100)
    held: list[Lease] = []
    try:
        for take, amount in steps:
            total = sum(one.amount for one in held)
            if take and total + amount <= 100:
                held.append(device.lease(amount, "x"))
            elif take:
                with pytest.raises(InsufficientMemoryError):
                    device.lease(amount, "x")
            elif held:
                held.pop(amount % len(held)).release()
            with Ledger(directory, "cpu").open(lambda: 100) as found:
                assert found.held == sum(one.amount for one in held)
    finally:
        remove_ledgers(directory)
    assert not directory.exists()


# Order and circles, decided by the page alone


def waiting(ticket: int, pid: int, amount: int) -> MemoryRequest:
    return MemoryRequest(ticket, pid, "", amount, f"p{pid}")


def granted(ticket: int, pid: int, amount: int) -> MemoryRequest:
    return MemoryRequest(ticket, pid, "", amount, f"p{pid}", granted=True)


def test_holders_come_first_and_none_is_overtaken() -> None:
    found = Page(100, 5, [granted(0, 1, 60), waiting(1, 2, 90), waiting(2, 3, 10), waiting(3, 1, 20)])
    assert [entry.ticket for entry in found.queue()] == [3, 1, 2]


@pytest.mark.parametrize(
    ("entries", "stuck"),
    [
        ([granted(0, 1, 60), granted(1, 2, 40), waiting(2, 1, 10), waiting(3, 2, 10)], True),
        ([granted(0, 1, 60), granted(1, 2, 40), waiting(2, 1, 10)], False),
        ([granted(0, 1, 60), granted(1, 2, 30), waiting(2, 1, 10), waiting(3, 2, 30)], False),
        ([waiting(0, 1, 60)], False),
        ([], False),
        ([granted(0, 1, 60), granted(1, 2, 40), waiting(2, 1, 10), waiting(3, 3, 10)], False),
    ],
    ids=["circle", "one works on", "the first fits", "nobody holds", "empty", "a stranger waits"],
)
def test_a_circle_is_seen(entries: list[MemoryRequest], stuck: bool) -> None:
    assert Page(100, 9, entries).is_stuck() is stuck


# Several processes


def hold(path: Path, amount: int) -> None:
    """Lease and hold until killed."""
    with memory(path).lease(amount, f"holder of {amount}"):
        (path / f"holds-{os.getpid()}").touch()
        until_killed()


def count(path: Path, amount: int, times: int) -> None:
    """Lease again and again, noting the sum of what is held in a file that only a holder touches."""
    lease.LONGEST_POLL = lease.FIRST_POLL
    device = memory(path)
    for _ in range(times):
        with device.lease(amount, "counter"):
            mine = path / "counters" / f"{os.getpid()}"
            mine.write_text(str(amount))
            total = sum(int(other.read_text() or 0) for other in (path / "counters").iterdir())
            with (path / "sums").open("a") as file:
                file.write(f"{total}\n")
            mine.write_text("0")


def test_the_sum_never_exceeds_the_capacity(tmp_path: Path, started: Callable[..., BaseProcess]) -> None:
    (tmp_path / "counters").mkdir()
    amounts, times = (60, 50, 40, 30), 12
    running = [started(count, tmp_path, amount, times) for amount in amounts]
    for process in running:
        process.join(HANG)
        assert process.exitcode == 0
    sums = [int(line) for line in (tmp_path / "sums").read_text().split()]
    assert len(sums) == len(amounts) * times
    assert max(sums) <= 100
    assert page(tmp_path).entries == []


def test_a_killed_holder_is_replaced(tmp_path: Path, started: Callable[..., BaseProcess]) -> None:
    holder = started(hold, tmp_path, 80)
    until(lambda: bool(list(tmp_path.glob("holds-*"))))
    lines: list[str] = []
    got: list[Lease] = []
    thread = threading.Thread(target=lambda: got.append(memory(tmp_path, notice=lines.append).lease(50, "next")))
    thread.start()
    until(lambda: len(page(tmp_path).entries) == 2)
    assert not got
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    thread.join(HANG)
    assert [one.amount for one in got] == [50]
    assert page(tmp_path).held == 50


def test_waiting_is_reported(
    tmp_path: Path, started: Callable[..., BaseProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = started(hold, tmp_path, 80)
    until(lambda: bool(list(tmp_path.glob("holds-*"))))
    lines: list[str] = []

    def told(line: str) -> None:
        lines.append(line)
        if len(lines) == 3:
            holder.kill()
            holder.join()

    monkeypatch.setattr(lease, "time", Clock())
    memory(tmp_path, notice=told).lease(50, "GD on llama").release()
    why = "for 50 B of GPU-1: 80 B of 100 B are leased (holder of 80: 80 B)"
    assert lines == [f"GD on llama has waited {seconds} s {why}" for seconds in WHEN_TOLD]


def test_an_interrupted_wait_leaves_the_queue(
    tmp_path: Path, started: Callable[..., BaseProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    started(hold, tmp_path, 80)
    until(lambda: bool(list(tmp_path.glob("holds-*"))))

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lease, "FIRST_NOTICE", 0.0)
    device = memory(tmp_path, notice=interrupt)
    with pytest.raises(KeyboardInterrupt):
        device.lease(50, "next")
    assert [entry.amount for entry in page(tmp_path).entries] == [80]


def grow(path: Path, name: str, amount: int, to: int) -> None:
    device = memory(path)
    with device.lease(amount, name) as held:
        (path / f"holds-{name}").touch()
        until(lambda: len(list(path.glob("holds-*"))) >= 2)
        try:
            device.lease(to - amount, name).release()
        except DeadlockError as error:
            (path / f"deadlock-{name}").write_text(str(error))
            held.release()
            with device.lease(to, name):
                pass
        (path / f"done-{name}").touch()


def test_two_that_each_want_more_do_not_wait_for_ever(tmp_path: Path, started: Callable[..., BaseProcess]) -> None:
    running = [started(grow, tmp_path, name, 50, 80) for name in ("one", "two")]
    for process in running:
        process.join(HANG)
        assert process.exitcode == 0
    assert len(list(tmp_path.glob("done-*"))) == 2
    (told,) = tmp_path.glob("deadlock-*")
    assert "waits for 30 B more of GPU-1, and so does every other process that holds some" in told.read_text()


def test_a_child_by_fork_gives_nothing_back(tmp_path: Path) -> None:
    with memory(tmp_path).lease(60, "parent") as held:
        entry = held._entries[0]
        held._entries = [MemoryRequest(entry.ticket, entry.pid + 1, entry.start, entry.amount, entry.purpose, True)]
        held.release()
        assert page(tmp_path).held == 60


# Files and processes


def test_a_process_is_known_by_number_and_start() -> None:
    me = this_process()
    assert me.lives
    assert not Process(me.pid, "1").lives
    assert not Process(2**22 + 1, me.start).lives


def test_a_process_that_was_not_waited_for_lives_no_more() -> None:
    child = PROCESSES.Process(target=until_killed)
    child.start()
    assert child.pid is not None
    start = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    assert Process(child.pid, start).lives
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: not Process(child.pid or 0, start).lives)
    child.join()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 7}', json.dumps({"schema": 1, "entries": [{"x": 1}]})])
def test_what_is_no_ledger_is_an_error(tmp_path: Path, content: str) -> None:
    assert memory(tmp_path).capacity == 100
    (tmp_path / "run" / "GPU-1.json").write_text(content)
    with pytest.raises(StorageError, match=r"GPU-1\.json is no ledger of memory leases"):
        memory(tmp_path).lease(1, "x")


def test_a_directory_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="is a link or another user's directory"):
        memory(tmp_path).lease(1, "x")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(StorageError, match="memory of GPU-1 cannot be leased"):
        memory(tmp_path).lease(1, "x")


def test_the_runs_directory_is_private_and_its_own(tmp_path: Path) -> None:
    one, other = run_directory("a/../../b", tmp_path), run_directory("c", tmp_path)
    assert one != other
    assert one.parent == tmp_path
    private_directory(one)
    assert one.stat().st_mode & 0o777 == 0o700
    memory(tmp_path).lease(1, "x").release()
    remove_ledgers(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    remove_ledgers(tmp_path / "run")
