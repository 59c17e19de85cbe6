"""What claims' files declare about mutations is complete: every general one is named, and some one refutes."""

import pytest

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.claim import (
    Claim,
    Mutations,
    Source,
    claim,
    claim_of,
)
from iclgd_core.evidence.mutations import GENERAL, Mutation
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.studies.forms import FORMS
from tests.mutations.judged import as_text, claim_tests, every_test, form_of, stated, sub_claims

TESTS = claim_tests()
DECLARED = [id for id, test in TESTS.items() if stated(test).mutations]
PLACE = Source("A paper", "0000.00000").at("somewhere")


RIVALS = ("D10", "O1", "O2", "O3g", "R1", "R1b", "R2", "U6", "X2", "X3")
"""Claims of other papers that declare mutations. The rest read activations, sampled texts or trained weights, of which
the planted world has none, or say only that accuracy grows."""


def test_claims_that_have_mutations_declare_them() -> None:
    shen = {id for id, test in TESTS.items() if test.__module__.startswith("claims.shen.")}
    assert len(shen) >= 9
    assert shen | set(RIVALS) == set(DECLARED)


def test_whatever_declares_a_mutation_is_fed_it() -> None:
    """A test that asks for something that cannot be fed would keep its declarations untested."""
    declaring = [f"{test.__module__}.{test.__name__}" for test in every_test() if stated(test).mutations]
    fed = [f"{TESTS[id].__module__}.{TESTS[id].__name__}" for id in DECLARED]
    assert sorted(declaring) == sorted(fed)


@pytest.mark.parametrize(
    ("id", "accounts"),
    [
        ("S2", {"gd", "sgd", "adam"}),
        ("S2a", {"w_v-middle", "w_v-deep"}),
        ("O1", {"momentum", "nesterov", "newton"}),
        ("D10", {"kv-one-pass"}),
        ("U6", {"layer-causal", "layer-causal-code"}),
        ("X2", {"gd"}),
    ],
)
def test_the_gd_that_stands_in_for_icl_is_the_sub_claim_s(id: str, accounts: set[str]) -> None:
    found = {form_of(TESTS[id], as_text(params)) for params in sub_claims(TESTS[id])}
    assert found == {FORMS[account] for account in accounts}


@pytest.mark.parametrize("id", DECLARED)
def test_every_general_mutation_has_a_verdict_for_every_sub_claim(id: str) -> None:
    own = stated(TESTS[id])
    assert [mutation for mutation in GENERAL if mutation not in own.mutations] == []
    for params in sub_claims(TESTS[id]):
        for mutation in own.mutations:
            assert own.under(mutation, as_text(params)) is not Verdict.ERROR


@pytest.mark.parametrize("id", DECLARED)
def test_every_sub_claim_is_refuted_by_some_mutation(id: str) -> None:
    """A claim that no mutation can turn is not a claim; that the verdicts are reached, `test_planted_world` shows."""
    own = stated(TESTS[id])
    kept = [
        as_text(params)
        for params in sub_claims(TESTS[id])
        if Verdict.REFUTED not in [own.under(mutation, as_text(params)) for mutation in own.mutations]
    ]
    assert kept == []


@pytest.mark.parametrize("id", DECLARED)
def test_without_icl_nothing_is_declared_supported(id: str) -> None:
    own = stated(TESTS[id])
    lost = (Mutation.ZERO_SHOT_AS_ICL, Mutation.PERMUTED_WEIGHTS, Mutation.UNTRAINED, Mutation.CONSTANT)
    verdicts = {own.under(mutation, as_text(params)) for mutation in lost for params in sub_claims(TESTS[id])}
    assert verdicts in ({Verdict.INCONCLUSIVE}, {Verdict.NOT_RUN})


def a_claim(mutations: Mutations) -> Claim:
    @claim("E1", PLACE, "a statement", "its contrary", mutations=mutations)
    def test_it(lab: Lab, judge: Judge) -> None: ...

    found = claim_of(test_it)
    assert found is not None
    return found


def test_one_verdict_holds_for_all_sub_claims() -> None:
    made = a_claim({Mutation.SWAPPED: Verdict.REFUTED})
    assert made.under(Mutation.SWAPPED, {}) is made.under(Mutation.SWAPPED, {"optimizer": "gd"}) is Verdict.REFUTED


def test_a_verdict_may_depend_on_the_value_of_one_parameter() -> None:
    made = a_claim({Mutation.SWAPPED: {"32": Verdict.REFUTED, "512": Verdict.SUPPORTED}})
    assert made.under(Mutation.SWAPPED, {"scope": "labels", "shots": "32"}) is Verdict.REFUTED
    assert made.under(Mutation.SWAPPED, {"scope": "labels", "shots": "512"}) is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("mutations", "params", "number"),
    [
        ({}, {"a": "x"}, 0),
        ({Mutation.CONSTANT: Verdict.REFUTED}, {"a": "x"}, 0),
        ({Mutation.SWAPPED: {"x": Verdict.REFUTED}}, {"a": "y"}, 0),
        ({Mutation.SWAPPED: {"x": Verdict.REFUTED, "y": Verdict.SUPPORTED}}, {"a": "x", "b": "y"}, 2),
    ],
)
def test_no_verdict_or_two_is_an_error(mutations: Mutations, params: dict[str, str], number: int) -> None:
    with pytest.raises(SettingsError, match=rf"^claim E1 names {number} verdicts for .* under mutation 'swapped'"):
        a_claim(mutations).under(Mutation.SWAPPED, params)


def test_a_claim_needs_to_declare_nothing() -> None:
    @claim("E1", PLACE, "a statement", "its contrary")
    def test_it(lab: Lab, judge: Judge) -> None: ...

    found = claim_of(test_it)
    assert found is not None
    assert dict(found.mutations) == {}
    assert hash(found) == hash(a_claim({Mutation.SWAPPED: Verdict.REFUTED}))
