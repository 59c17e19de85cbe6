"""Imports point one way, without cycles and without imports hidden in functions; files stay small and well named."""

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
    "tests": ("tests", "iclgd_core", "fixtures", "reports", "claims"),
    "conftest": ("fixtures", "reports", "iclgd_core"),
}
"""Which of our folders a folder may import."""

EVIDENCE = (
    "iclgd_core", "iclgd_core.account", "iclgd_core.accounts_of_icl",
    "iclgd_core.adjudication", "iclgd_core.channel", "iclgd_core.combination", "iclgd_core.command",
    "iclgd_core.curves", "iclgd_core.errors",
    "iclgd_core.evidence", "iclgd_core.expectations", "iclgd_core.harmless_text", "iclgd_core.model_kinds",
    "iclgd_core.overall", "iclgd_core.papers", "iclgd_core.progress",
    "iclgd_core.redacted_output", "iclgd_core.redaction",
    "iclgd_core.stats.outcome",
)  # fmt: skip
"""What `reports` may know of the core: evidence, how it is judged, how it travels, and what claims are at."""

WIRING = "reports.cli"
"""The `iclgd` command puts the subcommands of both folders together, as conftest.py does for the plugins."""


@cache
def ours() -> dict[str, Path]:
    return modules(ROOT, (*FOLDERS, "conftest.py"))


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(found for name, path in ours().items() for found in imports(name, path, ours()))


def top(name: str) -> str:
    return name.partition(".")[0]


def is_ours(name: str) -> bool:
    return top(name) in (*FOLDERS, "conftest")


def shown(found: list[Import]) -> list[str]:
    return [f"{one.importer}:{one.line} imports {one.target}" for one in found]


def test_every_folder_is_seen() -> None:
    assert {top(name) for name in ours()} == {*FOLDERS, "conftest"}
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
        if top(one.importer) == "reports" and one.importer != WIRING and is_ours(one.target)
        and top(one.target) != "reports" and one.target not in EVIDENCE
    ]  # fmt: skip
    assert shown(wrong) == []


def test_what_reports_know_of_evidence_leads_no_further() -> None:
    edges = graph({name: path for name, path in ours().items() if top(name) == "iclgd_core"})
    heavy = ("iclgd_core.models", "iclgd_core.learners", "iclgd_core.measurements", "iclgd_core.lab")
    for name in EVIDENCE:
        left, seen = [name], {name}
        while left:
            fresh = edges[left.pop()] - seen
            seen |= fresh
            left.extend(fresh)
        assert not [one for one in seen if one.startswith(heavy)], name


def test_the_core_never_imports_pytest() -> None:
    wrong = [
        one for one in all_imports() if top(one.importer) == "iclgd_core" and top(one.target) in ("pytest", "_pytest")
    ]
    assert shown(wrong) == []


def test_no_cycles() -> None:
    assert cycles(graph(ours())) == []


def test_no_import_of_our_own_code_in_a_function() -> None:
    assert shown([one for one in all_imports() if one.lazy and is_ours(one.target)]) == []


def test_no_catch_all_names() -> None:
    assert [name for name in ours() if CATCH_ALLS & set(name.lower().split("."))] == []


def test_no_file_is_long() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in ours().items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST} == {}
