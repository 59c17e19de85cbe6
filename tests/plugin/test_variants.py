"""The subjects of claims about pretraining variants, sizes and lengths: on defaults, and where others are asked for."""

import pytest

from fixtures.arguments.opened import LENGTHS
from iclgd_core.models.pretrain.variants import DISTRIBUTIONS, TWINS
from tests.plugin.project import Project
from tests.waiting import HANG

PLUGINS = ("options", "devices", "available", "selection", "judge", "resources", "arguments.plugin")
CONFTEST = f"pytest_plugins = {[f'fixtures.{name}' for name in PLUGINS] + ['reports.plugin']!r}\n"
CLAIMS = """
@stated("T", needs_icl=False)
def test_twins(twins, judge):
    assert [(a.model.name, b.model.name) for a, b in twins] == TWINS
    judge(found())

@stated("D", needs_icl=False)
def test_distribution(distribution, judge):
    judge(found())

@stated("Z", needs_icl=False)
def test_sized(sized, judge):
    judge(found())

@stated("L", needs_icl=False)
def test_lengths(lengths, judge):
    assert [lab.task.k for lab in lengths] == [3, 5, 8, 10]
    judge(found())
"""


@pytest.fixture
def claims(project: Project) -> Project:
    project.pytester.makeconftest(CONFTEST)
    project.claim(f"TWINS = {list(TWINS)!r}\n{CLAIMS}")
    return project


def collected(claims: Project, *arguments: str) -> list[str]:
    result = claims.run("--collect-only", "-q", *arguments)
    return [line.rpartition("::")[2] for line in result.outlines if "::" in line]


def test_on_defaults_each_variant_and_each_size_is_a_subject(claims: Project) -> None:
    found = collected(claims)
    assert [name for name in found if "twins" in name] == ["test_twins[ginc-k8]"]
    assert [name for name in found if "distribution" in name] == [f"test_distribution[{m}]" for m, _ in DISTRIBUTIONS]
    assert next(name for name in found if "lengths" in name) == "test_lengths[ginc-llama-57k]"
    assert len([name for name in found if "sized" in name]) == len([name for name in found if "lengths" in name]) == 4


def test_of_another_model_the_pretraining_is_not_varied(claims: Project) -> None:
    # in a process of its own: the lock that `fixtures.resources` holds while a test runs is one a process
    asked = ("--iclgd-model=ginc-llama-57k", "-k", "not sized", "-p", "no:xdist")
    result = claims.pytester.runpytest_subprocess(*asked, timeout=HANG)
    assert claims.verdicts() == {"T": "not run", "D": "not run", "L": "supported"}
    result.assert_outcomes(passed=1, skipped=2, deselected=1)
    reasons = {row["id"]: row["reason"] for row in claims.document()["claims"]}
    assert "only the built-in models have twins" in reasons["T"]
    assert "among built-in models alone" in reasons["D"]


def test_a_variant_can_be_asked_for(claims: Project) -> None:
    assert collected(claims, "--iclgd-model=ginc-vic0-208k", "-k", "distribution") == [
        "test_distribution[ginc-vic0-208k]"
    ]


TWINS_WITHOUT_ICL = """
from iclgd_core.lab import Lab

@pytest.fixture(autouse=True)
def planted(request, monkeypatch):
    name = request.function.__name__.removeprefix("test_").replace("_", "-")
    monkeypatch.setattr(Lab, "no_icl", property(lambda lab: "no ICL: planted" if name in lab.model.name else ""))

@stated("ALL")
def test_nothing(twins, judge):
    judge(found())

@stated("PLAIN")
def test_vanilla_208k_seed3(twins, judge):
    judge(found())

@stated("MOMENTUM")
def test_momentum(twins, judge):
    judge(found())

@stated("IDENTITY", needs_icl=False)
def test_vanilla(twins, judge):
    judge(found())
"""


def test_every_plain_twin_must_learn_in_context(project: Project) -> None:
    project.pytester.makeconftest(CONFTEST)
    project.claim(TWINS_WITHOUT_ICL)
    project.pytester.runpytest_subprocess("-p", "no:xdist", timeout=HANG)
    supported = dict.fromkeys(("ALL", "MOMENTUM", "IDENTITY"), "supported")
    assert project.verdicts() == supported | {"PLAIN": "inconclusive"}
    rows = {row["id"]: row for row in project.document()["claims"]}
    assert rows["PLAIN"]["reason"] == "ginc-vanilla-208k-seed3 shows no ICL: planted"
    assert rows["ALL"]["protocol"]["precondition"].endswith("; for the plain twin of every pair")
    assert rows["IDENTITY"]["protocol"]["precondition"] == "none"


def test_the_lengths_are_those_of_the_tasks() -> None:
    assert LENGTHS == ("ginc-k3", "ginc-k5", "ginc-k8", "ginc-k10")
