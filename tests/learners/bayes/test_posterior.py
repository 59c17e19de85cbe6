"""The three readings of a prompt: what each knows, and where it is undefined."""

import numpy as np
import pytest
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.learners.bayes import (
    RESTART,
    free_restart_likelihoods,
    mixture_likelihoods,
    structure_likelihoods,
)
from iclgd_core.learners.bayes.predictive import predictive
from iclgd_core.metrics import correct, token_overlap
from iclgd_core.models.language.predictions import TopLogProbs
from iclgd_core.tasks import Episode, GincConfig, GincTask
from iclgd_core.tasks.ginc.prompts import GincPrompts
from iclgd_core.tasks.ginc.world import ginc_world

TASK = GincTask(5)
WORLD = TASK.world


def shown(episode: Episode, n: int) -> NDArray[np.int64]:
    return np.concatenate([episode.demonstrations, episode.labels[:, None]], axis=1)[:n]


def drawn(index: int, queries: int = 4) -> Episode:
    return TASK.episode(3, "evaluation", index, queries)


def test_rows_are_distributions() -> None:
    episode = drawn(0)
    for reading in (mixture_likelihoods, free_restart_likelihoods, structure_likelihoods):
        found = reading(WORLD, shown(episode, 3), episode.queries)
        for rows in (found.posterior, found.hmms, found.next_symbol):
            assert (rows >= 0.0).all()
            np.testing.assert_allclose(rows.sum(axis=1), 1.0, rtol=1e-12)
        assert found.hmms.shape == (4, 5)


def test_structure_finds_hmm_and_slot_and_predicts_as_one_who_knows_them() -> None:
    for index in range(6):
        episode = drawn(index)
        found = structure_likelihoods(WORLD, shown(episode, 32), episode.queries)
        best = found.posterior.argmax(axis=1)
        assert (found.posterior.max(axis=1) > 0.99).all()
        hmm, slot = divmod(int(best[0]), 9)
        expected = WORLD.next_symbol(hmm, slot + 1, episode.queries)
        np.testing.assert_allclose(found.next_symbol, expected, atol=0.02)
        np.testing.assert_array_equal(found.next_symbol.argmax(axis=1), episode.answers)


def test_structure_does_not_depend_on_the_order_and_the_mixture_does() -> None:
    episode = drawn(1)
    demonstrations, order = shown(episode, 6), np.array([3, 1, 5, 0, 4, 2])
    for reading, same in (
        (structure_likelihoods, True),
        (free_restart_likelihoods, True),
        (mixture_likelihoods, False),
    ):
        a, b = (
            reading(WORLD, x, episode.queries).belief.log_likelihood for x in (demonstrations, demonstrations[order])
        )
        possible = np.isfinite(a) & np.isfinite(b)
        assert possible.any()
        assert np.allclose(a[possible], b[possible], rtol=1e-9) is same


def test_most_prompts_are_impossible_as_running_text_and_restarts_mend_it() -> None:
    """The delimiter behind every example, and the slot behind every delimiter, are forced."""
    prompts = [(shown(drawn(i), 8), drawn(i).queries) for i in range(12)]
    impossible = [mixture_likelihoods(WORLD, *prompt, restart=0.0).impossible for prompt in prompts]
    assert np.mean(impossible) > 0.5
    for prompt, lost in zip(prompts, impossible, strict=True):
        exact = mixture_likelihoods(WORLD, *prompt, restart=0.0)
        mended = mixture_likelihoods(WORLD, *prompt)
        assert not mended.impossible.any()
        if not lost.any():
            np.testing.assert_allclose(mended.next_symbol, exact.next_symbol, atol=1e-2)
        else:
            with pytest.raises(SettingsError, match=r"prompts cannot come from any HMM of this world"):
                _ = exact.posterior


def test_restarts_are_far_rarer_than_any_possible_step() -> None:
    smallest = min(block[block > 0.0].min() for block in (WORLD.value_transition,))
    smallest *= WORLD.slot_transition[WORLD.slot_transition > 0.0].min()
    assert RESTART / WORLD.memory.size < 1e-4 * smallest


def test_without_demonstrations_mixture_and_free_restarts_are_one() -> None:
    episode = drawn(2)
    none = np.zeros((0, 5), dtype=np.int64)
    a, b = (
        reading(WORLD, none, episode.queries).next_symbol for reading in (mixture_likelihoods, free_restart_likelihoods)
    )
    np.testing.assert_allclose(a, b, atol=1e-9)


def prompts_of(vocabulary: int, n: int = 2) -> list[GincPrompts]:
    token = np.random.default_rng(0).permutation(vocabulary)[: len(WORLD.symbols)]
    return [GincPrompts(drawn(i), token) for i in range(n)]


def test_predictions_stand_at_the_model_s_tokens() -> None:
    episodes = prompts_of(200)
    orders = np.tile(np.arange(3), (2, 1, 1))
    found = predictive(structure_likelihoods, WORLD, episodes, orders, 200)
    assert found.shape == (2, 1, 4, 200)
    dense = np.asarray(found)
    assert np.isfinite(dense).all()
    first = structure_likelihoods(WORLD, shown(episodes[0].episode, 3), episodes[0].episode.queries).next_symbol
    np.testing.assert_allclose(np.exp(dense[0, 0][:, episodes[0].token]), first, atol=1e-6)
    np.testing.assert_allclose(np.exp(dense).sum(-1), 1.0, rtol=1e-5)
    assert correct(found[:, 0], np.stack([e.answers for e in episodes])).mean() > 0.8


def test_a_large_vocabulary_keeps_its_likeliest_tokens() -> None:
    episodes = prompts_of(6000)
    orders = np.tile(np.arange(2), (2, 1, 1))
    found = predictive(structure_likelihoods, WORLD, episodes, orders, 6000)
    assert isinstance(found, TopLogProbs)
    assert found.shape == (2, 1, 4, 6000)
    np.testing.assert_allclose(token_overlap(found, found), 1.0)


def test_an_episode_of_another_world_is_refused() -> None:
    other = ginc_world(GincConfig(seed=1))
    with pytest.raises(SettingsError, match=r"cannot come from any HMM"):
        predictive(structure_likelihoods, other, prompts_of(200), np.tile(np.arange(8), (2, 1, 1)), 200)
