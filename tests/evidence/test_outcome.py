"""An outcome without a verdict keeps its numbers and can no longer support or refute."""

import pytest

from iclgd_core.evidence.correction import possible
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.stats import below, paired_greater


def test_a_reason_takes_the_verdict_and_leaves_the_numbers() -> None:
    outcome = paired_greater([0.5, 0.6, 0.7, 0.6, 0.5, 0.6], [0.1] * 6, margin=0.0, quantity="agreement")
    assert Verdict.SUPPORTED in possible(outcome, 1)
    kept = outcome.unless("floor and ceiling do not differ")
    assert possible(kept, 1) == {Verdict.INCONCLUSIVE}
    assert (kept.estimate, kept.interval, kept.n) == (outcome.estimate, outcome.interval, outcome.n)
    assert kept.undefined == "floor and ceiling do not differ"


def test_without_a_reason_it_is_the_outcome() -> None:
    outcome = below({"one": 0.5}, 1.0, quantity="difference", unit="model")
    assert outcome.unless("") is outcome


@pytest.mark.parametrize("value", [0.5, 2.0])
def test_deterministic_outcomes_too(value: float) -> None:
    outcome = below({"one": value}, 1.0, quantity="difference", unit="model").unless("nothing was compared")
    assert possible(outcome, 1) == {Verdict.INCONCLUSIVE}
