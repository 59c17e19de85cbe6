"""Imports point one way, without cycles and without imports hidden in functions; files stay small and well named."""

import re
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.import_graph import Import, cycles, graph, imports, modules

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("iclgd_core", "fixtures", "reports", "claims", "tests")
LONGEST = 400
CATCH_ALLS = {"utils", "util", "common", "helpers", "helper", "misc"}

ARROWS: dict[str, tuple[str, ...]] = {
    "iclgd_core": ("iclgd_core",),
    "fixtures": ("fixtures", "iclgd_core"),
    "claims": ("claims", "iclgd_core"),
    "tests": ("tests", "iclgd_core", "fixtures", "reports", "claims", "command"),
    "conftest": ("fixtures", "reports", "iclgd_core"),
    "command": ("fixtures", "reports", "iclgd_core"),
}
"""Which of our folders a folder may import. Two files are the top: conftest.py wires pytest, and COMMAND `iclgd`."""

COMMAND = "iclgd_core.suite.command"
"""It lies in the package that a wheel has; nothing but tests imports it."""

ROOMS = ("iclgd_core.evidence", "iclgd_core.safety", "iclgd_core.errors")
"""What `reports` may know of the core: evidence, how it is judged and travels, what is safe to show, and errors."""


@cache
def ours() -> dict[str, Path]:
    return modules(ROOT, (*FOLDERS, "conftest.py"))


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(found for name, path in ours().items() for found in imports(name, path, ours()))


def top(name: str) -> str:
    return "command" if name == COMMAND else name.partition(".")[0]


def is_ours(name: str) -> bool:
    return top(name) in (*FOLDERS, "conftest", "command")


def shown(found: list[Import]) -> list[str]:
    return [f"{one.importer}:{one.line} imports {one.target}" for one in found]


def test_every_folder_is_seen() -> None:
    assert {top(name) for name in ours()} == {*FOLDERS, "conftest", "command"}
    assert len(ours()) > 60


@pytest.mark.parametrize("folder", sorted(ARROWS))
def test_arrows(folder: str) -> None:
    wrong = [
        one for one in all_imports()
        if top(one.importer) == folder and is_ours(one.target) and top(one.target) not in ARROWS[folder]
    ]  # fmt: skip
    assert shown(wrong) == []


def test_reports_know_evidence_alone() -> None:
    wrong = [
        one for one in all_imports()
        if top(one.importer) == "reports" and is_ours(one.target)
        and top(one.target) != "reports" and not one.target.startswith(ROOMS)
    ]  # fmt: skip
    assert shown(wrong) == []


def test_what_reports_know_leads_no_further_than_statistics() -> None:
    edges = graph({name: path for name, path in ours().items() if top(name) == "iclgd_core"})
    left = [name for name in edges if name.startswith(ROOMS)]
    seen = set(left)
    while left:
        fresh = edges[left.pop()] - seen
        seen |= fresh
        left.extend(fresh)
    assert [one for one in sorted(seen) if not one.startswith((*ROOMS, "iclgd_core.stats", "iclgd_core.seeds"))] == []


def test_no_loose_file_at_the_root_of_the_core() -> None:
    assert {path.name for path in (ROOT / "iclgd_core").glob("*.py")} == {"__init__.py", "errors.py", "seeds.py"}


def test_the_core_never_imports_pytest() -> None:
    wrong = [
        one for one in all_imports() if top(one.importer) == "iclgd_core" and top(one.target) in ("pytest", "_pytest")
    ]
    assert shown(wrong) == []


def test_rooms_with_transformers_hide_kernels_first() -> None:
    rooms = {
        ".".join(one.importer.split(".")[:2]) for one in all_imports()
        if top(one.target) == "transformers" and top(one.importer) == "iclgd_core"
    }  # fmt: skip
    first = {room: imports(room, ours()[room], ours())[0].target for room in rooms}
    assert first == dict.fromkeys(rooms, "iclgd_core.safety.without_kernels")


def test_what_pytest_loads_everywhere_is_light() -> None:
    edges = graph(ours())
    reached: set[str] = set()
    left = ["iclgd_core.suite", "fixtures.on_demand"]
    while left:
        fresh = edges[left.pop()] - reached
        reached |= fresh
        left.extend(fresh)
    foreign = {top(one.target) for one in all_imports() if one.importer in reached} - {"iclgd_core", "fixtures"}
    assert foreign - sys.stdlib_module_names == {"pytest"}
    assert "iclgd_core.safety.without_kernels" not in reached


def test_no_cycles() -> None:
    assert cycles(graph(ours())) == []


def test_no_import_of_our_own_code_in_a_function() -> None:
    assert shown([one for one in all_imports() if one.lazy and is_ours(one.target)]) == []


@pytest.mark.parametrize("folder", ["claims", "fixtures", "reports"])
def test_folders_of_the_suite_do_not_say_their_own_name(folder: str) -> None:
    absolute = re.compile(rf"^\s*(?:from|import) {folder}\b", re.MULTILINE)
    wrong = [name for name, path in ours().items() if top(name) == folder and absolute.search(path.read_text())]
    assert wrong == [], "import relatively: in a wheel the folder lies in iclgd_core.suite"


def test_no_catch_all_names() -> None:
    assert [name for name in ours() if CATCH_ALLS & set(name.lower().split("."))] == []


def test_no_file_is_long() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in ours().items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST} == {}
