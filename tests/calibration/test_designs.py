"""The designs that claims state are those of their rules, read from the source of their files."""

import ast
from collections.abc import Sized
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fixtures.commands.calibrate import designs_of_claims
from iclgd_core.calibration.sized_design import sized
from iclgd_core.errors import SettingsError
from iclgd_core.evidence.design import Design
from iclgd_core.lab.tiers import TIERS
from iclgd_core.studies import AGREEMENTS, MATRICES, SCALES, SCOPES

CLAIMS = sorted((Path(__file__).resolve().parents[2] / "claims" / "shen").glob("test_*.py"))
RULES = {"paired_greater": "greater", "paired_equivalent": "equivalent"}
DESIGNS = designs_of_claims([CLAIMS[0].parent])
CHOSEN = {"S2n": {0.0, -0.05}}
"""Margins that a file chooses between in an expression; its constants must still hold them."""

SHARED: dict[str, object] = {"AGREEMENTS": AGREEMENTS, "MATRICES": MATRICES, "SCALES": SCALES, "SCOPES": SCOPES}


def _of_regression(function: ast.FunctionDef) -> bool:
    """Return whether a claim test asks for a regression model: the same claim, in other units, with its own design."""
    return "regression" in [argument.arg for argument in function.args.args]


class Source:
    """What a claim's file fixes on language models: constants, rule calls with their arguments, size of the family."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.constants: dict[str, object] = dict(SHARED)
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                with suppress(ValueError):  # not a literal: no number of a rule
                    self.constants[node.targets[0].id] = ast.literal_eval(node.value)
        tests = [node for node in self.tree.body if isinstance(node, ast.FunctionDef) and not _of_regression(node)]
        calls = [node for test in tests for node in ast.walk(test) if isinstance(node, ast.Call)]
        self.calls = {name: call for call in calls if (name := ast.unparse(call.func)) in (*RULES, "at_every")}
        self.claim = str(next(c for c in calls if ast.unparse(c.func) == "claim").args[0].value)  # type: ignore[attr-defined]
        self.family = 1
        for call in calls:
            if ast.unparse(call.func) == "pytest.mark.parametrize":
                values = self.value(call.args[1])
                assert isinstance(values, Sized), f"{path.name}: {ast.unparse(call)} has no known length"
                self.family *= len(values)

    def value(self, node: ast.expr) -> object:
        """Return the value of a literal or of a constant; None for a local name."""
        return self.constants.get(node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)

    def numbers(self, node: ast.expr) -> set[float]:
        """Return the values that a number, a difference, or a choice between two can have; none for a local name."""
        if isinstance(node, ast.IfExp):
            return self.numbers(node.body) | self.numbers(node.orelse)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            return {a - b for a in self.numbers(node.left) for b in self.numbers(node.right)}
        value = self.value(node)
        return {value} if isinstance(value, float) else set()

    def argument(self, rule: str, name: str) -> set[float]:
        """Return the values of a keyword argument of a rule."""
        found = [self.numbers(keyword.value) for keyword in self.calls[rule].keywords if keyword.arg == name]
        return found[0] if found else set()


SOURCES = {source.claim: source for source in map(Source, CLAIMS)}
SAMPLED = sorted(claim for claim, source in SOURCES.items() if source.calls)


def test_claims_are_seen() -> None:
    assert {"S1", "S2", "S4", "S5"} <= set(SAMPLED)
    assert {"S1t", "S3"} <= set(SOURCES) - set(SAMPLED)


def test_no_design_is_without_a_claim() -> None:
    assert {design.claim for design in DESIGNS} == {*SAMPLED, "precondition"}


@pytest.mark.parametrize("claim", SAMPLED)
def test_rule_margin_effect_and_family_are_those_of_the_file(claim: str) -> None:
    source = SOURCES[claim]
    designs = [design for design in DESIGNS if design.claim == claim]
    (rule,) = (name for name in source.calls if name in RULES)
    every = "every " if "at_every" in source.calls else ""
    assert {design.kind for design in designs} == {every + RULES[rule]}
    assert {design.family for design in designs} == {source.family}
    margin = source.argument(rule, "margin")
    assert {design.margin for design in designs} == (CHOSEN[claim] if claim in CHOSEN else margin)
    if claim in CHOSEN:
        assert all(bound in source.constants.values() for bound in CHOSEN[claim] - {0.0})
    effect = source.argument(rule, "minimum_effect") if rule == "paired_greater" else margin
    assert effect
    assert {design.minimum_effect for design in designs} == effect


def test_members_of_the_order_claim_are_the_epochs_read() -> None:
    (order,) = (design for design in DESIGNS if design.kind == "every greater")
    tier = TIERS["quick"]
    assert {len(tier.sgd.readouts), len(tier.adam.readouts)} == {order.members}


@pytest.mark.parametrize("changed", ["MARGIN = 0.03", "MARGIN = 0.02\nOTHER = 1"])
def test_a_changed_margin_is_seen(tmp_path: Path, changed: str) -> None:
    path = next(path for path in CLAIMS if "s2_output" in path.name)
    copy = tmp_path / path.name
    copy.write_text(path.read_text().replace("MARGIN = 0.02", changed, 1))
    source = Source(copy)
    expected = SOURCES["S2"].argument("paired_greater", "margin")
    assert expected == {0.02}
    same = source.argument("paired_greater", "margin") == expected
    assert same == ("OTHER" in changed)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"kind": "below"}, "rule 'below' cannot be calibrated"),
        ({"kind": "every greater"}, "'every greater' needs one"),
        ({"schedule": "sgd"}, "no other rule has any"),
        ({"spread": 0.1}, "say where it was measured"),
        ({"episodes": "name"}, "'name' is no number of episodes of a tier"),
        ({"episodes": "many"}, "'many' is no number of episodes of a tier"),
        ({"kind": "every greater", "schedule": "orders"}, "'orders' is no schedule of a tier"),
        ({"sampled": 4}, "4 of a family of 3"),
    ],
)
def test_a_design_that_cannot_be_calibrated(stated: dict[str, Any], message: str) -> None:
    right: dict[str, Any] = {"kind": "greater", "margin": 0.0, "minimum_effect": 0.1, "episodes": "episodes"}
    assert sized("D", Design(**right), 3, TIERS["quick"]).episodes == TIERS["quick"].episodes
    with pytest.raises(SettingsError, match=message):
        sized("D", Design(**{**right, **stated}), 3, TIERS["quick"])
