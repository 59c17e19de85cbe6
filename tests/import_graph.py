"""The import graph of a tree of Python files, read from the syntax alone: nothing is imported."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One imported name.

    Attributes:
        importer: dotted name of the importing module.
        target: dotted name of the module that is meant, as far as it is known.
        explicit: modules that the statement names: the target, and the package it is taken from.
        line: where it stands.
        lazy: whether it stands in a function.
    """

    importer: str
    target: str
    explicit: tuple[str, ...]
    line: int
    lazy: bool


def modules(root: Path, folders: tuple[str, ...]) -> dict[str, Path]:
    """Return the modules below some folders (or single files) of `root` by dotted name; a package by its own name."""
    files = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    files += [root / folder for folder in folders if folder.endswith(".py")]
    return {_name(path.relative_to(root)): path for path in files}


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(name: str, path: Path, known: Mapping[str, Path]) -> list[Import]:
    """Return every import of a module: by statement, importlib.import_module of a constant name, or entry point.

    An entry point is a constant `package.module:NAME` of a known module, as tables of commands have it.
    """
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return [
        Import(name, target, explicit, line, lazy)
        for node, lazy in _walk(ast.parse(path.read_text()), False)
        for target, explicit, line in _targets(node, package, known)
    ]


def _walk(node: ast.AST, lazy: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, lazy
    inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, inside)


def _targets(node: ast.AST, package: str, known: Mapping[str, Path]) -> Iterator[tuple[str, tuple[str, ...], int]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, (alias.name,), node.lineno
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*anchor, base] if base else anchor)
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield (full, (base, full), node.lineno) if full in known else (base, (base,), node.lineno)
    elif (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        name = str(node.args[0].value)
        yield name, (name,), node.lineno
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        name, colon, _ = node.value.partition(":")
        if colon and name in known:
            yield name, (name,), node.lineno


def graph(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return the modules that each module causes to be executed.

    Importing p.q.m executes p and p.q first; these are edges too, unless the importer lies in them, for then they
    are being executed already. A package that the statement itself names is an edge in any case.
    """
    edges: dict[str, set[str]] = {name: set() for name in known}
    for name, path in known.items():
        around = {name, *_ancestors(name)}
        for found in imports(name, path, known):
            reached = {*found.explicit, *(a for a in _ancestors(found.target) if a not in around)}
            edges[name] |= {module for module in reached if module in known and module != name}
    return edges


def _ancestors(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def cycles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that reach each other, each sorted."""
    reach = {name: _reachable(name, edges) for name in edges}
    groups = {
        frozenset(other for other in reach[name] if name in reach[other]) for name in edges if name in reach[name]
    }
    return sorted(sorted(group) for group in groups)


def _reachable(name: str, edges: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    left = list(edges[name])
    while left:
        at = left.pop()
        if at not in seen:
            seen.add(at)
            left.extend(edges[at])
    return seen
