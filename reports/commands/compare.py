"""`iclgd compare`: two saved reports side by side."""

import argparse
import shutil
from pathlib import Path

from rich.console import Console

from iclgd_core.safety.command import Command

from ..compare import Comparison, compare, comparison_document, render_comparison, render_comparison_markdown
from ..document.json_report import json_text, write_whole
from ..document.saved import read_saved
from ..render.plain_text import plain

TEXT, MARKDOWN, JSON = "text", "markdown", "json"
FILE_WIDTH = 100
WITHOUT_TERMINAL = (FILE_WIDTH, 24)


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", type=Path, metavar="A", help="Report directory, or its claims.json")
    parser.add_argument("after", type=Path, metavar="B", help="The report to hold against A")
    parser.add_argument("--format", choices=(TEXT, MARKDOWN, JSON), default=TEXT, help="Form (default: text)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="File to write to (default: standard output)")


def _compare(args: argparse.Namespace, console: Console) -> int:
    before, after = read_saved(args.before), read_saved(args.after)
    comparison = compare(before.report, after.report, str(before.path), str(after.path))
    if args.out is None:
        width = shutil.get_terminal_size(WITHOUT_TERMINAL).columns
        console.file.write(_drawn(comparison, args.format, width, console.is_terminal))
    else:
        path = write_whole(_drawn(comparison, args.format, FILE_WIDTH, colour=False), args.out, "--out")
        for line in (comparison.sentence, f"written: {path}"):
            console.print(plain(line), markup=False, highlight=False, soft_wrap=True, emoji=False)
    return int(comparison.status)


def _drawn(comparison: Comparison, form: str, width: int, colour: bool) -> str:
    if form == JSON:
        return json_text(comparison_document(comparison))
    if form == MARKDOWN:
        return render_comparison_markdown(comparison)
    return render_comparison(comparison, width, colour)


COMPARE = Command(
    "compare", "Two reports side by side; exit 0 equal, 1 worse, 2 not comparable or unreadable", _configure, _compare
)
