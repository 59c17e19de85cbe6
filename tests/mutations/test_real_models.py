"""Mutations on embedded models: without ICL nothing is supported, and real outputs turn verdicts as planted ones do."""

from dataclasses import dataclass, replace

import pytest

from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab, Series
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import Schedule
from iclgd_core.models.embedded import checkpoints
from iclgd_core.models.language.loading import load_model
from iclgd_core.tasks import get_task
from tests.mutations.judged import Mutant, claim_tests, shown, stated

SMALL, CHECKPOINTED = "ginc-llama-57k", "ginc-llama-208k"
FAMILY = (SMALL, CHECKPOINTED, "ginc-llama-794k", "ginc-llama-3.1m")
TIER = replace(
    TIERS["quick"], accuracy_episodes=96, minibatch_episodes=12, order_episodes=12, tuning_episodes=16,
    minibatch_tuning_episodes=4, queries=16, orders=3,
    sgd=Schedule((1e-3, 5e-3), (2, 5)), adam=Schedule((1e-4, 5e-4), (2, 5)),
)  # fmt: skip
"""At k = 8 the precondition needs most of the quick tier's episodes; the rest is as small as a verdict allows."""
FEWER = replace(TIER, episodes=24)
"""Where the rule alone is asked, without the precondition."""

TESTS = {id: test for id, test in claim_tests().items() if stated(test).mutations}


@dataclass
class Embedded:
    """Embedded models, as the claims' fixtures give them."""

    lab: Lab
    weights: Lab
    distribution: Lab
    family: tuple[Lab, ...]
    series: Series


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    store = Store(tmp_path_factory.mktemp("store"))

    def lab(name: str) -> Lab:
        return Lab(load_model(name), get_task("ginc-k8"), TIER, 0, store)

    names = checkpoints(CHECKPOINTED)
    labs = {name: lab(name) for name in (*FAMILY, *names)}
    series = Series(tuple(labs[name] for name in names), tuple(range(1, len(names) + 1)))
    return Embedded(labs[SMALL], labs[SMALL], labs[SMALL], tuple(labs[name] for name in FAMILY), series)


def test_the_models_learn_in_context_as_they_are(embedded: Embedded) -> None:
    """Otherwise the next test would say nothing."""
    assert [one.no_icl for one in (*embedded.family, embedded.series.labs[-1])] == [""] * (len(FAMILY) + 1)


@pytest.mark.parametrize("mutation", [Mutation.PERMUTED_WEIGHTS, Mutation.UNTRAINED, Mutation.CONSTANT])
def test_without_trained_weights_there_is_no_icl_and_no_verdict(embedded: Embedded, mutation: Mutation) -> None:
    mutant = Mutant(embedded, mutation)
    found = [evidence for test in TESTS.values() for evidence in mutant.verdicts(test)]
    assert {evidence.id for evidence in found} == set(TESTS)
    for evidence in found:
        assert evidence.verdict is stated(TESTS[evidence.id]).under(mutation, evidence.params), shown(evidence)
        assert "no ICL: accuracy " in evidence.reason
        assert evidence.outcome is None


def rule_alone(embedded: Embedded, id: str, mutation: Mutation) -> tuple[list[Evidence], list[Verdict]]:
    """Return what the rule gives and what the claim's file says.

    The precondition is left out: GD lowers the accuracy of the small model, so that under `swapped` and `gd_as_both`
    it would stop every claim before its rule.
    """
    fewer = replace(embedded, lab=replace(embedded.lab, tier=FEWER))
    found = Mutant(fewer, mutation).verdicts(TESTS[id], precondition=False)
    return found, [stated(TESTS[id]).under(mutation, evidence.params) for evidence in found]


@pytest.mark.parametrize(
    ("id", "mutation"),
    [
        ("S1", Mutation.GD_AS_BOTH),
        ("S1", Mutation.ICL_AS_BOTH),
        ("S1", Mutation.ZERO_SHOT_AS_GD),
        ("S2", Mutation.GD_AS_BOTH),
        ("S2", Mutation.ICL_AS_BOTH),
        ("S2", Mutation.ZERO_SHOT_AS_GD),
        ("S2b", Mutation.SWAPPED),
        ("S2b", Mutation.GD_AS_BOTH),
        ("S2b", Mutation.ICL_AS_BOTH),
        ("O3g", Mutation.GD_AS_BOTH),
        ("O1", Mutation.GD_AS_BOTH),
        ("O1", Mutation.ICL_AS_BOTH),
        ("O1", Mutation.ZERO_SHOT_AS_GD),
        ("D10", Mutation.ICL_AS_BOTH),
        ("D10", Mutation.ZERO_SHOT_AS_GD),
        ("U6", Mutation.GD_AS_BOTH),
        ("U6", Mutation.ICL_AS_BOTH),
        ("U6", Mutation.ZERO_SHOT_AS_GD),
        ("X2", Mutation.ICL_AS_POSTERIOR),
        ("X2", Mutation.ZERO_SHOT_AS_POSTERIOR),
        ("X2", Mutation.SWAPPED),
        ("R2", Mutation.GD_AS_BOTH),
        ("R2", Mutation.ICL_AS_BOTH),
    ],
)
def test_real_outputs_turn_the_verdict(embedded: Embedded, id: str, mutation: Mutation) -> None:
    """S2 is not among the swapped: this GD has hardly left its start, so that not training comes as near to it."""
    found, declared = rule_alone(embedded, id, mutation)
    assert [shown(e) for e, verdict in zip(found, declared, strict=True) if e.verdict is not verdict] == []


def test_swapping_real_outputs_never_supports_order_sensitivity(embedded: Embedded) -> None:
    """In batches of 1 and 2, GD is about as order-sensitive as this small model's ICL: swapping cannot show it less."""
    found, _ = rule_alone(embedded, "S1", Mutation.SWAPPED)
    verdicts = {evidence.params["optimizer"]: evidence.verdict for evidence in found}
    assert Verdict.SUPPORTED not in verdicts.values()
    assert all(verdicts[optimizer] is Verdict.REFUTED for optimizer in ("gd", "sgd4", "adam1")), verdicts


@pytest.mark.parametrize("mutation", [Mutation.SWAPPED, Mutation.GD_AS_BOTH, Mutation.ZERO_SHOT_AS_ICL])
def test_outputs_that_gain_nothing_by_demonstrations_fail_the_precondition(
    embedded: Embedded, mutation: Mutation
) -> None:
    for evidence in Mutant(embedded, mutation).verdicts(TESTS["S2b"]):
        assert evidence.verdict is Verdict.INCONCLUSIVE, shown(evidence)
        assert evidence.reason.startswith("no ICL: accuracy ")
