"""Jensen-Shannon divergence in bits."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import jensen_shannon, js_agreement
from tests.metrics.strategies import Floats, groups, normalised


def bits(p: float, m: float) -> float:
    return p * math.log2(p / m) if p > 0.0 else 0.0


def test_hand_value() -> None:
    found = float(jensen_shannon(np.array([0.0, -np.inf]), np.log([0.5, 0.5])))
    assert found == pytest.approx(1.5 - 0.75 * math.log2(3.0), abs=1e-15)


@given(groups(n=2))
def test_agrees_with_a_plain_loop_and_with_scipy(p: Floats) -> None:
    a, b = [math.exp(x) for x in p[0]], [math.exp(x) for x in p[1]]
    middle = [(x + y) / 2.0 for x, y in zip(a, b, strict=True)]
    expected = math.fsum((bits(x, m) + bits(y, m)) / 2.0 for x, y, m in zip(a, b, middle, strict=True))
    found = float(jensen_shannon(p[0], p[1]))
    assert found == pytest.approx(expected, abs=1e-9)
    assert found == pytest.approx(float(jensenshannon(a, b, base=2.0)) ** 2, abs=1e-9)
    assert 0.0 <= found <= 1.0
    assert found == float(jensen_shannon(p[1], p[0]))
    assert float(js_agreement(p[0], p[1])) == 1.0 - found


@given(groups(n=1))
def test_identical_inputs_give_exactly_zero(p: Floats) -> None:
    assert float(jensen_shannon(p[0], p[0])) == 0.0
    assert float(js_agreement(p[0], p[0])) == 1.0


@given(groups(n=2), st.randoms(use_true_random=False))
def test_tokens_have_no_names(p: Floats, random: Random) -> None:
    order = random.sample(range(p.shape[1]), p.shape[1])
    found = float(jensen_shannon(p[0][order], p[1][order]))
    assert found == pytest.approx(float(jensen_shannon(p[0], p[1])), abs=1e-12)


@given(groups(n=2), st.floats(0.0, 1.0))
def test_mixing_towards_the_other_never_takes_away(p: Floats, share: float) -> None:
    mixed = normalised((1.0 - share) * np.exp(p[1]) + share * np.exp(p[0]))
    assert float(jensen_shannon(p[0], mixed)) <= float(jensen_shannon(p[0], p[1])) + 1e-12


def test_the_smallest_probabilities_do_no_harm() -> None:
    tiny = np.array([0.0, -744.0])
    assert float(jensen_shannon(tiny, np.array([0.0, -np.inf]))) == pytest.approx(0.0, abs=1e-300)
    assert float(jensen_shannon(tiny, np.array([-744.0, 0.0]))) == 1.0


def test_logits_are_refused() -> None:
    with pytest.raises(SettingsError, match="sum to 1"):
        jensen_shannon([1.0, 2.0], np.log([0.5, 0.5]))
