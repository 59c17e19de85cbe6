"""How far something long has come, told to whoever watches; without an observer telling costs nothing and says nothing.

What takes long says what it does and how many of its steps are done; who runs it watches:

    >>> seen = []
    >>> with observed(lambda *said: seen.append(said)):
    ...     list(with_progress("ab", "letters"))
    ['a', 'b']
    >>> seen
    [('letters', 0, 2), ('letters', 1, 2), ('letters', 2, 2)]
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

Observer = Callable[[str, int, int], None]
"""Takes what is done, how many steps of it are done, and of how many; 0 of 0 where their number is not known."""

_OBSERVER: ContextVar[Observer | None] = ContextVar("observer", default=None)


@dataclass(frozen=True)
class Running:
    """A claim's test that runs, and what it is at.

    Attributes:
        node_id: the test.
        label: the sub-claim, for example `S1 [optimizer=sgd1]`.
        since: when it began, in seconds since the epoch.
        what, done, total: what was told last, see `Observer`; empty before anything was.
        began: when that began.
    """

    node_id: str
    label: str
    since: float
    what: str = ""
    done: int = 0
    total: int = 0
    began: float = 0.0


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Let `observer` hear what is told within the context, in this thread; it must not raise."""
    token = _OBSERVER.set(observer)
    try:
        yield
    finally:
        _OBSERVER.reset(token)


def tell(what: str, done: int = 0, total: int = 0) -> None:
    """Tell the observer, if there is one, how far something has come."""
    observer = _OBSERVER.get()
    if observer is not None:
        observer(what, done, total)


def with_progress(items: Sequence[T], what: str) -> Iterator[T]:
    """Yield the items and tell how many are done; of a single one nothing is told."""
    total = len(items)
    for i, item in enumerate(items):
        if total > 1:
            tell(what, i, total)
        yield item
    if total > 1:
        tell(what, total, total)


class Steps:
    """Steps of something that has no list of items: each `done` tells one more.

    Args:
        what: what is done.
        total: how many steps it has.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0

    def done(self) -> None:
        """Tell that one more step is done."""
        self.reach(self._done + 1)

    def reach(self, done: int) -> None:
        """Tell that so many steps are done, or need not be done any more."""
        self._done = min(done, self._total)
        tell(self._what, self._done, self._total)
