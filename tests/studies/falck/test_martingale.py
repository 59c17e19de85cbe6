"""The martingale studies: coins, exact steps, and sampled paths on a tiny model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iclgd_core.errors import ContextError
from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.stats.martingale import BetaBernoulli
from iclgd_core.studies.falck import coins as martingale_coins
from iclgd_core.studies.falck import paths as martingale_paths
from iclgd_core.studies.falck import steps as martingale_steps
from iclgd_core.studies.falck.coins import Coin, coins
from iclgd_core.studies.falck.following import CHANCE, ONES
from iclgd_core.studies.falck.oracle import GAPS, oracle_study
from iclgd_core.studies.falck.paths import outcomes_that_fit, path_study
from iclgd_core.studies.falck.steps import step_study
from tests.studies.planted import TIER
from tests.tiny_models import tiny_model, tiny_task


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    for module in (martingale_steps, martingale_paths):
        monkeypatch.setattr(module, "COINS", 4)
    monkeypatch.setattr(martingale_paths, "PATHS", 5)
    return Lab(tiny_model(), tiny_task(2), TIER, 0, Store(tmp_path))


def test_a_coin_s_prompt_repeats_its_input(lab: Lab) -> None:
    found = coins(lab, 6)
    assert [coin.theta for coin in found] == [0.3, 0.5, 0.7, 0.3, 0.5, 0.7]
    coin = found[1]
    zero, one = coin.tokens
    assert zero != one
    x, slash = coin.token[coin.x], coin.token[coin.separator]
    expected = np.concatenate([x, [one], slash, x, [zero], slash, x])
    np.testing.assert_array_equal(coin.prompt(np.array([1, 0])).ids, expected)
    np.testing.assert_array_equal(coin.between, np.concatenate([slash, x]))


def test_data_are_drawn_with_the_coin_s_probability(lab: Lab) -> None:
    found = coins(lab, 60)
    for theta in martingale_coins.THETAS:
        own = np.concatenate([coin.outcomes for coin in found if coin.theta == theta])
        assert own.mean() == pytest.approx(theta, abs=4.0 * np.sqrt(0.25 / len(own)))


def test_steps_are_those_of_the_model(lab: Lab) -> None:
    found = step_study(lab, 3)
    coin = coins(lab, 4)[2]
    data = coin.outcomes[:3]

    def chance(z: NDArray[np.int64]) -> float:
        row = np.asarray(lab.model.log_probs([[coin.prompt(z)]], coin.tokens), dtype=np.float64)[0, 0, coin.tokens]
        return float(np.exp(row[1]) / np.exp(row).sum())

    p, p_0, p_1 = chance(data), chance(np.append(data, 0)), chance(np.append(data, 1))
    assert found[CHANCE][2] == pytest.approx(p, abs=1e-5)
    assert found["two-step gap"][2] == pytest.approx(abs((1 - p) * p_0 + p * p_1 - p), abs=1e-5)
    assert found["moved by one outcome"][2] == pytest.approx((abs(p_0 - p) + abs(p_1 - p)) / 2, abs=1e-5)
    mixed = (found[ONES] > 0.0) & (found[ONES] < 1.0)
    assert mixed.any()
    assert ((found["order gap"] > 0.0) == mixed).all()


def test_a_bayesian_in_the_model_s_place_has_no_gap(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def chances(_: Lab, __: tuple[Coin, ...], histories: list[list[NDArray[np.int64]]]) -> NDArray[np.float64]:
        return np.array([[BetaBernoulli().behind(z.sum(), len(z) - z.sum()).next_is_one for z in h] for h in histories])

    monkeypatch.setattr(martingale_steps, "model_chances", chances)
    found = step_study(lab, 8)
    np.testing.assert_allclose(found["two-step gap"], 0.0, atol=1e-12)
    np.testing.assert_array_equal(found["order gap"], 0.0)
    assert found.details["correlation_of_chance_and_share"] == pytest.approx(1.0)


def test_the_posterior_with_structure_does_not_mind_the_order(lab: Lab) -> None:
    found = step_study(lab, 4, "bayes-structure")
    np.testing.assert_allclose(found["order gap"], 0.0, atol=1e-9)
    assert found.fixed["predictor"] == "bayes-structure"


@pytest.mark.parametrize("predictor", ["icl", "bayes-mixture"])
def test_steps_are_computed_once_for_each_number_of_outcomes(
    lab: Lab, predictor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = step_study(lab, 3, predictor)
    for name in ("chance_of_one", "_odds"):
        monkeypatch.setattr(martingale_coins, name, lambda *_: pytest.fail("computed again"))
    again = step_study(lab, 3, predictor)
    for name, values in found.numbers.items():
        np.testing.assert_array_equal(again[name], values)
    for other, n in ((lab, 2), (replace(lab, seed=1), 3), (replace(lab, task=tiny_task(3)), 3)):
        with pytest.raises(pytest.fail.Exception, match="computed again"):
            step_study(other, n, predictor)


def test_paths_fit_the_context(lab: Lab) -> None:
    coin = coins(lab, 1)[0]
    for length in ("short", "long"):
        n, m = outcomes_that_fit(lab, coin, length)
        assert (n + m) * 3 <= 64 < (n + m + 3) * 3
        assert m == (n // 2 if length == "short" else 2 * n)
    with pytest.raises(ContextError, match=r"too short for lag 5"):
        outcomes_that_fit(replace(lab, task=tiny_task(6)), replace(coin, x=np.arange(5)), "short")


def test_statistics_are_of_paths_measured_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    found = path_study(lab, "long")
    assert {values.shape for values in found.numbers.values()} == {(4,)}
    assert len(found.details["mean_t2"]) == 4  # type: ignore[arg-type]
    assert set(found["T1 inside"]) <= {0.0, 1.0}
    assert 0.0 <= found["T2 inside"].mean() == found.details["t2_inside"] <= 1.0  # type: ignore[operator]
    monkeypatch.setattr(martingale_paths, "sample_paths", lambda *_: pytest.fail("measured twice"))
    np.testing.assert_array_equal(path_study(lab, "long")["T1"], found["T1"])


def test_paths_begin_with_the_prediction_behind_the_data(lab: Lab) -> None:
    found, coin = path_study(lab, "long"), coins(lab, 4)[2]
    n, _ = outcomes_that_fit(lab, coin, "long")
    assert found.fixed["outcomes"] == n
    prompt = coin.prompt(coin.outcomes[:n])
    row = np.asarray(lab.model.log_probs([[prompt]], coin.tokens), dtype=np.float64)[0, 0, coin.tokens]
    assert found[CHANCE][2] == pytest.approx(np.exp(row[1]) / np.exp(row).sum(), abs=1e-5)
    assert found[ONES][2] == coin.outcomes[:n].mean()


def planted(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    def paths(_: Lab, flips: tuple[Coin, ...], n: int, m: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rng, out = np.random.default_rng(3), []
        for coin in flips:
            ones = coin.outcomes[:n].sum()
            out.append(BetaBernoulli().behind(ones, n - ones).paths(1, 16, m, rng)[0])
        drawn = np.stack(out)
        chance = np.array([(coin.outcomes[:n].sum() + 1.0) / (n + 2.0) for coin in flips])
        return drawn if kind == "bayes" else np.sort(drawn, axis=-1), chance

    monkeypatch.setattr(martingale_paths, "_sampled", paths)
    monkeypatch.setattr(martingale_paths, "COINS", 24)


def test_a_bayesian_s_paths_lie_in_the_bands(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "bayes")
    found = path_study(lab, "long").details
    for name in ("t1_inside", "t2_inside", "t3_inside"):
        share = found[name]
        assert isinstance(share, float)
        assert share > 0.85, name


def test_sorted_paths_drift_out_of_the_band(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "sorted")
    assert path_study(lab, "long")["T1 inside"].mean() < 0.5


@pytest.mark.parametrize("gap", GAPS)
def test_the_oracle_has_no_gap(gap: str) -> None:
    found = oracle_study(gap)
    assert len(found.numbers) == 41
    assert max(found.numbers.values()) < 1e-15
