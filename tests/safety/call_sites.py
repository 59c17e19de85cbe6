"""Calls that run what a file or a network says, found in our own source."""

import ast
from collections.abc import Iterator

RUNS_CODE = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.load", "torch.hub.load", "torch.jit.load",
    "torch.package.PackageImporter", "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads",
    "shelve.open", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads", "joblib.load",
    "pandas.read_pickle", "numpy.fromregex", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "runpy.run_path",
}  # fmt: skip
"""Functions that are never called."""

MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "kernels"}
"""Modules that are never imported."""

NEVER_TRUE = {"shell", "allow_pickle", "trust_remote_code", "use_kernels", "allow_all_kernels"}
"""Arguments that may only be left out or False."""

LOADERS = {"from_pretrained", "from_config"}
"""Methods of transformers that could run remote code: each call says that it must not."""


def found(source: str) -> list[str]:
    """Name each forbidden thing in a source text, with its line."""
    tree = ast.parse(source)
    return [f"{line}: {what}" for line, what in sorted(_found(tree, _aliases(tree)))]


def _aliases(tree: ast.AST) -> dict[str, str]:
    """Return what the names of imports stand for: {"np": "numpy", "loads": "pickle.loads"}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {one.asname or one.name.partition(".")[0]: one.name if one.asname else one.name.partition(".")[0]
                      for one in node.names}  # fmt: skip
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return names


def _found(tree: ast.AST, aliases: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names if one.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] in MODULES:
                yield node.lineno, str(node.module)
        elif isinstance(node, ast.Call):
            yield from _call(node, aliases)


def _call(node: ast.Call, aliases: dict[str, str]) -> Iterator[tuple[int, str]]:
    name = _dotted(node.func, aliases)
    if name in RUNS_CODE:
        yield node.lineno, name
    given = {one.arg: one.value for one in node.keywords}
    for argument in NEVER_TRUE & set(given):
        if not _is(given[argument], False):
            yield node.lineno, f"{name}({argument}=...)"
    if name.rpartition(".")[2] in LOADERS and not _is(given.get("trust_remote_code"), False):
        yield node.lineno, f"{name} without trust_remote_code=False"


def _is(node: ast.expr | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    """Return the full name of what is called, "" where it has none; `re.compile` is not `compile`."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, aliases) or '?'}.{node.attr}"
    return ""
