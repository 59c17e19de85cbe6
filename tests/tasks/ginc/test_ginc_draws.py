"""Documents and examples follow the HMMs they are said to come from; the next symbol is the true one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.tasks import GincConfig, GincWorld
from iclgd_core.tasks.ginc.world import ginc_world
from tests.tasks.hidden_paths import emission, joint_transition, next_by_enumeration, start_at
from tests.tiny_models import WORLD

SIGMAS = 5.0
"""Half-width of the binomial bands; a right generator leaves one of a thousand such bands with p < 1e-3."""


def within_band(counts: NDArray[np.int64], n: int, p: NDArray[np.float64]) -> None:
    """Assert that counts out of n independent draws fit the probabilities."""
    width = SIGMAS * np.sqrt(n * p * (1.0 - p)) + 1e-9
    worst = np.abs(counts - n * p) - width
    assert (worst <= 0).all(), f"off by {worst.max()} beyond the band at {np.argmax(worst)}"


def test_documents_have_the_shape_and_the_hmms_of_the_mixture() -> None:
    world = ginc_world(WORLD)
    symbols, hmm = world.documents(400, 7, np.random.default_rng(0))
    assert symbols.shape == (400, 7)
    assert hmm.shape == (400,)
    assert set(hmm.tolist()) == set(range(WORLD.n_in_mixture))
    assert symbols.min() >= 0
    assert symbols.max() < WORLD.n_symbols


def test_every_document_is_possible_under_its_hmm() -> None:
    config = GincConfig(n_symbols=40, n_values=4, n_slots=6, n_hmms=4, n_in_mixture=3, seed=8)
    world = ginc_world(config)
    symbols, hmm = world.documents(60, 40, np.random.default_rng(1))
    emit, steps = emission(world), [joint_transition(world, h) for h in range(config.n_hmms)]

    def possible(row: NDArray[np.int64], h: int) -> bool:
        alpha = world.start[h].ravel()
        for symbol in row:
            alpha = alpha * emit[:, symbol]
            if not alpha.any():
                return False
            alpha = (alpha / alpha.sum()) @ steps[h]
        return True

    assert all(possible(row, int(h)) for row, h in zip(symbols, hmm, strict=True))
    others = [possible(row, (int(h) + 1) % config.n_hmms) for row, h in zip(symbols, hmm, strict=True)]
    assert not all(others), "the check itself cannot tell the HMMs apart"


def test_symbol_and_transition_frequencies_are_those_of_the_hmm() -> None:
    world, n = ginc_world(WORLD), 12_000
    symbols, hmm = world.documents(n, 5, np.random.default_rng(2))
    emit = emission(world)
    for h in range(WORLD.n_in_mixture):
        own, step = symbols[hmm == h], joint_transition(world, h)
        state = world.start[h].ravel()
        for t in range(4):
            pairs = emit.T @ (state[:, None] * step) @ emit
            counts = np.zeros(pairs.shape, dtype=np.int64)
            np.add.at(counts, (own[:, t], own[:, t + 1]), 1)
            within_band(counts, len(own), pairs)
            within_band(counts.sum(axis=1), len(own), state @ emit)
            state = state @ step


def test_the_delimiter_comes_as_often_as_its_slot() -> None:
    config = GincConfig(n_symbols=30, n_values=4, n_slots=5, n_in_mixture=4, transition_temperature=1.0, seed=3)
    world, n = ginc_world(config), 4000
    for slots in world.slot_transition[: config.n_in_mixture]:
        stationary = np.linalg.matrix_power(slots, 200)
        np.testing.assert_allclose(stationary, 1.0 / config.n_slots, atol=1e-9)
    symbols, _ = world.documents(n, 41, np.random.default_rng(5))
    within_band(np.array([(symbols[:, -1] == 0).sum()]), n, np.array([1.0 / config.n_slots]))


@pytest.mark.parametrize(("hmm", "slot"), [(0, 1), (1, 2), (2, 0)])
def test_examples_start_at_their_slot_and_follow_their_hmm(hmm: int, slot: int) -> None:
    world, n = ginc_world(WORLD), 6000
    drawn = world.examples(hmm, slot, 3, n, np.random.default_rng(6))
    assert drawn.shape == (n, 3)
    assert set(drawn[:, 0].tolist()) <= set(world.memory[:, slot].tolist())
    emit, step, state = emission(world), joint_transition(world, hmm), start_at(world, slot)
    for t in range(2):
        pairs = emit.T @ (state[:, None] * step) @ emit
        counts = np.zeros(pairs.shape, dtype=np.int64)
        np.add.at(counts, (drawn[:, t], drawn[:, t + 1]), 1)
        within_band(counts, n, pairs)
        state = state @ step


def small_world(seed: int) -> GincWorld:
    """Few symbols, so that several states share one and the paths are truly hidden."""
    return ginc_world(GincConfig(n_symbols=4, n_values=3, n_slots=3, n_hmms=2, n_in_mixture=1, seed=seed))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 50), hmm=st.integers(0, 1), slot=st.integers(0, 2), length=st.integers(0, 3))
def test_the_next_symbol_against_all_hidden_paths(seed: int, hmm: int, slot: int, length: int) -> None:
    world = small_world(seed)
    x = world.examples(hmm, slot, max(length, 1), 2, np.random.default_rng(seed))[:, :length]
    found = world.next_symbol(hmm, slot, x)
    assert found.shape == (2, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)
    for row, own in zip(x, found, strict=True):
        np.testing.assert_allclose(own, next_by_enumeration(world, hmm, slot, row), atol=1e-12, rtol=0)


def test_symbols_that_cannot_be_emitted_are_refused() -> None:
    world = ginc_world(WORLD)
    fits = world.memory[:1, 1:2]
    assert world.next_symbol(0, 1, fits).shape == (1, WORLD.n_symbols)
    with pytest.raises(SettingsError, match=r"HMM 0 cannot emit .* from slot 1"):
        world.next_symbol(0, 1, np.array([[0]]))
    with pytest.raises(SettingsError, match="HMM 0"):
        world.next_symbol(0, 1, np.concatenate([fits, [[0]]]))
