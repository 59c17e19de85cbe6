"""The forward algorithm: against the sum over all paths, and what must hold of any posterior."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.learners.bayes import (
    Chains,
    chains_by_start_slot,
    enumerated,
    mixture_likelihoods,
    mixture_of_hmms,
    next_symbols,
    read,
    structure_likelihoods,
)
from iclgd_core.learners.bayes.filtering import beginning
from iclgd_core.tasks import GincConfig, GincTask
from iclgd_core.tasks.ginc.world import DELIMITER, GincWorld, ginc_world
from tests.tiny_models import WORLD

SEEDS = st.integers(0, 50)


def small(seed: int, hmms: int = 3) -> GincWorld:
    return ginc_world(GincConfig(n_symbols=9, n_values=3, n_slots=3, n_hmms=hmms, n_in_mixture=hmms, seed=seed))


@given(SEEDS, st.lists(st.integers(0, 8), min_size=1, max_size=7), st.sampled_from([1e-12, 1e-3, 0.5]))
@settings(max_examples=30, deadline=None)
def test_any_text_is_predicted_as_the_sum_over_all_paths(seed: int, text: list[int], restart: float) -> None:
    """With restarts every text of emitted symbols is possible; one that no state emits is left out."""
    world = small(seed)
    symbols = np.array([x for x in text if x in world.memory] or [DELIMITER])
    chains = mixture_of_hmms(world, restart)
    found = mixture_likelihoods(world, np.zeros((0, 3), np.int64), symbols[None], restart).next_symbol[0]
    np.testing.assert_allclose(found, enumerated(chains, [], symbols), rtol=1e-9, atol=1e-15)


@given(SEEDS, st.integers(0, 2), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_independent_examples_are_weighed_as_the_sum_over_all_paths(seed: int, index: int, n: int) -> None:
    config = GincConfig(n_symbols=9, n_values=3, n_slots=3, n_hmms=3, n_in_mixture=3, seed=seed)
    task = GincTask(3, config)
    drawn = task.episode(seed, "evaluation", index, 2)
    shown = np.concatenate([drawn.demonstrations, drawn.labels[:, None]], axis=1)[:n]
    found = structure_likelihoods(task.world, shown, drawn.queries).next_symbol
    chains = chains_by_start_slot(task.world)
    for row, query in zip(found, drawn.queries, strict=True):
        np.testing.assert_allclose(row, enumerated(chains, list(shown), query), rtol=1e-9, atol=1e-15)


def test_one_hmm_at_a_known_slot_is_the_world_s_own_filter() -> None:
    world = ginc_world(WORLD)
    chains = chains_by_start_slot(world)
    slots = world.config.n_slots - 1
    x = world.examples(1, 2, 4, 6, np.random.default_rng(0))
    belief = read(chains, beginning(chains), x)
    one = np.zeros((6, len(chains.start)))
    one[:, 1 * slots + (2 - 1)] = 1.0
    np.testing.assert_allclose(next_symbols(world, belief, one), world.next_symbol(1, 2, x), rtol=1e-12)


def test_a_text_in_two_parts_is_the_text() -> None:
    world = ginc_world(WORLD)
    chains = mixture_of_hmms(world)
    text, _ = world.documents(4, 12, np.random.default_rng(1))
    whole = read(chains, beginning(chains), text)
    parts = read(chains, read(chains, beginning(chains), text[:, :5]), text[:, 5:])
    np.testing.assert_array_equal(whole.state, parts.state)
    np.testing.assert_allclose(whole.log_likelihood, parts.log_likelihood, rtol=1e-12)


def test_the_stationary_distribution_is_uniform() -> None:
    """So a window from the middle of a document begins in any state alike."""
    world = ginc_world(GincConfig())
    for block in (world.value_transition[None], world.slot_transition):
        np.testing.assert_allclose(block.sum(axis=1), 1.0, rtol=1e-12)


def test_an_impossible_text_has_likelihood_zero_and_no_belief() -> None:
    world = ginc_world(WORLD)
    unused = int(np.setdiff1d(np.arange(WORLD.n_symbols), world.memory)[0])
    chains = mixture_of_hmms(world)
    belief = read(chains, beginning(chains), np.array([[unused, DELIMITER]]))
    assert np.isneginf(belief.log_likelihood).all()
    assert (belief.state == 0.0).all()


@pytest.mark.parametrize("restart", [-0.1, 1.1, float("nan")])
def test_a_restart_rate_is_a_probability(restart: float) -> None:
    with pytest.raises(SettingsError, match=r"^the probability of a restart lies in \[0, 1\]; got"):
        mixture_of_hmms(small(0), restart)
    assert isinstance(mixture_of_hmms(small(0), 1.0), Chains)
