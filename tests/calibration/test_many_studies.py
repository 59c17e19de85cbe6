"""The vectorised tests against the rules' own, study by study."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.calibration.many_studies import BLOCK, EXACT_EPISODES, holm_rows, one_sided_tests, sign_flips
from iclgd_core.stats import holm, one_sided, sign_flip
from iclgd_core.stats.resampling import RESAMPLES

INTEGERS = st.lists(st.integers(-4, 4).map(float), min_size=6, max_size=6)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@settings(max_examples=30)
@given(st.lists(INTEGERS, min_size=1, max_size=4), st.integers(-2, 2))
def test_exact_p_values_are_those_of_the_rule(studies: list[list[float]], margin: int) -> None:
    greater, less = sign_flips(np.array(studies), float(margin), rng())
    for i, d in enumerate(studies):
        assert (greater[i], less[i]) == sign_flip(d, float(margin))


@pytest.mark.parametrize("n", [2, 5, 12, EXACT_EPISODES])
@pytest.mark.parametrize("margin", [0.0, 0.02])
def test_exact_p_values_of_real_numbers(n: int, margin: float) -> None:
    assert 2**n <= RESAMPLES
    d = np.round(rng().normal(0.1, 0.3, size=(3, n)) * 32.0) / 32.0
    greater, less = sign_flips(d, margin, rng())
    for i in range(3):
        assert (greater[i], less[i]) == pytest.approx(sign_flip(d[i], margin), abs=1e-12)


def test_random_flips_agree_within_their_own_error() -> None:
    d = rng().normal(0.2, 1.0, size=(6, 30))
    greater, less = sign_flips(d, 0.0, rng(), resamples=9999)
    for i in range(6):
        for mine, other in zip((greater[i], less[i]), sign_flip(d[i], 0.0), strict=True):
            assert mine == pytest.approx(other, abs=4.0 * math.sqrt(2.0 * 0.25 / 9999))
    smallest, _ = sign_flips(np.linspace(1.0, 2.0, 40)[None], 0.0, rng(), resamples=499)
    assert smallest[0] == 1 / 500


@pytest.mark.parametrize("n", [4, 20])
def test_constants_zeros_and_rounding_are_as_in_the_rule(n: int) -> None:
    rows = [[0.7] * n, [0.2] * n, [0.1 + 0.2] * n, [0.3] * n]
    greater, less = sign_flips(np.array(rows), 0.3, rng())
    for i, d in enumerate(rows):
        assert (greater[i], less[i]) == sign_flip(d, 0.3)


def test_every_block_is_filled_and_the_data_are_left_alone() -> None:
    d = rng().normal(size=(BLOCK + 3, 14))
    before = d.copy()
    greater, less = sign_flips(d, 0.0, rng(), resamples=99)
    assert ((greater > 0.0) & (greater <= 1.0) & (greater + less >= 1.0)).all()
    np.testing.assert_array_equal(d, before)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6), st.integers(0, 3))
def test_holm_by_rows_is_holm(p: list[float], missing: int) -> None:
    found = holm_rows(np.array([p, p[::-1]]), len(p) + missing)
    assert found[0].tolist() == pytest.approx(holm(p, len(p) + missing), abs=1e-15)
    assert found[1].tolist() == pytest.approx(holm(p[::-1], len(p) + missing), abs=1e-15)


def test_both_tests_together_agree_with_the_rule_within_their_error() -> None:
    d = np.concatenate([rng().normal(0.2, 1.0, size=(3, 30)), rng().exponential(size=(3, 30)) - 0.8])
    greater, less = one_sided_tests(d, 0.0, rng(), resamples=9999)
    for i in range(6):
        for mine, other in zip((greater[i], less[i]), one_sided(d[i], 0.0), strict=True):
            assert mine == pytest.approx(other, abs=4.0 * math.sqrt(2.0 * 0.25 / 9999))
    constant = np.array([[0.7] * 20, [0.2] * 20, [0.3] * 20])
    greater, less = one_sided_tests(constant, 0.3, rng())
    for i in range(3):
        assert (greater[i], less[i]) == one_sided(constant[i], 0.3)
