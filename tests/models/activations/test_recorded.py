"""Recording attention: every architecture, against what the model itself returns and what its layers hand on."""

import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from transformers import LlamaConfig, PreTrainedModel

from iclgd_core.errors import ModelError, SettingsError
from iclgd_core.models.activations import attention_inputs, project, record
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import MAX_BATCH_TOKENS
from iclgd_core.models.language.loading import fresh
from iclgd_core.models.language.momentum_attention import ETA, MOMENTUM
from iclgd_core.tasks.prompts import Prompt
from tests.models.architectures.toys import MASKED, TOYS, toy_model
from tests.models.architectures.watching import tokens, watched
from tests.tiny_models import tiny_model

CAUSAL = [name for name in TOYS if name not in MASKED]
LENGTHS = (11, 4, 7)


def model_of(module: PreTrainedModel, masked: bool = False) -> CausalModel:
    return CausalModel("toy", module, tiny_model().tokenizer, masked)


def prompts(lengths: tuple[int, ...] = LENGTHS) -> list[Prompt]:
    return [Prompt(tokens(1, n, seed=n)[0].numpy(), n - 1) for n in lengths]


def own_weights(scores: NDArray[np.floating], length: int) -> NDArray[np.floating]:
    return np.asarray(softmax(scores[..., -length:].astype(np.float64), axis=-1))


@pytest.mark.parametrize("name", CAUSAL)
def test_scores_are_those_of_the_attention_weights(name: str) -> None:
    module = toy_model(name)
    seen = record(model_of(module), prompts())
    for i, prompt in enumerate(prompts()):
        with torch.no_grad():
            own = module(torch.from_numpy(prompt.ids)[None], output_attentions=True, use_cache=False).attentions
        for layer, attention in enumerate(own):
            ours = own_weights(seen.scores[layer, i], len(prompt.ids))
            np.testing.assert_allclose(ours, attention[0, :, -1].numpy(), atol=2e-6)
        assert (seen.scores[:, i, :, : -len(prompt.ids)] == 0.0).all()


@pytest.mark.parametrize("name", CAUSAL)
def test_scores_and_values_make_what_goes_to_the_output_projection(name: str) -> None:
    module = toy_model(name)
    model, own = model_of(module), prompts()
    seen, x = record(model, own), attention_inputs(model, own)
    values = project(model, x, "v")
    for i, prompt in enumerate(own):
        n = len(prompt.ids)
        with torch.no_grad(), watched(module) as layers:
            module(torch.from_numpy(prompt.ids)[None], use_cache=False)
        for layer, (heads, output) in enumerate(zip(layers.heads, layers.outputs, strict=True)):
            mixed = np.einsum("ht,thd->hd", own_weights(seen.scores[layer, i], n), values[layer, i, :n]).ravel()
            np.testing.assert_allclose(mixed, heads[0, -1].numpy(), rtol=1e-3, atol=1e-5)
            np.testing.assert_allclose(seen.attention_out[layer, i], output[0, -1].numpy(), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(x[:, i, n - 1], seen.inputs[:, i], rtol=1e-3, atol=1e-5)
        assert (x[:, i, n:] == 0.0).all()


def test_a_readout_inside_the_prompt_sees_nothing_behind_it() -> None:
    model, long = tiny_model(), prompts((9,))[0]
    ids = long.ids % 10
    inside = record(model, [Prompt(ids, 5), Prompt(ids, 8)])
    alone = record(model, [Prompt(ids[:6], 5)])
    np.testing.assert_allclose(inside.attention_out[:, 0], alone.attention_out[:, 0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(inside.scores[:, 0, :, -6:], alone.scores[:, 0], rtol=1e-4, atol=1e-6)
    assert inside.lengths.tolist() == [6, 9]


def test_many_prompts_take_several_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    model, own = tiny_model(), [Prompt(p.ids % 10, p.readout) for p in prompts((6, 3, 5, 6))]
    whole = record(model, own)
    monkeypatch.setattr("iclgd_core.models.activations.recorded.MAX_BATCH_TOKENS", 12)
    parts = record(model, own)
    assert MAX_BATCH_TOKENS > 24
    np.testing.assert_allclose(parts.scores, whole.scores, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts.attention_out, whole.attention_out, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", ["llama", "gptj"])
def test_other_weights_stand_in_and_the_model_is_left_as_it_was(architecture: str) -> None:
    model, own = tiny_model(architecture), [Prompt(p.ids % 10, p.readout) for p in prompts()]
    before, start = copy.deepcopy(model.module.state_dict()), record(model, own)
    weights = {
        name: weight + 0.1 * torch.randn_like(weight)
        for name, weight in model.module.named_parameters()
        if "k_proj" in name or "v_proj" in name
    }
    with_them = record(model, own, weights)
    changed = copy.deepcopy(model.module)
    changed.load_state_dict(weights, strict=False)
    other = CausalModel("changed", changed, model.tokenizer)
    np.testing.assert_allclose(with_them.attention_out, record(other, own).attention_out, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(project(model, with_them.inputs, "v", weights), project(other, with_them.inputs, "v"))
    assert np.abs(with_them.attention_out - start.attention_out).max() > 1e-3
    assert all(torch.equal(before[name], weight) for name, weight in model.module.state_dict().items())
    np.testing.assert_array_equal(record(model, own).scores, start.scores)
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.module.modules())


def test_fused_attention_is_made_plain_meanwhile() -> None:
    fused, plain = toy_model("llama", attention="sdpa"), toy_model("llama")
    np.testing.assert_allclose(
        record(model_of(fused), prompts()).scores, record(model_of(plain), prompts()).scores, rtol=1e-4, atol=1e-5
    )
    assert fused.config._attn_implementation == "sdpa"


def test_momentum_attention_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows its scores; read as plain attention, the model would be another one from its second layer on."""
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlamaConfig.from_dict({**sizes, "vocab_size": 20, "initializer_range": 0.2, ETA: 0.5})
    torch.manual_seed(0)
    model = model_of(fresh(config).train(False))
    assert model.config._attn_implementation == MOMENTUM
    asked = [Prompt(p.ids % 20, p.readout) for p in prompts()]
    kept = record(model, asked)
    monkeypatch.setattr("iclgd_core.models.activations.watch.is_plain", lambda name: name == "eager")
    without = record(model, asked)
    np.testing.assert_array_equal(kept.scores[0], without.scores[0])
    assert np.abs(kept.scores[1] - without.scores[1]).max() > 1e-3


def test_a_tail_is_padded_on_the_left() -> None:
    seen = record(tiny_model(), [Prompt(p.ids % 10, p.readout) for p in prompts()])
    tail = seen.tail([3, 1, 2])
    assert tail.shape == (*seen.scores.shape[:3], 3)
    np.testing.assert_array_equal(tail[:, 0], seen.scores[:, 0, :, -3:])
    assert (tail[:, 1, :, :2] == 0.0).all()
    np.testing.assert_array_equal(tail[:, 1, :, 2], seen.scores[:, 1, :, -1])
    for wrong in ([3, 1], [3, 0, 2], [3, 5, 2]):
        with pytest.raises(SettingsError, match="a tail takes"):
            seen.tail(wrong)


def test_what_cannot_be_recorded_is_refused() -> None:
    model = tiny_model()
    with pytest.raises(SettingsError, match="got none"):
        record(model, [])
    with pytest.raises(SettingsError, match="masked model"):
        record(model_of(toy_model("bert"), masked=True), prompts())
    with pytest.raises(SettingsError, match="2 layers"):
        project(model, np.zeros((3, 1, 16)), "q")
    with pytest.raises(SettingsError, match="'o'"):
        project(model, np.zeros((2, 1, 16)), "o")


def test_attention_without_a_softmax_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iclgd_core.models.activations.watch.SOFTMAXES", frozenset())
    with pytest.raises(ModelError, match=r"no scores in layers \[0, 1\]"):
        record(tiny_model(), [Prompt(np.array([1, 2]), 1)])
