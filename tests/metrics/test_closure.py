"""Closure against hand values, its invariances, and its undefined cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import closure
from tests.metrics.strategies import Floats


def episodes(n: int = 12, share: float = 0.25) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(5)
    floor = 0.3 + 0.05 * rng.random(n)
    ceiling = floor + 0.4 + 0.1 * rng.random(n)
    return floor + share * (ceiling - floor), floor, ceiling


def test_a_planted_share_is_recovered_with_its_interval() -> None:
    found = closure(*episodes(share=0.25))
    assert found.value == pytest.approx(0.25, abs=1e-12)
    assert found.interval == pytest.approx((0.25, 0.25), abs=1e-12)
    assert (found.n, found.undefined) == (12, "")


def test_floor_and_ceiling_themselves() -> None:
    _, floor, ceiling = episodes()
    assert closure(floor, floor, ceiling).value == 0.0
    assert closure(ceiling, floor, ceiling).value == 1.0


@settings(max_examples=15)
@given(scale=st.floats(0.01, 100.0), shift=st.floats(-10.0, 10.0), sign=st.sampled_from([-1.0, 1.0]))
def test_unit_origin_and_sign_of_the_agreement_do_not_matter(scale: float, shift: float, sign: float) -> None:
    learner, floor, ceiling = episodes()
    learner = learner + 0.02 * np.random.default_rng(6).normal(size=12)
    first = closure(learner, floor, ceiling)
    second = closure(*(sign * scale * x + shift for x in (learner, floor, ceiling)))
    assert first.value is not None
    assert second.value == pytest.approx(first.value, abs=1e-9)
    assert second.interval == pytest.approx(first.interval, abs=1e-9)
    assert first.interval is not None
    assert first.interval[0] < first.value < first.interval[1]


def test_undefined_where_floor_and_ceiling_do_not_differ() -> None:
    rng = np.random.default_rng(2)
    learner, floor = rng.random(10), rng.random(10)
    found = closure(learner, floor, floor + 0.1 * rng.normal(size=10))
    assert (found.value, found.interval, found.n) == (None, None, 10)
    assert found.undefined.startswith("floor and ceiling do not differ")
    assert closure(learner, floor, floor).undefined.endswith("[0, 0]")


def test_undefined_where_the_interval_excludes_zero_but_the_sign_is_not_stable() -> None:
    x = np.round(np.random.default_rng(5).normal(size=20), 2)
    gap = x - x.mean() + 0.46 * x.std()  # at the edge: two bootstraps of their own judge it, one each way
    found = closure([0.5] * 20, [0.0] * 20, gap, resamples=999)
    assert found.undefined.endswith("is not stable over episodes")
    assert (found.value, found.interval, found.n) == (None, None, 20)


def test_one_episode_is_not_enough_and_two_are() -> None:
    assert "at least 2" in closure([0.5], [0.0], [1.0]).undefined
    assert closure([0.5, 0.5], [0.0, 0.0], [1.0, 1.0]).value == 0.5


def test_guards() -> None:
    ok = [0.1, 0.2]
    wrong: list[ArrayLike] = [[0.1, np.nan], [0.1, np.inf], [[0.1, 0.2]]]
    for bad in wrong:
        for place in range(3):
            arguments: list[ArrayLike] = [ok, ok, ok]
            arguments[place] = bad
            with pytest.raises(SettingsError, match="one finite agreement per episode"):
                closure(*arguments)
    with pytest.raises(SettingsError, match="same episodes"):
        closure(ok, ok, [0.1, 0.2, 0.3])
