"""Every claim in a world in which it holds: supported as it is, and under each mutation what its file says.

The verdicts are reached as in a run: the claim's own test function, the precondition, Holm over all its sub-claims, at
the quick tier's numbers of episodes. Mutations of the weights that take ICL away are in `test_real_models`: planted
outputs do not depend on weights.
"""

from collections.abc import Callable
from functools import cache, partial

import pytest

from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.verdict import Verdict
from tests.mutations.judged import Mutant, claim_tests, shown, stated
from tests.mutations.planted_world import World

Mutants = Callable[[Mutation | None], Mutant]
TESTS = claim_tests()
OF_WEIGHTS = (Mutation.PERMUTED_WEIGHTS, Mutation.UNTRAINED, Mutation.CONSTANT)
RUNS = [
    (id, mutation) for id, test in TESTS.items() for mutation in stated(test).mutations if mutation not in OF_WEIGHTS
]


@pytest.fixture(scope="module")
def mutant(tmp_path_factory: pytest.TempPathFactory) -> Mutants:
    """The world under a mutation, one for all claims, which share its laboratories and what they have measured."""
    world = World(tmp_path_factory.mktemp("world"))
    return cache(partial(Mutant, world))


@pytest.mark.parametrize("id", [id for id, test in TESTS.items() if stated(test).mutations])
def test_every_sub_claim_holds_as_it_is(mutant: Mutants, id: str) -> None:
    found = mutant(None).verdicts(TESTS[id])
    assert [shown(e) for e in found if e.verdict is not Verdict.SUPPORTED] == []


@pytest.mark.parametrize(("id", "mutation"), RUNS)
def test_the_verdict_becomes_what_the_claim_s_file_says(mutant: Mutants, id: str, mutation: Mutation) -> None:
    found = mutant(mutation).verdicts(TESTS[id])
    claim = stated(TESTS[id])
    wrong = [(shown(e), claim.under(mutation, e.params)) for e in found if e.verdict != claim.under(mutation, e.params)]
    assert wrong == []


@pytest.mark.parametrize(
    "id", [id for id, test in TESTS.items() if Mutation.ZERO_SHOT_AS_ICL in stated(test).mutations]
)
def test_without_icl_the_reason_is_that_there_is_none(mutant: Mutants, id: str) -> None:
    for evidence in mutant(Mutation.ZERO_SHOT_AS_ICL).verdicts(TESTS[id]):
        assert "no ICL: accuracy " in evidence.reason
        assert evidence.outcome is None
