"""`iclgd calibrate`: test the rules, intervals and metrics on simulated data whose truth is known."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from iclgd_core.calibration.designs import DESIGNS, QUICK
from iclgd_core.calibration.run import Job, metric_jobs, rule_jobs, run_jobs
from iclgd_core.calibration.saved_report import designs_of_report
from iclgd_core.calibration.tables import CAPTION, document, failures, summary, tables
from iclgd_core.errors import SettingsError, StorageError
from iclgd_core.safety.command import Command

STUDIES = 1000
FEWEST = 100
"""With fewer, no Monte Carlo interval could tell 0.05 from 0.2."""

FAILED = 1


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"Studies a line (default: {STUDIES})")
    parser.add_argument("--seed", type=int, default=0, help="Seed of the simulation (default: 0)")
    parser.add_argument("--workers", type=int, default=0, help="Processes (default: one a CPU core)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write every line to FILE as well")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="Calibrate the rules of a saved report, not those of the suite"
    )


def _calibrate(args: argparse.Namespace, console: Console) -> int:
    if args.studies < FEWEST:
        raise SettingsError(f"--studies is {args.studies}. Allowed: {FEWEST} or more; fewer could show no fault.")
    if args.workers < 0:
        raise SettingsError(f"--workers is {args.workers}. Allowed: 1 or more, or 0 for one a CPU core.")
    if args.json is not None and not args.json.parent.is_dir():
        raise StorageError(f"--json: there is no directory {args.json.parent}. Make it, or name another file.")
    jobs = _jobs(args)
    with _progress(console, len(jobs)) as done:
        checks = run_jobs(jobs, args.workers or os.cpu_count() or 1, done)
    for table in tables(checks):
        console.print(table)
    console.print(CAPTION, markup=False, highlight=False)
    for failure in failures(checks):
        console.print(f"fails: {failure}", markup=False, highlight=False, style="bold red")
    console.print(summary(checks), markup=False, highlight=False)
    if args.json is not None:
        text = json.dumps(document(checks, args.studies, args.seed), indent=1, allow_nan=False)
        try:
            args.json.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise StorageError(f"--json: {args.json} cannot be written: {error}.") from error
        console.print(f"written to {args.json}", markup=False, highlight=False, soft_wrap=True)
    return FAILED if failures(checks) else 0


def _jobs(args: argparse.Namespace) -> list[Job]:
    if args.report is not None:
        return rule_jobs(designs_of_report(args.report), args.studies, args.seed)
    rules = rule_jobs(DESIGNS, args.studies, args.seed)
    return rules + metric_jobs(QUICK.minibatch_episodes, QUICK.episodes, args.studies, args.seed)


class _Done(Protocol):
    def __call__(self, label: str) -> None: ...


@contextmanager
def _progress(console: Console, total: int) -> Iterator[_Done]:
    """Draw a bar on a terminal; elsewhere write a line whenever another tenth is done."""
    finished = 0
    if not console.is_terminal:

        def log(label: str) -> None:
            nonlocal finished
            finished += 1
            if finished * 10 // total > (finished - 1) * 10 // total:
                console.print(f"calibrate {finished}/{total}: {label}", markup=False, highlight=False, soft_wrap=True)

        yield log
        return
    columns = (TextColumn("calibrate"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[last]}", markup=False), console=console, transient=True) as bar:
        task = bar.add_task("calibrate", total=total, last="")
        yield lambda label: bar.update(task, advance=1, last=label)


CALIBRATE = Command(
    "calibrate",
    "Test the rules, intervals and metrics on simulated data whose truth is known",
    _configure,
    _calibrate,
)
