"""Top k, token overlap and both readings of the overlap cosine."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import ocs_additive, ocs_bounded, token_overlap
from iclgd_core.metrics.top_k import in_top_k
from tests.metrics.strategies import Floats, groups, normalised

METRICS = [token_overlap, ocs_bounded, ocs_additive]


def top(row: Floats, k: int) -> set[int]:
    return set(np.argsort(-row, kind="stable")[:k].tolist())


@given(groups(n=2), st.data())
def test_agree_with_sets_and_plain_sums(p: Floats, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, p.shape[1]))
    first, second = top(p[0], k), top(p[1], k)
    shared = first & second
    a, b = [math.exp(x) for x in p[0]], [math.exp(x) for x in p[1]]
    assert set(np.flatnonzero(in_top_k(p[0], k)).tolist()) == first
    assert float(token_overlap(p[0], p[1], k)) == len(shared) / k
    cross = math.fsum(a[v] * b[v] for v in shared)
    own = math.fsum(a[v] ** 2 for v in first) * math.fsum(b[v] ** 2 for v in second)
    both = math.fsum(a[v] ** 2 for v in shared) * math.fsum(b[v] ** 2 for v in shared)
    assert float(ocs_bounded(p[0], p[1], k)) == pytest.approx(cross / math.sqrt(own), abs=1e-9)
    additive = cross / math.sqrt(both + k - len(shared))
    assert float(ocs_additive(p[0], p[1], k)) == pytest.approx(additive, abs=1e-9)
    assert float(ocs_additive(p[0], p[1], k)) <= 1.0 / math.sqrt(1 + k - len(shared)) + 1e-12


@pytest.mark.parametrize("metric", METRICS)
@given(p=groups(n=2, smallest=3))
def test_range_symmetry_identity(metric: object, p: Floats) -> None:
    assert callable(metric)
    found = float(metric(p[0], p[1], 3))
    assert 0.0 <= found <= 1.0
    assert found == float(metric(p[1], p[0], 3))
    assert float(metric(p[0], p[0], 3)) == 1.0


@pytest.mark.parametrize("metric", METRICS)
@given(size=st.integers(3, 8), random=st.randoms(use_true_random=False))
def test_tokens_have_no_names_where_nothing_is_tied(metric: object, size: int, random: Random) -> None:
    assert callable(metric)
    weights = [random.sample(range(1, 50), size) for _ in range(2)]
    p, order = normalised(np.array(weights)), random.sample(range(size), size)
    assert float(metric(p[0], p[1], 2)) == pytest.approx(float(metric(p[0][order], p[1][order], 2)), abs=1e-12)


def test_ties_at_rank_k_go_to_the_lowest_ids() -> None:
    assert in_top_k(np.zeros(5), 2).tolist() == [True, True, False, False, False]
    assert in_top_k(np.array([-1.0, 0.0, -1.0, -1.0]), 3).tolist() == [True, True, True, False]
    assert in_top_k(np.array([-np.inf, -np.inf, 0.0]), 2).tolist() == [True, False, True]


def test_probabilities_that_underflow_keep_their_rank() -> None:
    p = np.array([0.0, -900.0, -800.0])
    assert in_top_k(p, 2).tolist() == [True, False, True]


@pytest.mark.parametrize("metric", [ocs_bounded, ocs_additive])
def test_nothing_shared_gives_exactly_zero(metric: object) -> None:
    assert callable(metric)
    p, q = normalised(np.array([3.0, 2.0, 0.0, 0.0])), normalised(np.array([0.0, 0.0, 3.0, 2.0]))
    assert float(metric(p, q, 2)) == 0.0


def test_bounded_is_graded_where_additive_is_a_switch() -> None:
    flat, other = np.ones(12), np.ones(12)
    flat[10:] = 0.5
    other[[0, 11]] = [0.5, 1.5]
    p, q = normalised(flat), normalised(other)
    assert float(token_overlap(p, q)) == 0.9
    assert float(ocs_bounded(p, q)) > 0.8
    assert float(ocs_additive(p, q)) < 0.1


@pytest.mark.parametrize("metric", METRICS)
def test_guards(metric: object) -> None:
    assert callable(metric)
    p = normalised(np.ones((2, 3)))
    np.testing.assert_array_equal(metric(p, p, 3), 1.0)
    np.testing.assert_array_equal(metric(p, p, 1), 1.0)
    for k in (0, 4, -1):
        with pytest.raises(SettingsError, match=r"\[1, 3\]"):
            metric(p, p, k)
    with pytest.raises(SettingsError, match="size of the vocabulary; got 10"):
        metric(p, p)
