"""Registered verdicts of what does not exist: which names are known, and what is said of the others."""

from pathlib import Path

import pytest

from iclgd_core.evidence.expectations import Expectations, RegisteredVerdict, text_of
from iclgd_core.evidence.registered_names import KnownNames, near, strangers, wrong_params
from iclgd_core.evidence.verdict import Verdict

FILE = Path("mine.json")
KNOWN = KnownNames(
    frozenset({"S1", "S2b"}), frozenset({"ginc-a", "ginc-b"}), frozenset({"ginc-k3", "ginc-k10"}), frozenset({"quick"})
)
OPTIMIZERS = [{"optimizer": name} for name in ("gd", "sgd")]
SHOTS = [{"shots": "1", "scope": "labels"}, {"shots": "2", "scope": "vocabulary"}]


def said(change: dict[str, str], own: tuple[str, ...] = (), known: KnownNames = KNOWN) -> list[str]:
    """Return what is said of an entry that is known but for what changes."""
    fields = {"id": "S1", "model": "ginc-a", "task": "ginc-k3", "tier": "quick"} | change
    entry = RegisteredVerdict(**fields, params=(), verdict=Verdict.REFUTED, why="seen")
    return strangers(Expectations({FILE: [entry]}, {FILE: own}), known)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "S2b"},
        {"model": "", "task": ""},
        {"model": "ginc-a to ginc-b", "task": "ginc-k3 to ginc-k10"},
        {"model": "ginc-a and ginc-b, 3 seeds"},
        {"model": "owner/name"},
        {"model": "/a/folder of mine"},
        {"model": "owner/name@step1000 to owner/name@step2000"},
    ],
)
def test_what_exists_or_cannot_be_known_is_let_pass(change: dict[str, str]) -> None:
    assert said(change) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"id": "S2"}, "unknown claim 'S2'. Nearest: S2b, S1."),
        ({"tier": "quik"}, "unknown tier 'quik'. Nearest: quick."),
        ({"model": "gnic-a"}, "unknown model 'gnic-a'. Nearest: ginc-a, ginc-b."),
        ({"model": "ginc-a to ginc-c"}, "unknown model 'ginc-c'. Nearest: ginc-b, ginc-a."),
        ({"task": "ginc-k30"}, "unknown task 'ginc-k30'. Nearest: ginc-k3, ginc-k10."),
        ({"model": "gpt2"}, "unknown model 'gpt2'. Known: ginc-a, ginc-b."),
    ],
)
def test_a_name_that_nothing_has_is_told_with_the_nearest(change: dict[str, str], line: str) -> None:
    (told,) = said(change)
    hint = ' If it is your own, list it in the file, as "own": ["NAME"].' if {"model", "task"} & change.keys() else ""
    assert told == f"mine.json, entry 0: {line}{hint}"


def test_each_unknown_name_has_its_line() -> None:
    assert len(said({"id": "S9", "model": "x to y", "tier": ""})) == 4


def test_ones_own_names_are_those_that_the_file_lists() -> None:
    assert said({"model": "gpt2", "task": "ag_news2"}, ("gpt2", "ag_news2")) == []
    assert len(said({"model": "gpt2", "task": "ag_news2"}, ("ag_news2",))) == 1


def test_ids_that_cannot_be_told_are_not_judged() -> None:
    unknown = KnownNames(None, KNOWN.models, KNOWN.tasks, KNOWN.tiers)
    assert said({"id": "S9"}, known=unknown) == []
    assert len(said({"id": "S9", "tier": "quik"}, known=unknown)) == 1


def test_a_file_keeps_its_own_names(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text_of([], ["b", "a"]))
    (tmp_path / "b.json").write_text(text_of([]))
    assert Expectations.read(tmp_path).own == {tmp_path / "a.json": {"a", "b"}, tmp_path / "b.json": set()}


@pytest.mark.parametrize(
    ("params", "tests", "why"),
    [
        ({}, [[]], ""),
        ({"optimizer": "gd"}, [[OPTIMIZERS]], ""),
        ({"optimizer": "gd", "shots": "2", "scope": "vocabulary"}, [[OPTIMIZERS, SHOTS]], ""),
        ({"optimizer": "gd"}, [[SHOTS], [OPTIMIZERS]], ""),
        ({"anything": "x"}, [[[]]], ""),  # values that could not be read
        ({"optimizer": "sdg"}, [[OPTIMIZERS]], "optimizer is 'sdg'. Nearest: sgd, gd."),
        ({"optimiser": "gd"}, [[OPTIMIZERS]], "unknown parameter 'optimiser'. Nearest: optimizer."),
        ({"size": "1"}, [[]], "unknown parameter 'size'. Known: none."),
        (
            {"shots": "1", "scope": "vocabulary"},
            [[SHOTS]],
            "no test has the parameters {'shots': '1', 'scope': 'vocabulary'} together. "
            "Names of each test: scope, shots.",
        ),
        (
            {},
            [[OPTIMIZERS], [SHOTS]],
            "no test has the parameters {} together. Names of each test: optimizer or scope, shots.",
        ),
    ],
)
def test_parameters_that_no_test_has(params: dict[str, str], tests: list[list[list[dict[str, str]]]], why: str) -> None:
    assert wrong_params(params, tests) == why


def test_of_many_names_the_first_are_told() -> None:
    assert near("#", [f"{i:02}" for i in range(14)]).endswith("10, 11 and 2 more.")
