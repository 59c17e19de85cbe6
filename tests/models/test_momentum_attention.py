"""Momentum attention against a plain loop of its formula, with a cache, vectorised, and through loading."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig

from iclgd_core.errors import ModelError
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.architectures.behaviour import pads_right, reuses_prefix, vectorises
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import ATTENTION, LARGE_ATTENTION, attention_for, fresh, load_model
from iclgd_core.models.language.momentum_attention import (
    ETA,
    MOMENTUM,
    momentum_attention,
    momentum_of,
    momentum_weights,
)
from tests.tiny_models import encoded, episodes, random_orders

TOLERANCE = 1e-12
LOWEST = torch.finfo(torch.float64).min


class Layer(torch.nn.Module):
    """What the attention function reads of a layer."""

    def __init__(self, eta: float, groups: int = 1) -> None:
        super().__init__()
        self.config = config(eta)
        self.num_key_value_groups = groups


def config(eta: object, **settings: Any) -> LlamaConfig:
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
    return LlamaConfig(**{**sizes, "vocab_size": 19, "max_position_embeddings": 64, ETA: eta, **settings})


def module(eta: float | None = 0.5, **settings: Any) -> Any:
    torch.manual_seed(0)
    own = fresh(config(eta, **settings), ATTENTION)
    return own.double().train(False)


def loop(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, eta: float) -> torch.Tensor:
    """The formula, a query at a time: Attn(V, K, q_t) + sum_{i=1}^{t-1} eta^(t-i) v_i, positions counted from 1."""
    out = torch.zeros(q.shape[0], v.shape[1], dtype=torch.float64)
    for t in range(1, len(q) + 1):
        scores = torch.stack([q[t - 1] @ k[i - 1] for i in range(1, t + 1)]) / q.shape[1] ** 0.5
        for i, weight in enumerate(scores.softmax(0), start=1):
            out[t - 1] += weight * v[i - 1]
        for i in range(1, t):
            out[t - 1] += eta ** (t - i) * v[i - 1]
    return out


@settings(deadline=None, max_examples=25)
@given(
    length=st.integers(1, 9), eta=st.floats(0.05, 0.95), groups=st.sampled_from([1, 2]), masked=st.booleans(),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_it_is_the_formula(length: int, eta: float, groups: int, masked: bool, seed: int) -> None:
    torch.manual_seed(seed)
    heads, side = 4, 3
    q = torch.randn(1, heads, length, side, dtype=torch.float64)
    k, v = torch.randn(2, 1, heads // groups, length, side, dtype=torch.float64)
    mask = torch.full((length, length), LOWEST, dtype=torch.float64).triu(1)[None, None] if masked else None
    found, weights = momentum_attention(Layer(eta, groups), q, k, v, mask, side**-0.5)
    for head in range(heads):
        expected = loop(q[0, head], k[0, head // groups], v[0, head // groups], eta)
        torch.testing.assert_close(found[0, :, head], expected, rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, heads, length, dtype=torch.float64))


def test_the_weights_by_hand() -> None:
    like = torch.zeros(1, dtype=torch.float64)
    expected = [[0, 0, 0], [0.5, 0, 0], [0.25, 0.5, 0]]
    assert momentum_weights(3, 3, 0.5, like).tolist() == expected
    assert momentum_weights(1, 3, 0.5, like).tolist() == expected[2:]


def test_a_hidden_position_has_no_momentum() -> None:
    torch.manual_seed(1)
    q, k, v = torch.randn(3, 1, 1, 4, 2, dtype=torch.float64)
    mask = torch.full((4, 4), LOWEST, dtype=torch.float64).triu(1)[None, None]
    mask[..., 0] = LOWEST
    hidden, _ = momentum_attention(Layer(0.5), q, k, v, mask, 1.0)
    alone, _ = momentum_attention(Layer(0.5), q[:, :, 1:], k[:, :, 1:], v[:, :, 1:], None, 1.0)
    torch.testing.assert_close(hidden[:, 1:], alone, rtol=0, atol=TOLERANCE)


def test_in_a_model_it_adds_to_plain_attention_and_vanishes_with_eta() -> None:
    ids = torch.arange(12)[None] % 19
    plain, tiny, half = (module(eta)(ids).logits for eta in (None, 1e-300, 0.5))
    torch.testing.assert_close(tiny, plain, rtol=0, atol=1e-7)  # the softmax of transformers is in float32
    assert float((half - plain).detach().abs().max()) > 1e-3


def test_it_answers_behind_a_cache_padded_and_vectorised() -> None:
    own = module()
    assert reuses_prefix(own)
    assert pads_right(own)
    assert vectorises(own)


def test_the_cache_test_would_notice_queries_taken_for_the_first_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    def misplaced(queries: int, keys: int, eta: float, like: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.pad(momentum_weights(queries, queries, eta, like), (0, keys - queries))

    monkeypatch.setattr("iclgd_core.models.language.momentum_attention.momentum_weights", misplaced)
    assert not reuses_prefix(module())


@pytest.mark.parametrize("eta", [0, 1, -0.5, True, "0.5", float("nan")])
def test_another_eta_is_refused(eta: object) -> None:
    with pytest.raises(ModelError, match=r"momentum_eta must be a number in \(0, 1\)"):
        momentum_of(config(eta))


def test_another_architecture_is_refused() -> None:
    with pytest.raises(ModelError, match="known for model_type 'llama' alone"):
        momentum_of(MistralConfig.from_dict({ETA: 0.5}))


def test_which_attention_a_configuration_gets() -> None:
    assert momentum_of(config(None)) is None
    assert attention_for(config(0.5), False, False) == attention_for(config(0.5), False, True) == MOMENTUM
    assert attention_for(config(None), False, False) == ATTENTION
    assert attention_for(config(None), False, True) == LARGE_ATTENTION


@pytest.fixture
def saved(llama: Path, tmp_path: Path) -> Path:
    """The tiny model of the other tests, with momentum."""
    out = tmp_path / "momentum"
    own = load_model(str(llama))
    own.module.config.momentum_eta = 0.5
    own.module.save_pretrained(out)
    own.tokenizer.save_pretrained(out)
    return out


def test_loading_keeps_it_whatever_attention_is_asked_for(saved: Path, llama: Path) -> None:
    ids = torch.arange(12)[None]
    for asked in (None, "eager", "sdpa"):
        loaded = load_model(str(saved), attention=asked)
        assert loaded.config._attn_implementation == MOMENTUM
    plain: Any = AutoModelForCausalLM.from_pretrained(saved)
    assert float((loaded.module(ids).logits - plain(ids).logits).detach().abs().max()) > 1e-4
    assert loaded.digest != load_model(str(llama)).digest


def test_learners_run_on_it(saved: Path) -> None:
    model = load_model(str(saved))
    drawn, orders = encoded(model, episodes(1)), random_orders(1, 1, 3)
    runs = gradient_descent(model, drawn, orders, get_optimizer("gd"), Schedule((0.1,), (1,)))
    assert not runs.diverged.any()
    groups = [episode.prompts(order[0]) for episode, order in zip(drawn, orders, strict=True)]
    longer = model.log_probs(groups, np.array([], dtype=np.int64))
    alone = CausalModel(model.name, copy.deepcopy(model.module), model.tokenizer)
    one_by_one = [alone.log_probs([[prompt]], np.array([], dtype=np.int64))[0, 0] for prompt in groups[0]]
    np.testing.assert_allclose(np.asarray(longer)[0], np.asarray(one_by_one), atol=1e-5)
