"""In-context learning by shared prefixes equals the plain way: one prompt, one forward pass."""

import numpy as np
import pytest

from iclgd_core.errors import ContextError
from iclgd_core.learners import in_context
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.tasks import Episode
from tests.tiny_models import (
    ARCHITECTURES,
    encoded,
    episodes,
    predicted,
    random_orders,
    tiny_model,
    tokens,
    with_demonstrations,
)

TOLERANCE = 2e-5
"""Float32 rounding of log-probabilities of size about 10, through two layers."""


@pytest.fixture(params=ARCHITECTURES)
def model(request: pytest.FixtureRequest) -> CausalModel:
    return tiny_model(request.param)


def prompt(episode: Episode, order: list[int], query: int) -> list[int]:
    out: list[int] = []
    for i in order:
        out += [*episode.demonstrations[i].tolist(), int(episode.labels[i]), 0]
    return out + list(episode.queries[query].tolist())


@pytest.mark.parametrize("max_tokens", [16_384, 20, 1])
def test_equals_the_concatenated_prompts(model: CausalModel, max_tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, orders = episodes(2, queries=3), random_orders(2, 3, 4)
    token = tokens(model)
    expected = np.empty((2, 3, 3, model.module.config.vocab_size))
    for e, o, q in np.ndindex(2, 3, 3):
        ids = token[np.array([prompt(drawn[e], orders[e, o].tolist(), q)])]
        expected[e, o, q] = predicted(model, ids)[0]
    monkeypatch.setattr("iclgd_core.models.language.answering.MAX_BATCH_TOKENS", max_tokens)
    found = np.asarray(in_context(model, encoded(model, drawn), orders))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(np.exp(found.astype(np.float64)).sum(-1), 1.0, atol=1e-5)


def test_no_demonstration_is_the_query_alone(model: CausalModel) -> None:
    drawn = episodes(3, queries=2)
    found = in_context(model, encoded(model, drawn), random_orders(3, 1, 0))
    token = tokens(model)
    for e, episode in enumerate(drawn):
        np.testing.assert_allclose(found[e, 0], predicted(model, token[episode.queries]), atol=TOLERANCE, rtol=0)


def test_order_matters_and_equal_orders_agree(model: CausalModel) -> None:
    drawn = episodes(1)
    orders = np.array([[[0, 1, 2], [2, 1, 0], [0, 1, 2]]])
    found = np.asarray(in_context(model, encoded(model, drawn), orders))[0]
    assert np.abs(found[0] - found[1]).max() > 1e-2
    np.testing.assert_allclose(found[0], found[2], atol=TOLERANCE, rtol=0)


def test_labels_matter(model: CausalModel) -> None:
    episode = episodes(1)[0]
    labels = episode.labels.copy()
    labels[0] = labels[0] % 11 + 1
    other = with_demonstrations(episode, episode.demonstrations, labels)
    asked = [encoded(model, [e]) for e in (episode, other)]
    first, second = (np.asarray(in_context(model, prompts, random_orders(1, 1, 1))) for prompts in asked)
    assert np.abs(first - second).max() > 1e-3


def test_a_prompt_may_fill_the_context_window_but_not_exceed_it(model: CausalModel) -> None:
    drawn = episodes(1, queries=1)  # 5 tokens a demonstration, 3 a query, 64 in the window
    assert in_context(model, encoded(model, drawn), random_orders(1, 1, 12)).shape[:3] == (1, 1, 1)
    with pytest.raises(ContextError, match=r"needs 68 tokens, but model 'ginc-tiny' reads at most 64"):
        in_context(model, encoded(model, drawn), random_orders(1, 1, 13))


def test_more_demonstrations_than_the_pool(model: CausalModel) -> None:
    with pytest.raises(ContextError, match="513 demonstrations"):
        in_context(model, encoded(model, episodes(1)), random_orders(1, 1, 513))
