"""The import walker finds what it is for, on small trees made up for it."""

from pathlib import Path

import pytest

from tests.import_graph import cycles, graph, imports, modules


def tree(root: Path, **files: str) -> dict[str, Path]:
    """Write files, named with `__` for `/` and `init` for a package's own, and return the modules of the tree."""
    for name, text in files.items():
        path = root / (name.replace("__", "/").replace("init", "__init__") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return modules(root, ("p", "q"))


def targets(known: dict[str, Path], name: str) -> list[tuple[str, bool]]:
    return [(found.target, found.lazy) for found in imports(name, known[name], known)]


def test_modules_are_named_by_place(tmp_path: Path) -> None:
    known = tree(tmp_path, p__init="", p__a="", q__deep__b="")
    (tmp_path / "alone.py").write_text("")
    assert set(known) == {"p", "p.a", "q.deep.b"}
    assert set(modules(tmp_path, ("q", "alone.py"))) == {"q.deep.b", "alone"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import p.a", [("p.a", False)]),
        ("import os, p.a as x", [("os", False), ("p.a", False)]),
        ("from p.a import thing", [("p.a", False)]),
        ("from p import a", [("p.a", False)]),
        ("from p import thing", [("p", False)]),
        ("from .a import thing", [("p.a", False)]),
        ("from . import a", [("p.a", False)]),
        ("def f():\n    import p.a", [("p.a", True)]),
        ("class C:\n    import p.a", [("p.a", False)]),
        ("class C:\n    async def f(self):\n        from p import a", [("p.a", True)]),
        ("if True:\n    try:\n        import p.a\n    except ImportError: ...", [("p.a", False)]),
        ("import importlib\nf = lambda: importlib.import_module('p.a')", [("importlib", False), ("p.a", True)]),
    ],
)
def test_every_form_of_import_is_seen(tmp_path: Path, text: str, expected: list[tuple[str, bool]]) -> None:
    assert targets(tree(tmp_path, p__init="", p__a="", p__m=text), "p.m") == expected


def test_relative_imports_of_a_package_itself(tmp_path: Path) -> None:
    known = tree(tmp_path, p__init="from .a import x\nfrom . import b", p__a="x = 1", p__b="")
    assert targets(known, "p") == [("p.a", False), ("p.b", False)]
    known = tree(tmp_path, p__deep__init="from ..a import x", p__deep__c="from .. import b\nfrom . import x")
    assert targets(known, "p.deep") == [("p.a", False)]
    assert targets(known, "p.deep.c") == [("p.b", False), ("p.deep", False)]


def test_a_table_of_contents_is_no_cycle(tmp_path: Path) -> None:
    known = tree(
        tmp_path, p__init="from p.a import x\nfrom p.b import y", p__a="from p.b import y\nx = y", p__b="y = 1"
    )
    assert graph(known) == {"p": {"p.a", "p.b"}, "p.a": {"p.b"}, "p.b": set()}
    assert cycles(graph(known)) == []


def test_a_leaf_that_imports_its_own_package_is_one(tmp_path: Path) -> None:
    known = tree(tmp_path, p__init="from p.a import x", p__a="from p import y\nx = 1")
    assert cycles(graph(known)) == [["p", "p.a"]]


def test_two_modules_that_import_each_other(tmp_path: Path) -> None:
    known = tree(tmp_path, p__a="import p.b", p__b="from p import c", p__c="from p.a import x", p__d="import p.a")
    assert cycles(graph(known)) == [["p.a", "p.b", "p.c"]]


def test_a_cycle_through_the_other_package_s_contents(tmp_path: Path) -> None:
    known = tree(tmp_path, p__init="from p.a import x", p__a="from q.leaf import y", q__init="from q.back import z",
                 q__leaf="y = 1", q__back="from p.a import x\nz = x")  # fmt: skip
    assert cycles(graph(known)) == [["p", "p.a", "q", "q.back"]]


def test_names_of_other_libraries_are_no_edges(tmp_path: Path) -> None:
    known = tree(tmp_path, p__a="import os\nimport numpy.linalg\nfrom pathlib import Path")
    assert graph(known) == {"p.a": set()}
