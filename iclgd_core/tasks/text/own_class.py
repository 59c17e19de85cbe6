"""A user's own task from a Python class, `path/to/file.py:ClassName` or `package.module:ClassName`."""

import importlib
import importlib.util
import inspect
import sys
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.text.own_rows import OwnRows, OwnSource
from iclgd_core.tasks.text.settings import TextSettings
from iclgd_core.tasks.text.task_file import checked_name
from iclgd_core.tasks.text.text_task import TextTask

MEMBERS = ("name", "episode", "encode", "check", "protocol")
"""What a class must have to be a task itself; see `tasks.registry.Task`."""


class TaskClassError(SettingsError):
    """A user's task class cannot be loaded, or is no task."""


def task_from_class(where: str, settings: TextSettings) -> Any:
    """Return the task of a user's class. The class's module is executed: give only code that you trust.

    A subclass of `OwnRows` becomes a `TextTask`. Any other class is called with the settings and must have the
    members of a task: name, episode, encode, check, protocol.

    Raises:
        TaskClassError: no such file, module or class, a module that fails, or a class that is no task.
        UnknownNameError, SettingsError: settings that do not fit the task.
    """
    kind = _loaded(where)
    if issubclass(kind, OwnRows):
        for attribute in ("name", "fields", "classes", "templates"):
            if not hasattr(kind, attribute):
                raise TaskClassError(f"{where}: the class attribute {attribute!r} is missing; see OwnRows.")
        if inspect.isabstract(kind):
            raise TaskClassError(f"{where}: the method rows(split, data) is missing; see OwnRows.")
        checked_name(kind.name, where)
        return TextTask(
            OwnSource(kind),
            tuple(kind.templates),
            settings.template,
            settings.sampling,
            settings.data,
            settings.max_words,
        )
    missing = [member for member in MEMBERS if not hasattr(kind, member)]
    if missing:
        raise TaskClassError(
            f"{where}: the class is no subclass of OwnRows, and as a task of its own it lacks {', '.join(missing)}; "
            f"needed: {', '.join(MEMBERS)}."
        )
    try:
        return kind(settings)
    except TypeError as error:
        raise TaskClassError(f"{where}: the class is called with the settings of the run: {error}.") from error


@lru_cache(maxsize=8)
def _loaded(where: str) -> type[Any]:
    """Return the class; once in a process, so that one task stays equal to itself."""
    place, _, name = where.rpartition(":")
    if not place or not name.isidentifier():
        raise TaskClassError(f"{where!r} is no task class; allowed: path/to/file.py:Class or package.module:Class.")
    try:
        module = _file_module(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except TaskClassError:
        raise
    except Exception as error:  # whatever the user's own module raises
        raise TaskClassError(f"{where}: loading its module failed: {type(error).__name__}: {error}") from error
    kind = getattr(module, name, None)
    if not isinstance(kind, type):
        classes = sorted(key for key, value in vars(module).items() if isinstance(value, type))
        raise TaskClassError(f"{where}: no class {name!r} in it; its classes: {', '.join(classes) or 'none'}.")
    return kind


def _file_module(path: Path) -> ModuleType:
    if not path.is_file():
        raise TaskClassError(f"no such file: {path}. Give path/to/file.py:Class.")
    name = f"iclgd_own_task_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TaskClassError(f"{path} cannot be loaded as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses of the module look it up
    spec.loader.exec_module(module)
    return module
