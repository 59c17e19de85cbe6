"""Out of memory: go on in smaller parts with the same result, and say what was missing where even one is too much."""

import gc
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from iclgd_core.devices.machine import has_started
from iclgd_core.devices.sizes import shown
from iclgd_core.errors import IclgdError

T = TypeVar("T")
R = TypeVar("R")

_CPU_ALLOCATOR = "DefaultCPUAllocator: can't allocate memory"
"""PyTorch has no exception of its own for the CPU, only a RuntimeError with this text."""


class OutOfMemoryError(IclgdError):
    """A single item needs more memory than there is."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception says that memory ran out, of a GPU or of the CPU."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and _CPU_ALLOCATOR in str(error)
    )


def split_on_oom(
    run: Callable[[Sequence[T]], list[R]],
    items: Sequence[T],
    what: str = "a single item",
    needed: Callable[[T], int] | None = None,
    free: Callable[[], int | None] = lambda: None,
) -> list[R]:
    """Return `run(items)`, halving the items where memory runs out, down to one at a time.

    The result of an item must not depend on its neighbours, and a `run` that fails must leave nothing behind that
    would change the next one (trained weights must be restored). Once a size has failed, no larger one is tried again
    in this call.

    Args:
        run: returns one result an item, in their order.
        items: to run on.
        what: one item, in words, for the error.
        needed: bytes that one item takes, by estimate.
        free: bytes that are free now, or None if unknown.

    Raises:
        OutOfMemoryError: memory runs out with a single item.
    """
    results: list[R] = []
    size = max(1, len(items))
    while len(results) < len(items):
        part = items[len(results) : len(results) + size]
        answer = _attempt(run, part)
        # outside of the except block: the traceback, which holds the tensors of the failed run, is gone
        if answer is not None:
            if len(answer) != len(part):
                raise ValueError(f"{len(part)} items gave {len(answer)} results")
            results += answer
            continue
        free_cached_memory()
        if len(part) == 1:
            raise OutOfMemoryError(_message(what, None if needed is None else needed(part[0]), free()))
        size = -(-len(part) // 2)
    return results


def free_cached_memory() -> None:
    """Give back what Python and PyTorch keep for later."""
    gc.collect()
    if has_started():
        torch.cuda.empty_cache()


def _attempt(run: Callable[[Sequence[T]], list[R]], part: Sequence[T]) -> list[R] | None:
    """Return the results, or None where memory ran out."""
    try:
        return run(part)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    return None


def _message(what: str, needed: int | None, free: int | None) -> str:
    first = f"{what} does not fit into memory"
    amounts = [
        *([f"it needs about {shown(needed)}"] if needed is not None else []),
        *([f"{shown(free)} are free"] if free is not None else []),
    ]
    said = f"{first}: {', '.join(amounts)}." if amounts else f"{first}."
    return f"{said} Use a smaller model or number format, fewer workers (-n), or a device with more memory."
