"""The guard of the martingale claims: a predictor that follows its data is judged, one that ignores them is not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.correction import decide
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.study import Study
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.stats import paired_greater
from iclgd_core.stats.martingale import BetaBernoulli
from iclgd_core.studies.falck.coins import THETAS
from iclgd_core.studies.falck.following import CHANCE, following, if_it_follows
from iclgd_core.studies.falck.following import ONES as SHARE

Floats = NDArray[np.float64]
N, COINS = 20, 60
RNG = np.random.default_rng(7)
COUNTS = RNG.binomial(N, np.resize(THETAS, COINS))
ONES = COUNTS / N


def planted(chance: Floats) -> Study:
    return Study({CHANCE: chance, SHARE: ONES})


def outcome_of(gap: Floats) -> Outcome:
    return paired_greater(np.zeros_like(gap), gap, margin=-0.01, quantity="0 - gap")


def verdict_of(outcome: Outcome) -> Verdict:
    return decide(outcome, outcome.p_supported, outcome.p_refuted)


BAYES = planted(np.array([BetaBernoulli().behind(c, N - c).next_is_one for c in COUNTS], dtype=np.float64))
CONSTANT = planted(np.full(COINS, 0.7))
ROUNDING = planted(np.where(ONES > 0.5, 0.7 + 1e-16, 0.7))
UNRELATED = planted(np.random.default_rng(8).uniform(0.1, 0.9, COINS))
AGAINST = planted(1.0 - BAYES[CHANCE])


@pytest.mark.parametrize(("gap", "verdict"), [(0.0, Verdict.SUPPORTED), (0.1, Verdict.REFUTED)])
def test_a_bayesian_is_judged(gap: float, verdict: Verdict) -> None:
    outcome = outcome_of(np.full(COINS, gap))
    assert if_it_follows(outcome, BAYES) is outcome
    assert verdict_of(outcome) is verdict


@pytest.mark.parametrize("study", [CONSTANT, ROUNDING, UNRELATED, AGAINST])
@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_a_predictor_that_ignores_its_data_is_not(study: Study, gap: float) -> None:
    outcome = outcome_of(np.full(COINS, gap))
    found = if_it_follows(outcome, study)
    assert verdict_of(outcome) is not Verdict.INCONCLUSIVE
    assert verdict_of(found) is Verdict.INCONCLUSIVE
    assert found.undefined.startswith("the prediction does not follow the data (correlation of p(1) with the share")
    assert found.undefined.endswith("n = 60), and a predictor that ignores its data is a martingale too")
    assert (found.estimate, found.interval, found.n) == (outcome.estimate, outcome.interval, outcome.n)


def test_the_numbers_are_covariance_and_correlation() -> None:
    found = following([0.1, 0.5, 0.6], [0.0, 0.5, 1.0])
    assert found["covariance_of_chance_and_share"] == pytest.approx(0.25 / 3)
    assert found["correlation_of_chance_and_share"] == pytest.approx(np.corrcoef([0.1, 0.5, 0.6], [0, 0.5, 1])[0, 1])
    assert following([0.5, 0.5], [0.0, 1.0])["correlation_of_chance_and_share"] is None


def test_the_test_keeps_its_level() -> None:
    rng = np.random.default_rng(9)
    passed = [
        following(rng.beta(0.5, 0.5, COINS), rng.binomial(N, np.resize(THETAS, COINS)) / N)["p_of_following_the_data"]
        for _ in range(40)
    ]
    assert sum(isinstance(p, float) and p <= 0.05 for p in passed) <= 6


def test_what_is_undefined_already_stays_so_and_no_number_is_made_of_nan() -> None:
    nan = planted(np.full(COINS, np.nan))
    undefined = outcome_of(np.full(COINS, np.nan))
    assert if_it_follows(undefined, nan) is undefined
    with pytest.raises(SettingsError):
        if_it_follows(outcome_of(np.zeros(COINS)), nan)
