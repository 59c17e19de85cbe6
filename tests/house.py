"""How large the house is: files and lines a room, the files behind one number, the files that an addition touches.

`python -m tests.house` prints the table that `docs/house.md` has, as it was when the page was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.import_graph import graph, modules

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("claims", "fixtures", "iclgd_core", "reports")
START = "claims.shen.test_s1_order_sensitivity"


@dataclass(frozen=True)
class Room:
    """One folder: how many Python files, lines in all, lines of the median file and of the largest."""

    name: str
    files: int
    lines: int
    median: int
    largest: int


def rooms(root: Path = ROOT) -> list[Room]:
    """Return the size of each room: the folders of the core, and the other folders as a whole."""
    core = sorted(path for path in (root / "iclgd_core").iterdir() if (path / "__init__.py").exists())
    folders = [*core, *(root / name for name in ("claims", "fixtures", "reports", "tests", "benchmarks"))]
    found = [_room(path.relative_to(root).as_posix(), sorted(path.rglob("*.py"))) for path in folders]
    everything = [path for folder in (*FOLDERS, "tests", "benchmarks") for path in (root / folder).rglob("*.py")]
    return [*found, _room("all", everything)]


def _room(name: str, paths: list[Path]) -> Room:
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in paths]
    return Room(name, len(lengths), sum(lengths), round(median(lengths)), max(lengths))


def behind(start: str = START, root: Path = ROOT) -> set[str]:
    """Return the modules that a claim's file loads, by imports alone: itself and all that they lead to."""
    edges = graph(modules(root, FOLDERS))
    seen, left = {start}, [start]
    while left:
        fresh = edges[left.pop()] - seen
        seen |= fresh
        left.extend(fresh)
    return seen


def way(page: str) -> list[str]:
    """Return the files on the way of one number, in the order in which a page lists them."""
    section = page.partition("## The way of S1's number")[2].partition("\n## ")[0]
    return re.findall(r"^\d+\. `([\w/]+\.py)`", section, re.M)


def additions(page: str) -> dict[str, list[str]]:
    """Return the files that a kind of addition touches, from the table `To add X, touch these` of a page."""
    section = page.partition("## To add X, touch these")[2].partition("\n## ")[0]
    rows = [row.strip("|").split("|") for row in section.splitlines() if row.startswith("|")][2:]
    return {kind.strip(): re.findall(r"`([\w./-]+\.(?:py|json|toml))`", files) for kind, files in rows}


def table(root: Path = ROOT) -> str:
    """Return the sizes as a table in Markdown."""
    return "\n".join(_lines(rooms(root)))


def _lines(found: list[Room]) -> Iterator[str]:
    yield "| room | files | lines | median | largest |"
    yield "|---|---|---|---|---|"
    for room in found:
        yield f"| `{room.name}` | {room.files} | {room.lines:,} | {room.median} | {room.largest} |"


if __name__ == "__main__":
    print(table())
    print(f"\nbehind S1: {len(behind())} files")
