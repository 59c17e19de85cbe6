"""Predictions of prompts of unequal length, behind prefixes, in any batches: those of each prompt alone."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from iclgd_core.models.language import answering
from iclgd_core.models.language.answering import Batch, batches, common_prefix, halves
from iclgd_core.tasks.prompts import Prompt
from tests.tiny_models import tiny_model

MODEL = tiny_model(double=True)
LABELS = np.array([1])


def prompts(seed: int, groups: int, per: int, prefix: int) -> list[list[Prompt]]:
    """Groups of prompts with a common prefix of their own, and tails of 1 to 9 tokens that differ at once."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(groups):
        head = rng.integers(0, 12, size=prefix)
        tails = [np.concatenate([[i % 12], rng.integers(0, 12, size=rng.integers(0, 9))]) for i in range(per)]
        rows = [np.concatenate([head, tail]).astype(np.int64) for tail in tails]
        out.append([Prompt(row, len(row) - 1) for row in rows])
    return out


def alone(prompt: Prompt) -> NDArray[np.float64]:
    with torch.inference_mode():
        logits = MODEL.module(torch.from_numpy(prompt.ids[None])).logits[0, prompt.readout]
    return np.asarray(logits.log_softmax(-1).numpy())


@settings(max_examples=12)
@given(st.integers(0, 99), st.integers(1, 3), st.sampled_from([1, 4, 8, 11]), st.sampled_from([0, 3, 15, 16, 30]))
def test_each_prompt_is_answered_as_if_alone(seed: int, groups: int, per: int, prefix: int) -> None:
    asked = prompts(seed, groups, per, prefix)
    found = np.asarray(MODEL.log_probs(asked, LABELS))
    assert found.shape == (groups, per, 14)
    for g, p in np.ndindex(groups, per):
        np.testing.assert_allclose(found[g, p], alone(asked[g][p]), atol=1e-10)


@pytest.mark.parametrize(("tokens", "cached"), [(1, 1), (40, 100), (100, 40), (16_384, 65_536)])
def test_how_prompts_are_batched_does_not_matter(tokens: int, cached: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [*prompts(1, 3, 3, 20), *prompts(2, 2, 3, 0), *prompts(3, 2, 3, 25)]
    expected = [[alone(prompt) for prompt in group] for group in asked]
    monkeypatch.setattr(answering, "MAX_BATCH_TOKENS", tokens)
    monkeypatch.setattr(answering, "MAX_CACHED_TOKENS", cached)
    np.testing.assert_allclose(np.asarray(MODEL.log_probs(asked, LABELS)), expected, atol=1e-10)


@pytest.mark.parametrize("fits", [1, 2, 5])
def test_out_of_memory_splits_the_batch_and_goes_on(fits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [*prompts(1, 2, 5, 20), *prompts(2, 1, 5, 0)]
    expected = [[alone(prompt) for prompt in group] for group in asked]
    forward, passes = answering._forward, []

    def scarce(*arguments: object) -> object:
        batch = arguments[2]
        assert isinstance(batch, Batch)
        passes.append(len(batch.rows))
        if len(batch.rows) > fits:
            raise torch.OutOfMemoryError("injected")
        return forward(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(answering, "_forward", scarce)
    np.testing.assert_allclose(np.asarray(MODEL.log_probs(asked, LABELS)), expected, atol=1e-10)
    assert max(passes) > fits
    assert sum(size for size in passes if size <= fits) == 15


def test_a_single_prompt_that_does_not_fit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> object:
        raise torch.OutOfMemoryError("injected")

    monkeypatch.setattr(answering, "_forward", never)
    with pytest.raises(torch.OutOfMemoryError):
        MODEL.log_probs(prompts(0, 2, 2, 20), LABELS)


def test_the_prefix_is_what_all_share_but_the_last_token() -> None:
    same = [Prompt(np.arange(20), 19), Prompt(np.arange(30), 29)]
    assert common_prefix(same) == 19
    assert common_prefix(prompts(0, 1, 3, 17)[0]) == 17
    assert common_prefix(prompts(0, 1, 3, answering.SHORTEST_PREFIX)[0]) == answering.SHORTEST_PREFIX
    assert common_prefix(prompts(0, 1, 3, answering.SHORTEST_PREFIX - 1)[0]) == 0


@given(st.integers(0, 99), st.lists(st.sampled_from([0, 16, 20]), min_size=1, max_size=5), st.integers(1, 4))
def test_every_prompt_is_in_one_batch(seed: int, shared: list[int], per: int) -> None:
    asked = [prompt for i, p in enumerate(shared) for prompt in prompts(seed + i, 1, per, p)[0]]
    found = list(batches(asked, shared, per))
    assert sorted(row for batch in found for row in batch.rows) == list(range(len(asked)))
    for batch in found:
        assert len(batch.rows) % batch.per_group == 0


def test_prompts_of_very_unequal_length_are_read_in_slices_of_each_group() -> None:
    tails = [1, 1, 1, 1, 1, 1, 2, 30]
    asked = [Prompt(np.arange(20 + tail), 19 + tail) for tail in (*tails, *tails)]
    found = answering.slices(asked, Batch(tuple(range(16)), 20, 8))
    assert found == [(0, 1, 8, 9), (2, 3, 10, 11), (4, 5, 12, 13), (6, 7, 14, 15)]
    even = [Prompt(np.arange(25), 24)] * 16
    assert answering.slices(even, Batch(tuple(range(16)), 20, 8)) == [tuple(range(16))]


def test_a_batch_is_halved_between_groups_and_then_within_one() -> None:
    left, right = halves(Batch(tuple(range(9)), 20, 3))
    assert (left.rows, right.rows, left.per_group, right.per_group) == ((0, 1, 2), (3, 4, 5, 6, 7, 8), 3, 3)
    left, right = halves(Batch((7, 8, 9), 20, 3))
    assert (left.rows, right.rows, left.per_group, right.per_group) == ((7,), (8, 9), 1, 2)
