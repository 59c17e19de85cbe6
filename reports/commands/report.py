"""`iclgd report`: a saved report drawn again, its verdicts registered, a killed run's report made."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from iclgd_core.errors import StorageError
from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.expectations import Expectations
from iclgd_core.safety.command import Command

from ..collect.exit_status import INCOMPLETE
from ..collect.journal import recover
from ..document.accept import files_after, obstacles, propose, words
from ..document.json_report import write, write_whole
from ..document.partial import selected, unfinished
from ..document.report import Report, ReportError, document, report_of
from ..document.report_directory import DEFAULT, WrittenReport, draw, write_report
from ..document.saved import read_saved
from ..render.console import terminal_width
from ..render.markdown_summary import render_summary
from ..render.plain_text import plain
from ..render.readme import filled
from ..render.terminal import render_claims

EXPECTED = Path("claims/expected")
FILES, SUMMARY = "files", "summary"
DECLINED = 1
FORCES = ("--force-dirty", "--force-partial", "--force-tier")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", nargs="?", type=Path, default=DEFAULT, metavar="DIR",
                        help=f"Report directory, or its claims.json (default: {DEFAULT})")  # fmt: skip
    where = "Directory to write to (default: where the report is); of a summary, the file (default: standard output)"
    parser.add_argument("--out", type=Path, metavar="DIR2", help=where)
    forms = "summary: Markdown that fits a pull-request comment (default: the files of the report)"
    parser.add_argument("--format", choices=(FILES, SUMMARY), default=FILES, help=forms)
    parser.add_argument("-v", "--verbose", action="store_true", help="Show all sub-claims, not one line a claim")
    parser.add_argument("--recover", action="store_true", help="Make the report of a run that was killed")
    parser.add_argument(
        "--readme", type=Path, metavar="FILE", help="Make the marked tables of a README from the report"
    )
    parser.add_argument("--accept", action="store_true", help="Register the verdicts of the report")
    parser.add_argument("--expected", type=Path, metavar="DIR", help=f"Registered verdicts (default: {EXPECTED})")
    parser.add_argument("--why", metavar="TEXT", help="Why these verdicts are to be expected; for new and changed ones")
    parser.add_argument("--yes", action="store_true", help="Register without asking")
    for flag in FORCES:
        kind = flag.removeprefix("--force-")
        more = "Register, or fill a README," if kind == "partial" else "Register"
        parser.add_argument(flag, action="store_true", help=f"{more} although the run is refused ({kind})")


def _report(args: argparse.Namespace, console: Console) -> int:
    _check(args)
    if args.accept:
        return _accept(args, console)
    if args.readme is not None:
        return _readme(args, console)
    if args.format == SUMMARY:
        return _summary(args, console)
    if args.recover:
        report = _recovered(args.place)
        written = write_report(report, args.out or args.place)
    else:
        saved = read_saved(args.place)
        report, out = saved.report, args.out or saved.path.parent
        first = () if _same(out, saved.path.parent) else (write(document(report), out),)
        drawn = draw(report, out)
        written = WrittenReport((*first, *drawn.paths), drawn.failures)
    text = render_claims(
        report.evidence, report.with_evidence, terminal_width(), console.is_terminal, int(args.verbose)
    )
    console.file.write(text)
    _say(console, f"Claims report: {', '.join(map(str, written.paths))}")
    if written.failures:
        raise StorageError(" ".join(written.failures))
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse options that do nothing together."""
    for name in ("expected", "why", "yes", *(flag.removeprefix("--").replace("-", "_") for flag in FORCES)):
        if getattr(args, name) and not (args.accept or (args.readme and name == "force_partial")):
            raise ReportError(f"--{name.replace('_', '-')} is for --accept, which is not given. Add it, or drop this.")
    if args.format == SUMMARY and (args.accept or args.recover or args.readme or args.verbose):
        raise ReportError("--format summary draws that alone. Drop --accept, --recover, --readme and --verbose.")
    if args.accept and (args.out or args.recover or args.readme):
        raise ReportError("--accept registers verdicts and draws nothing. Drop --out, --recover and --readme.")
    if args.readme and (args.out or args.recover):
        raise ReportError("--readme fills a README and draws nothing else. Drop --out and --recover.")


def _summary(args: argparse.Namespace, console: Console) -> int:
    """Write the summary of a saved report to standard output, or to a file."""
    text = render_summary(read_saved(args.place).report)
    if args.out is None:
        console.file.write(text)
    else:
        _say(console, f"written: {write_whole(text, args.out, '--out')}")
    return 0


def _readme(args: argparse.Namespace, console: Console) -> int:
    """Fill the marked sections of a README from a saved report of a whole run; nothing is written from a part of it."""
    saved = read_saved(args.place)
    partial = [*unfinished(saved.report), *selected(saved.report)]
    if partial and not args.force_partial:
        raise ReportError(
            f"nothing was written: {saved.path} is of a partial run, and the tables would lack the rest: "
            f"{'; '.join(partial)} (--force-partial overrules that)."
        )
    try:
        text = args.readme.read_bytes().decode("utf-8")
    except (OSError, UnicodeError) as error:
        raise ReportError(
            f"--readme is '{args.readme}', which cannot be read as text: {error}. Check the path."
        ) from error
    try:
        written = write_whole(filled(text, saved.report), args.readme, "--readme")
    except ReportError as error:
        raise ReportError(f"{args.readme}: {error}") from error
    _say(console, f"written: {written}")
    return 0


def _recovered(directory: Path) -> Report:
    rows, run = recover(directory)
    evidence = with_verdicts([row.evidence for row in rows])
    state = {"complete": False, "exit_status": INCOMPLETE}
    return report_of(evidence, {**run, **state}, sum(row.recorded for row in rows))


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _accept(args: argparse.Namespace, console: Console) -> int:
    """Show the difference, hold the run to its conditions, ask, write; 1 if the answer was no."""
    saved = read_saved(args.place)
    directory = args.expected or EXPECTED
    if args.expected is not None and not directory.is_dir():
        raise ReportError(f"--expected is '{directory}'. Allowed: an existing directory. Check the path.")
    registered = Expectations.read(directory)
    why = (args.why or "").strip()
    proposal = propose(saved.report, registered, why)
    run = saved.report.run
    known = ", ".join(f"{name} {run[name]}" for name in ("tier", "seed", "device", "commit") if name in run)
    _say(console, f"{saved.path} ({known}) against {directory}:")
    for line in words(proposal):
        _say(console, f"  {line}")
    found = obstacles(saved.report, registered, _in_checkout(directory))
    standing = {
        flag: text for flag, text in found.items() if not getattr(args, flag.removeprefix("--").replace("-", "_"))
    }
    if standing:
        reasons = "; ".join(f"{text} ({flag} overrules that)" for flag, text in standing.items())
        raise ReportError(f"nothing was registered: {reasons}.")
    if proposal.is_empty:
        _say(console, "Nothing to register: the verdicts are those expected.")
        return 0
    if proposal.needs_why and not why:
        raise ReportError("nothing was registered: new or changed verdicts need a reason. Give it with --why TEXT.")
    if not args.yes and not _confirmed(console):
        _say(console, "Nothing was registered.")
        return DECLINED
    for path, text in files_after(proposal, registered, directory).items():
        _say(console, f"written: {write_whole(text, path, '--expected')}")
    return 0


def _confirmed(console: Console) -> bool:
    if not sys.stdin.isatty():
        raise ReportError("nothing was registered: there is no terminal to ask on. Give --yes to register.")
    try:
        return console.input("Register these verdicts? [y/N] ", markup=False).strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _in_checkout(directory: Path) -> bool:
    here = directory.resolve()
    return any((folder / ".git").exists() for folder in (here, *here.parents))


def _say(console: Console, line: str) -> None:
    console.print(plain(line), markup=False, highlight=False, soft_wrap=True, emoji=False)


REPORT = Command("report", "Draw a saved report again, or register its verdicts", _configure, _report)
