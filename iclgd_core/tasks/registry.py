"""Tasks by name."""

from typing import Protocol

from iclgd_core.errors import UnknownNameError
from iclgd_core.tasks.episode import Episode
from iclgd_core.tasks.ginc_task import GincTask


class Task(Protocol):
    """What a claim needs of a task; two tasks are equal, and hash alike, if they draw the same episodes."""

    def __hash__(self) -> int:
        """Hash of whatever decides the episodes."""

    @property
    def name(self) -> str:
        """Name used on the command line and in reports."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The task's vocabulary: `symbols[i]` is the text of symbol i."""

    def prompt_length(self, shots: int) -> int:
        """Return the most tokens that a prompt of so many demonstrations and a query takes."""

    def episode(self, seed: int, split: str, index: int, queries: int) -> Episode:
        """Draw episode `index` of `split`."""


TASKS: dict[str, Task] = {task.name: task for task in (GincTask(k) for k in (3, 5, 8, 10))}
"""GINC by prompt length: these stand where AG News, CB, SST-2 and RTE stand in the paper."""


def get_task(name: str) -> Task:
    """Return the task called `name`.

    Raises:
        UnknownNameError: no such task; the message names the nearest.
    """
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    return TASKS[name]
