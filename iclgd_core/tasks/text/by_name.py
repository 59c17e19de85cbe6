"""Text tasks by name, file or class."""

from pathlib import Path
from typing import Any

from iclgd_core.errors import UnknownNameError
from iclgd_core.tasks.text.linear_digits import NAME as LINEAR_DIGITS
from iclgd_core.tasks.text.linear_digits import LinearDigits
from iclgd_core.tasks.text.own_class import task_from_class
from iclgd_core.tasks.text.paper_sets import PAPER_SETS
from iclgd_core.tasks.text.paper_templates import PAPER_TEMPLATES
from iclgd_core.tasks.text.settings import TextSettings
from iclgd_core.tasks.text.task_file import task_from_file
from iclgd_core.tasks.text.text_task import TextTask
from iclgd_core.tasks.text.word_lists import WORD_LISTS
from iclgd_core.tasks.text.word_task import WordTask

DRAWN = (LINEAR_DIGITS, *WORD_LISTS)
"""Names of the text tasks that come with the project and draw their episodes: no data are read."""

HINT = "A task of your own is given as path/to/task.toml, path/to/file.py:Class or package.module:Class."


def text_task_names() -> tuple[str, ...]:
    """Return the names of the text sets that come with the project, those of arXiv 2310.08540 first; see also DRAWN."""
    return tuple(PAPER_SETS)


def is_own_task(name: str) -> bool:
    """Return whether a name is a user's task file or class and not one of a task that comes with the project."""
    return name.endswith(".toml") or ":" in name


def text_task(name: str, settings: TextSettings | None = None) -> TextTask:
    """Return the text task called `name`, one of `text_task_names`; nothing is read or fetched yet.

    Raises:
        UnknownNameError: no such task, or no such template of it.
        SettingsError: settings out of range.
    """
    settings = settings or TextSettings()
    if name not in PAPER_SETS:
        raise UnknownNameError("text task", name, PAPER_SETS, HINT)
    return TextTask(
        PAPER_SETS[name], PAPER_TEMPLATES[name], settings.template, settings.sampling, settings.data, settings.max_words
    )


def drawn_task(name: str, settings: TextSettings | None = None) -> LinearDigits | WordTask:
    """Return the text task called `name`, one of DRAWN; of the settings, the template alone means anything to it.

    Raises:
        UnknownNameError: no such task, or no such template of it.
    """
    if name not in DRAWN:
        raise UnknownNameError("text task", name, DRAWN, HINT)
    template = (settings or TextSettings()).template
    return LinearDigits(template) if name == LINEAR_DIGITS else WordTask(WORD_LISTS[name], template)


def has_open_answers(task: object) -> bool:
    """Return whether the answers of a task are open, so that it has no labels: of the word tasks, all but a few."""
    return isinstance(task, WordTask) and task.open


def own_task(where: str, settings: TextSettings | None = None) -> Any:
    """Return a user's task: a TOML file declares it, or a Python class is it.

    Raises:
        TaskFileError, TaskClassError: it cannot be loaded; the text names what is wrong and what is allowed.
        UnknownNameError, SettingsError: settings that do not fit the task.
    """
    settings = settings or TextSettings()
    if where.endswith(".toml"):
        return task_from_file(Path(where), settings)
    return task_from_class(where, settings)
