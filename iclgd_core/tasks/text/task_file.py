"""A user's own text task from a small TOML file; the format stands in docs/tasks.md."""

import re
import tomllib
from pathlib import Path

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.text.hub import SPLITS, Hub
from iclgd_core.tasks.text.linear_digits import NAME as LINEAR_DIGITS
from iclgd_core.tasks.text.paper_sets import PAPER_SETS
from iclgd_core.tasks.text.rows import Columns, Numbers
from iclgd_core.tasks.text.settings import TextSettings
from iclgd_core.tasks.text.source import TextSource
from iclgd_core.tasks.text.strict_table import StrictTable, TaskFileError
from iclgd_core.tasks.text.template import Template
from iclgd_core.tasks.text.text_task import TextTask
from iclgd_core.tasks.text.word_lists import WORD_LISTS

KEYS = ("name", "fields", "label", "classes", "numbers", "held_out", "folder", "hub", "template")
HUB_KEYS = ("repository", "revision", "files")
TEMPLATE_KEYS = ("name", "layout", "words", "instruction", "separator", "before", "after")

TAKEN = (*PAPER_SETS, LINEAR_DIGITS, *WORD_LISTS)
"""Names of the text tasks that come with the project."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def task_from_file(path: Path, settings: TextSettings) -> TextTask:
    """Return the task that a TOML file declares; its rows are not read yet.

    Raises:
        TaskFileError: the file cannot be read, or a key or value is not allowed.
        UnknownNameError, SettingsError: settings that do not fit the task.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise TaskFileError(f"{path}: it cannot be read as a task file (TOML): {reason}.") from error
    table = StrictTable(values, str(path))
    table.only(KEYS)
    name = checked_name(table.text("name"), table.where)
    columns = Columns(
        table.texts("fields"), table.text("label", "label"), table.texts("classes"), numbers=_numbers(table)
    )
    if len(columns.classes) < 2:
        raise table.wrong("classes", "a list of two or more class names, in the order of the label numbers")
    held_out = table.optional("held_out")
    if held_out is not None and held_out not in SPLITS[1:]:
        raise table.wrong("held_out", " or ".join(SPLITS[1:]) + ", or no such key: then half of train is held out")
    folder = table.optional("folder")
    hub = _hub(table.table("hub"), held_out) if "hub" in table.values else None
    source = TextSource(name, columns, held_out, hub, (path.parent / folder).resolve() if folder is not None else None)
    templates = tuple(_template(one, columns) for one in table.tables("template"))
    if len({template.name for template in templates}) < len(templates):
        raise TaskFileError(f"{path}: two templates have one name.")
    return TextTask(source, templates, settings.template, settings.sampling, settings.data, settings.max_words)


def _numbers(table: StrictTable) -> Numbers:
    match table.optional("numbers"):
        case None:
            return ""
        case "positions" | "names" as said:
            return said
        case _:
            raise table.wrong(
                "numbers", '"positions" (0 is the first class) or "names" (a number is the name of its class)'
            )


def checked_name(name: str, where: str) -> str:
    """Return the name of a user's task.

    Raises:
        TaskFileError: it is no short lower-case word, or the name of a task that comes with the project.
    """
    if not _NAME.fullmatch(name) or name in TAKEN:
        raise TaskFileError(
            f"{where}: name = {name[:80]!r} is not allowed; allowed: up to 40 of a-z, 0-9, _ and -, beginning with a "
            f"letter, and none of {', '.join(TAKEN)}."
        )
    return name


def _hub(table: StrictTable, held_out: str | None) -> Hub:
    table.only(HUB_KEYS)
    files = table.table("files")
    files.only(SPLITS)
    wanted = ("train", held_out) if held_out is not None else ("train",)
    patterns = tuple((split, files.text(split)) for split in wanted)
    try:
        return Hub(table.text("repository"), table.optional("revision"), patterns)
    except TaskFileError:
        raise
    except SettingsError as error:
        raise TaskFileError(f"{table.where}: {error}") from error


def _template(table: StrictTable, columns: Columns) -> Template:
    table.only(TEMPLATE_KEYS)
    words = table.table("words")
    words.only(columns.classes)
    try:
        template = Template(
            table.text("name"),
            table.text("layout"),
            tuple(words.text(name) for name in columns.classes),
            table.text("instruction", ""),
            table.text("separator", "\n"),
            table.text("after", ""),
            "the user's",
            table.text("before", " "),
        )
        template.check(columns)
    except TaskFileError:
        raise
    except SettingsError as error:
        raise TaskFileError(f"{table.where}: {error}") from error
    return template
