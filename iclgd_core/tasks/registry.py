"""Tasks by name."""

from typing import Any, Protocol

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.tasks.ginc.sequence import GincSequenceTask
from iclgd_core.tasks.ginc.task import GincTask
from iclgd_core.tasks.ginc.world import VARIANTS
from iclgd_core.tasks.prompts import EpisodePrompts, Reader
from iclgd_core.tasks.text.by_name import DRAWN, drawn_task, is_own_task, own_task, text_task, text_task_names
from iclgd_core.tasks.text.by_name import HINT as OWN_TASK
from iclgd_core.tasks.text.settings import TextSettings


class Task(Protocol):
    """What a claim needs of a task; two tasks are equal, and hash alike, if they draw the same episodes."""

    def __hash__(self) -> int:
        """Hash of whatever decides the episodes."""

    @property
    def name(self) -> str:
        """Name used on the command line and in reports."""

    def episode(self, seed: int, split: str, index: int, queries: int) -> Any:
        """Draw episode `index` of `split`, "tuning" or "evaluation"; `encode` takes what it returns."""

    def encode(self, episode: Any, reader: Reader) -> EpisodePrompts:
        """Write an episode of this task in a model's tokens."""

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read the task; an IclgdError says why not."""

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about its prompts: template, label words, sampling, data."""


TASKS: dict[str, Task] = {task.name: task for task in (GincTask(k) for k in (3, 5, 8, 10))}
"""GINC by prompt length: these stand where AG News, CB, SST-2 and RTE stand in the paper; `tasks.text` has those."""

VARIANT_TASKS: dict[str, Task] = {
    task.name: task for task in (GincTask(k, world, name) for name, world in VARIANTS.items() for k in (3, 5, 8, 10))
}
"""GINC in other worlds, for models that were trained there (arXiv 2111.02080, section 4.2)."""


SEQUENCE_TASKS: dict[str, Task] = {task.name: task for task in (GincSequenceTask(8),)}
"""GINC with an answer of three symbols."""


def get_task(name: str, settings: TextSettings | None = None) -> Task:
    """Return the task called `name`; nothing is read or fetched yet.

    Args:
        name: GINC or a text task by name, or a user's own: path/to/task.toml, path/to/file.py:Class, package:Class.
        settings: data, template and sampling of a text task; GINC ignores them.

    Raises:
        UnknownNameError: no such task, or no such template of it; the message names the nearest.
        IclgdError: a task of one's own that cannot be loaded, or settings that do not fit.
    """
    if name in TASKS:
        return TASKS[name]
    if name in VARIANT_TASKS:
        return VARIANT_TASKS[name]
    if name in SEQUENCE_TASKS:
        return SEQUENCE_TASKS[name]
    if name in text_task_names():
        return text_task(name, settings)
    if name in DRAWN:
        return drawn_task(name, settings)
    if is_own_task(name):
        own: Task = own_task(name, settings)
        return own
    raise UnknownNameError("task", name, known_tasks(), OWN_TASK)


def known_tasks() -> tuple[str, ...]:
    """Return the names of the tasks that come with the project, those of regression excepted."""
    return (*TASKS, *VARIANT_TASKS, *SEQUENCE_TASKS, *text_task_names(), *DRAWN)
