"""`iclgd episodes`: from a number of a report down to an episode, its prompts and the learners' answers."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from iclgd_core.evidence.in_words import label, subject
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.registered_names import near
from iclgd_core.safety.command import Command

from .. import plugin, progress, survival
from ..document.report import ReportError
from ..document.report_directory import DEFAULT
from ..document.saved import read_saved
from ..render.episodes import episode_text
from ..render.html.protocol import command, episodes_command, given_options

PLUGINS = [module.__name__ for module in (plugin, progress, survival)]
"""Left out of the run, so that no report is written."""

MOST_NAMED = 8
LAST_LINES = 12


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("claim", metavar="CLAIM", help="Claim, for example S2")
    parser.add_argument("--model", metavar="NAME", help="Model, where the claim has several")
    parser.add_argument("--task", metavar="NAME", help="Task, where there are several")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                        help="Parameter of the sub-claim; may be repeated")  # fmt: skip
    parser.add_argument(
        "--episode", type=int, default=0, metavar="N", help="Number of the episode, from 0 (default: 0)"
    )
    parser.add_argument("--report", type=Path, default=DEFAULT, metavar="DIR",
                        help=f"Report directory, or its claims.json (default: {DEFAULT})")  # fmt: skip
    parser.add_argument("--cache", type=Path, metavar="DIR", help="Directory of stored measurements")
    parser.add_argument("--all", action="store_true", help="Answers in every setting and order that was measured")
    parser.add_argument("--json", action="store_true", help="Write JSON for a program instead of text")


def _episodes(args: argparse.Namespace, console: Console) -> int:
    report = read_saved(args.report).report
    item = _sub_claim(report.evidence, args)
    options = given_options(report.run)
    stored = [f"--iclgd-cache={args.cache}"] * bool(args.cache) or list(given_options(report.run, ("--iclgd-cache",)))
    sheet = _sheet(item, [*options, *stored], args.episode)
    if args.json:
        console.file.write(json.dumps(sheet, ensure_ascii=False, indent=1) + "\n")
    else:
        console.file.write(episode_text(item, sheet, args.all))
    return 0


def _sub_claim(evidence: Sequence[Evidence], args: argparse.Namespace) -> Evidence:
    """Return the one sub-claim that is meant."""
    if wrong := [pair for pair in args.param if not pair.partition("=")[0] or "=" not in pair]:
        raise ReportError(f"--param is {wrong[0]!r}. Allowed: NAME=VALUE, for example optimizer=sgd1.")
    wanted = dict(pair.partition("=")[::2] for pair in args.param)
    of_claim = [item for item in evidence if item.id == args.claim]
    if not of_claim:
        known = dict.fromkeys(item.id for item in evidence)
        same = [id for id in known if id.casefold() == args.claim.casefold()]
        hint = f"Nearest: {', '.join(same)}." if same else near(args.claim, known)
        raise ReportError(f"the report in {args.report} has no claim {args.claim!r}. {hint}")
    found = [
        item for item in of_claim
        if args.model in (None, item.model) and args.task in (None, item.task)
        and all(item.params.get(name) == value for name, value in wanted.items())
    ]  # fmt: skip
    if len(found) != 1:
        meant = found or of_claim
        more = f" and {len(meant) - MOST_NAMED} more" if len(meant) > MOST_NAMED else ""
        named = "".join(f"\n  {episodes_command(item)}" for item in meant[:MOST_NAMED])
        which = f"{len(found)} sub-claims of {args.claim} fit" if found else f"no sub-claim of {args.claim} fits"
        raise ReportError(f"{which}. Name one with --model, --task and --param:{named}{more}")
    (item,) = found
    if item.outcome is None:
        raise ReportError(f"{label(item)} on {subject(item)} has no numbers: {item.reason or 'nothing was judged'}.")
    if item.outcome.unit != "episode":
        raise ReportError(f"{label(item)} has no episodes: its unit is the {item.outcome.unit}.")
    return item


def _sheet(item: Evidence, options: Sequence[str], number: int) -> Mapping[str, Any]:
    """Run the sub-claim's test on what is stored, in a process of its own; return the episode that it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "episode.json"
        left_out = [part for name in PLUGINS for part in ("-p", f"no:{name}")]
        asked = [f"--iclgd-episode-file={file}", f"--iclgd-episode={number}", *left_out]
        run = [sys.executable, "-m", "pytest", "-q", "--no-header", item.node_id, *options, *asked]
        done = subprocess.run(run, capture_output=True, text=True, check=False)  # noqa: S603  (our own interpreter)
        if not file.exists():
            last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LAST_LINES:])
            raise ReportError(f"{item.node_id} could not be run from here. Its last lines:\n{last}")
        content: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if "error" in content:
        again = f" Measure it with:\n  {command([item.node_id], options)}" if not content["stored"] else ""
        raise ReportError(f"{label(item)} on {subject(item)}: {content['error']}{again}")
    sheet: Mapping[str, Any] = content["sheet"]
    return sheet


EPISODES = Command(
    "episodes", "Show an episode behind a number of a report: its prompts and answers, as stored", _configure, _episodes
)
