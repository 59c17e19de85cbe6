"""In which way a claim differs from its paper: each says so itself, and of what it measures."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "claims").glob("*/test_*.py"))
OUTPUTS = ("orders", "epochs", "AG News")
"""Words about outputs on prompts, in one order or another, before and after training."""


class Stated(NamedTuple):
    """The deviation that one test gives to `judge`: how it is written, what it says, and what the test asks for."""

    written: ast.expr
    text: str
    arguments: set[str]


def stated(path: Path) -> Iterator[Stated]:
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for test in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(test, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(test) if isinstance(node, ast.Call) and ast.unparse(node.func) == "judge"]
        for given in (given for call in calls for given in call.keywords if given.arg == "deviation"):
            text = eval(ast.unparse(given.value), vars(module))  # noqa: S307  (our own source)
            yield Stated(given.value, text, {argument.arg for argument in test.args.args})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_claim_states_its_own_deviation(path: Path) -> None:
    """A constant of the claim's file, or a fact that the paper's numbers carry; not one sentence for a whole paper."""
    for one in stated(path):
        assert isinstance(one.written, ast.Name | ast.Constant), ast.unparse(one.written)
        assert one.text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_claim_about_weights_sizes_or_checkpoints_says_nothing_of_orders_and_epochs(path: Path) -> None:
    for one in stated(path):
        if not one.arguments & {"lab", "regression"}:
            assert not [word for word in OUTPUTS if word in one.text], one.text


def test_most_claims_state_one() -> None:
    assert sum(1 for path in FILES for _ in stated(path)) > 40
