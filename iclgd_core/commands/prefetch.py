"""`iclgd prefetch`: have everything a run needs on this machine, so that it needs no network."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from iclgd_core.errors import IclgdError, SettingsError
from iclgd_core.hub.client import online
from iclgd_core.hub.data import cached_data, data_of, fetch_data
from iclgd_core.hub.download import Progress as Tell
from iclgd_core.hub.download import check_room, to_fetch
from iclgd_core.hub.files import files_of
from iclgd_core.hub.resolve import ensure_available
from iclgd_core.hub.series import CHECKPOINTS, expand
from iclgd_core.hub.source import HubId, ModelSource, parse
from iclgd_core.hub.versions import check_versions
from iclgd_core.models.language.preflight import reader_of
from iclgd_core.models.regression.names import is_regression_model
from iclgd_core.models.regression.registry import load_regression_model
from iclgd_core.safety.command import Command
from iclgd_core.tasks import get_task
from iclgd_core.tasks.regression.registry import REGRESSION_TASKS
from iclgd_core.tasks.text import TextSettings

MISSING = 1


@dataclass(frozen=True)
class Outcome:
    """What became of one model or data set.

    Attributes:
        what: "model gpt2", "task ag_news".
        there: whether it is there.
        told: where, or why not.
    """

    what: str
    there: bool
    told: str


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", action="append", default=[], metavar="NAME",
        help="Model: owner/name[@revision], owner/name@step* for its checkpoints, or family:NAME; may be repeated",
    )  # fmt: skip
    parser.add_argument("--task", action="append", default=[], metavar="NAME", help="Task; may be repeated")
    parser.add_argument("--data", type=Path, metavar="DIR", help="Folder of the tasks' rows, instead of the Hub")
    parser.add_argument(
        "--checkpoints", type=int, default=CHECKPOINTS, metavar="N",
        help=f"Late checkpoints of a series, evenly spaced; 0 for all (default: {CHECKPOINTS})",
    )  # fmt: skip


def _prefetch(args: argparse.Namespace, console: Console) -> int:
    if not args.model and not args.task:
        raise SettingsError("what is to be fetched? Give --model NAME, --task NAME, or both.")
    if args.checkpoints < 0:
        raise SettingsError(f"--checkpoints is {args.checkpoints}. Allowed: 1 or more, or 0 for all.")
    check_versions()
    if not online():
        _say(console, "HF_HUB_OFFLINE is set, so nothing is downloaded; this only looks at what is there.")
    drawn = [name for name in dict.fromkeys(args.task) if name in REGRESSION_TASKS]
    tasks = {name: _task(name, args.data) for name in dict.fromkeys(args.task) if name not in REGRESSION_TASKS}
    outcomes, names = _names(args.model, args.checkpoints)
    outcomes += [Outcome(f"task {name}", True, "regression, needs no data of the Hub") for name in drawn]
    if online():
        outcomes += _room(names)
    if not any(not one.there for one in outcomes):
        with _progress(console) as tell:
            outcomes += [_model(name, tell) for name in names]
            outcomes += [_data(name, task, tell) for name, task in tasks.items()]
    for one in outcomes:
        _say(console, f"{'there' if one.there else 'missing'}: {one.what}: {one.told}")
    if not all(one.there for one in outcomes):
        _say(console, f"{sum(not one.there for one in outcomes)} of {len(outcomes)} are missing.")
        if not online():
            _say(console, "Unset HF_HUB_OFFLINE, or set it to 0, and type the command again.")
        return MISSING
    _say(console, f"All {len(outcomes)} are there. This runs without network: {_command(args)}")
    return 0


def _task(name: str, data: Path | None) -> Any:  # a Task; text tasks have a source
    return get_task(name, TextSettings(data=data))


def _names(given: Sequence[str], at_most: int) -> tuple[list[Outcome], list[str]]:
    """Return the language models that the names stand for, and what became of the other names."""
    outcomes: list[Outcome] = []
    names: list[str] = []
    for name in dict.fromkeys(given):
        try:
            if is_regression_model(name):
                load_regression_model(name)  # read as a run will read it
                outcomes.append(Outcome(f"model {name}", True, "regression, needs nothing of the Hub"))
            else:
                names += expand([name], at_most)
        except IclgdError as error:
            outcomes.append(Outcome(f"model {name}", False, str(error)))
    return outcomes, list(dict.fromkeys(names))


def _room(names: Sequence[str]) -> list[Outcome]:
    """Return a refusal where the disk has no room for all that would be fetched; what fails here is told later."""
    needed = 0
    for name in names:
        try:
            meant = parse(name)
            needed += to_fetch(meant) if isinstance(meant, HubId) else 0
        except IclgdError:
            continue
    try:
        check_room(needed, f"this prefetch ({len(names)} models)")
    except IclgdError as error:
        return [Outcome("disk", False, str(error))]
    return []


def _model(name: str, tell: Tell) -> Outcome:
    what = f"model {name}"
    try:
        found = ensure_available([name], progress=tell, thorough=True)
        if name in found.not_run:
            return Outcome(what, False, found.not_run[name])
        source = found.sources[name]
        reader_of(name, source.commit)  # configuration and tokenizer are read as a run will read them
        return Outcome(what, True, _where(source))
    except IclgdError as error:
        return Outcome(what, False, str(error))


def _where(source: ModelSource) -> str:
    size = sum((source.path / name).stat().st_size for name in files_of(source.path, source.name)) / 1e9
    commit = f"commit {source.commit}, " if source.commit else ""
    return f"{commit}{size:.2f} GB, {source.path}"


def _data(name: str, task: Any, tell: Tell) -> Outcome:  # see `_task`
    what, needs = f"task {name}", data_of(task)
    try:
        told = "needs no data of the Hub"
        if needs is not None:
            folder = fetch_data(needs, tell, thorough=True) if online() else cached_data(needs)
            told = f"{needs.repo}, commit {folder.name}, {folder}"
        source = getattr(task, "source", None)
        if source is not None:
            read = source.read(getattr(task, "data", None))  # rows are read as a run will read them
            told += f", {len(read.train.rows):,} rows to train on"
        return Outcome(what, True, told)
    except IclgdError as error:
        return Outcome(what, False, str(error))


def _command(args: argparse.Namespace) -> str:
    models = [f"--iclgd-model={quote(name)}" for name in args.model]
    tasks = [f"--iclgd-task={quote(name)}" for name in args.task]
    data = [f"--iclgd-data={quote(str(args.data))}"] if args.data is not None else []
    return " ".join(["HF_HUB_OFFLINE=1 pytest claims", *models, *tasks, *data])


@contextmanager
def _progress(console: Console) -> Iterator[Tell]:
    """Draw a bar for each download on a terminal; elsewhere write a line whenever another tenth has come."""
    if not console.is_terminal:
        tenths: dict[str, int] = {}

        def log(what: str, done: int, total: int) -> None:
            tenth = 10 * done // total if total else 10
            if tenth > tenths.get(what, 0):
                tenths[what] = tenth
                _say(console, f"prefetch {what}: {10 * tenth}% of {total / 1e9:.2f} GB")

        yield log
        return
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(30), DownloadColumn(), TransferSpeedColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        rows: dict[str, Any] = {}

        def draw(what: str, done: int, total: int) -> None:
            if what not in rows:
                rows[what] = bar.add_task(what, total=total)
            bar.update(rows[what], completed=done, total=total)

        yield draw


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


PREFETCH = Command(
    "prefetch",
    "Download the models and data sets of a run, which then needs no network",
    _configure,
    _prefetch,
    when_interrupted="files that had come whole are kept; type the command again to go on",
)
