"""Running out of memory changes neither the results nor their order."""

from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.devices import OutOfMemoryError, is_out_of_memory, split_on_oom
from iclgd_core.errors import IclgdError


class Device:
    """A pretended device that holds `room` items at a time, and keeps what it was asked."""

    def __init__(self, room: int, error: type[Exception] = torch.OutOfMemoryError) -> None:
        self.room, self.error = room, error
        self.asked: list[int] = []

    def run(self, items: Sequence[int]) -> list[int]:
        self.asked.append(len(items))
        if len(items) > self.room:
            raise self.error("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return [item * item for item in items]


@given(st.lists(st.integers(), max_size=40), st.integers(1, 50))
def test_the_result_does_not_depend_on_the_split(items: list[int], room: int) -> None:
    device = Device(room)
    with patch("iclgd_core.devices.out_of_memory.free_cached_memory"):  # collecting garbage takes long in a test run
        assert split_on_oom(device.run, items) == [item * item for item in items]
    fits = [n for n in device.asked if n <= room]
    assert sum(fits) == len(items)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError])
def test_predictions_of_a_model_are_the_same_when_split(error: type[Exception]) -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(5, 3).double()
    rows = torch.randn(13, 5, dtype=torch.double)

    def answers(part: Sequence[int]) -> list[torch.Tensor]:
        if len(part) > 3:
            raise error("out of memory")
        return list(layer(rows[list(part)]).detach())

    split = torch.stack(split_on_oom(answers, range(13)))
    np.testing.assert_allclose(split.numpy(), layer(rows).detach().numpy(), rtol=0, atol=1e-15)


def test_sizes_are_halved_and_stay_small() -> None:
    device = Device(3)
    split_on_oom(device.run, list(range(16)))
    assert device.asked == [16, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2]


def test_no_items_run_nothing() -> None:
    device = Device(1)
    assert split_on_oom(device.run, []) == []
    assert device.asked == []


def test_one_item_that_does_not_fit_is_an_error_with_the_amounts() -> None:
    with pytest.raises(OutOfMemoryError) as raised:
        split_on_oom(Device(0).run, [1, 2], "GD on llama", lambda item: 28 * 2**30, lambda: 7 * 2**30)
    text = str(raised.value)
    assert "GD on llama does not fit into memory: it needs about 28.0 GiB, 7.0 GiB are free." in text
    assert isinstance(raised.value, IclgdError)
    assert raised.value.__context__ is None
    with pytest.raises(OutOfMemoryError, match=r"^a single item does not fit into memory\. Use"):
        split_on_oom(Device(0).run, [1])


def test_other_errors_are_not_touched() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        split_on_oom(_wrong, [1, 2])


def _wrong(items: Sequence[int]) -> list[int]:
    raise RuntimeError("shapes (2, 3) and (4, 5)")


def test_a_run_that_loses_results_is_found() -> None:
    with pytest.raises(ValueError, match="2 items gave 1 results"):
        split_on_oom(lambda items: [1], [1, 2])


def test_tensors_of_the_failed_run_are_gone_before_the_next() -> None:
    alive: list[int] = []

    class Tracked:
        count = 0

        def __init__(self) -> None:
            Tracked.count += 1

        def __del__(self) -> None:
            Tracked.count -= 1

    def run(items: Sequence[int]) -> list[int]:
        alive.append(Tracked.count)
        held = Tracked()
        if len(items) > 1:
            raise torch.OutOfMemoryError("no room")
        del held
        return list(items)

    split_on_oom(run, [1, 2, 3, 4])
    assert alive == [0] * len(alive)


def test_the_cpu_allocator_is_understood() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(10**15, dtype=torch.uint8)
    assert is_out_of_memory(raised.value)
    assert not is_out_of_memory(RuntimeError("something else"))
    assert is_out_of_memory(MemoryError())
