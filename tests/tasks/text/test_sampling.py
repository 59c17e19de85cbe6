"""Draws: no row twice, no query among the demonstrations, blocks with every label, the pool as the formula says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from iclgd_core.errors import ContextError, SettingsError
from iclgd_core.seeds import stream
from iclgd_core.tasks.text.sampling import SAMPLINGS, Sampling, demonstrations, pool_size, queries

LABELS = st.integers(2, 5).flatmap(
    lambda classes: st.tuples(
        st.just(classes), st.lists(st.integers(0, classes - 1), min_size=8, max_size=60).map(np.array)
    )
)


@given(LABELS, st.sampled_from(SAMPLINGS), st.integers(0, 9))
def test_no_row_is_shown_twice(drawn: tuple[int, NDArray[np.int64]], sampling: Sampling, seed: int) -> None:
    classes, labels = drawn
    pool = pool_size(labels, classes, sampling)
    if pool:
        shown = demonstrations(labels, classes, pool, sampling, stream(seed, "d"))
        assert len(set(shown.tolist())) == len(shown) == pool
        assert set(shown.tolist()) <= set(range(len(labels)))


@given(LABELS, st.integers(0, 9))
def test_each_block_of_a_balanced_draw_has_every_label_once(drawn: tuple[int, NDArray[np.int64]], seed: int) -> None:
    classes, labels = drawn
    pool = pool_size(labels, classes, "balanced")
    assert pool % classes == 0
    assert pool // classes == 3 * min(np.bincount(labels, minlength=classes)) // 4
    if pool:
        shown = labels[demonstrations(labels, classes, pool, "balanced", stream(seed, "d"))]
        assert (np.sort(shown.reshape(-1, classes), axis=1) == np.arange(classes)).all()


def test_the_last_block_of_a_cut_pool_has_distinct_labels() -> None:
    labels = np.arange(900) % 3
    assert pool_size(labels, 3, "balanced") == 512  # 170 blocks and two more
    shown = labels[demonstrations(labels, 3, 512, "balanced", stream(0, "d"))]
    assert len(set(shown[-2:].tolist())) == 2
    assert (np.sort(shown[:-2].reshape(-1, 3), axis=1) == np.arange(3)).all()


def test_the_order_within_balanced_blocks_varies() -> None:
    labels = np.arange(60) % 2
    firsts = labels[demonstrations(labels, 2, 40, "balanced", stream(0, "d"))][::2]
    assert 0 < firsts.sum() < len(firsts)


def test_pool_by_hand() -> None:
    cb = np.repeat([0, 1, 2], [115, 119, 16])
    assert pool_size(cb, 3, "natural") == 187  # floor(3 * 250 / 4)
    assert pool_size(cb, 3, "balanced") == 36  # 3 * floor(3 * 16 / 4)
    assert pool_size(np.zeros(2000, dtype=int), 1, "natural") == 512


def test_a_class_without_rows_cannot_be_balanced() -> None:
    labels = np.zeros(20, dtype=int)
    assert pool_size(labels, 2, "balanced") == 0
    with pytest.raises(SettingsError, match="the rarest has 0"):
        demonstrations(labels, 2, 4, "balanced", stream(0, "d"))


def test_natural_draws_are_uniform() -> None:
    hits = np.zeros(10)
    for seed in range(400):
        hits[demonstrations(np.arange(10) % 2, 2, 3, "natural", stream(seed, "d"))] += 1
    assert hits.min() > 400 * 0.3 - 4 * np.sqrt(400 * 0.3 * 0.7)  # four standard errors


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 5))
def test_queries_are_distinct_and_fewer_are_a_prefix(allowed: int, count: int, seed: int) -> None:
    free = np.arange(allowed) * 7
    if count > allowed:
        with pytest.raises(ContextError, match=f"{count} queries were asked for, but task 't' has {allowed} rows"):
            queries(free, count, "t", "tuning", stream(seed, "q"))
        return
    drawn = queries(free, count, "t", "tuning", stream(seed, "q")).tolist()
    assert len(set(drawn)) == count
    assert set(drawn) <= set(free.tolist())
    assert queries(free, count // 2, "t", "tuning", stream(seed, "q")).tolist() == drawn[: count // 2]
