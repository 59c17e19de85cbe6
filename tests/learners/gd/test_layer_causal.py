"""The layer-causal loss: against a reference written out by hand, its invariant, and as torch.func sees it."""

from collections.abc import Callable

import pytest
import torch
from torch.func import functional_call, grad, vmap
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.learners.gd.layer_causal import READINGS, Form, layer_causal_loss, layer_logits, layer_paths
from tests.models.architectures.toys import LAYERS, MASKED, TOYS, VOCABULARY, toy_model
from tests.tiny_models import ARCHITECTURES, tiny_model

CAUSAL = tuple(name for name in TOYS if name not in MASKED)
Weights = dict[str, torch.Tensor]


def tokens(rows: int, length: int, vocabulary: int = 12, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, vocabulary, (rows, length), generator=torch.Generator().manual_seed(seed))


def tiny(architecture: str = "llama", layers: int = 3) -> PreTrainedModel:
    return tiny_model(architecture, double=True, layers=layers).module


def weights_of(module: PreTrainedModel) -> Weights:
    return {name: weight.detach().clone() for name, weight in module.named_parameters()}


def loss_of(module: PreTrainedModel, form: Form, ids: torch.Tensor) -> Callable[[Weights], torch.Tensor]:
    return lambda weights: layer_causal_loss(module, weights, ids, torch.ones_like(ids), form)


def norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    # the root mean square is taken in float32 by the model itself, in whatever format it computes
    wide = x.to(torch.float32)
    return weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


def rotated(x: torch.Tensor) -> torch.Tensor:
    """Rotary positions of (batch, heads, length, side)."""
    length, half = x.shape[-2], x.shape[-1] // 2
    angle = torch.arange(length)[:, None] / 10_000.0 ** (torch.arange(half) / half)
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def by_hand(weights: Weights, ids: torch.Tensor, form: Form, layers: int, heads: int = 2) -> torch.Tensor:
    """The loss of a Llama, written out from its formula."""
    hidden = weights["model.embed_tokens.weight"][ids]
    total = hidden.new_zeros(())
    length = ids.shape[1]
    later = torch.full((length, length), -torch.inf, dtype=hidden.dtype).triu(1)

    def attention(x: torch.Tensor, path: str, stop_queries: bool) -> torch.Tensor:
        q, k, v = (
            (x @ weights[f"{path}.self_attn.{one}_proj.weight"].T).reshape(*x.shape[:2], heads, -1).transpose(1, 2)
            for one in "qkv"
        )
        q = q.detach() if stop_queries else q
        scores = rotated(q) @ rotated(k).transpose(-1, -2) / q.shape[-1] ** 0.5 + later
        out: torch.Tensor = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        return out @ weights[f"{path}.self_attn.o_proj.weight"].T

    def own_loss(vectors: torch.Tensor) -> torch.Tensor:
        frozen = norm(vectors, weights["model.norm.weight"].detach()) @ weights["lm_head.weight"].detach().T
        return torch.nn.functional.cross_entropy(frozen[:, :-1].flatten(0, 1), ids[:, 1:].flatten())

    for i in range(layers):
        path = f"model.layers.{i}"
        start = hidden.detach()
        read = norm(start, weights[f"{path}.input_layernorm.weight"])
        if form == "paper":
            total = total + own_loss(attention(read.detach(), path, stop_queries=True))
        hidden = start + attention(read, path, stop_queries=False)
        inner = norm(hidden, weights[f"{path}.post_attention_layernorm.weight"])
        gate, up, down = (weights[f"{path}.mlp.{one}_proj.weight"] for one in ("gate", "up", "down"))
        hidden = hidden + (torch.nn.functional.silu(inner @ gate.T) * (inner @ up.T)) @ down.T
        if form == "code":
            total = total + own_loss(hidden)
    return total


@pytest.mark.parametrize("form", READINGS)
def test_loss_and_gradient_are_those_of_the_formula(form: Form) -> None:
    module, ids = tiny(), tokens(2, 7)
    weights = weights_of(module)
    theirs = {name: weight.clone().requires_grad_(True) for name, weight in weights.items()}
    expected = by_hand(theirs, ids, form, layers=3)
    expected.backward()  # type: ignore[no-untyped-call]
    assert float(loss_of(module, form, ids)(weights)) == pytest.approx(float(expected.detach()), rel=1e-6)
    for name, gradient in grad(loss_of(module, form, ids))(weights).items():
        own = theirs[name].grad
        torch.testing.assert_close(gradient, torch.zeros_like(gradient) if own is None else own, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("form", READINGS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_layer_feels_those_above_it(architecture: str, form: Form) -> None:
    module, ids = tiny(architecture), tokens(2, 6)
    weights, paths = weights_of(module), [paths.layer for paths in layer_paths(module)]
    before = grad(loss_of(module, form, ids))(weights)
    for layer in range(len(paths) - 1):
        above = tuple(f"{path}." for path in paths[layer + 1 :])
        moved = {name: w + 0.3 * torch.randn_like(w) if name.startswith(above) else w for name, w in weights.items()}
        after = grad(loss_of(module, form, ids))(moved)
        here = [name for name in weights if name.startswith(f"{paths[layer]}.")]
        assert max(float(before[name].abs().max()) for name in here) > 0
        for name in here:
            torch.testing.assert_close(after[name], before[name], rtol=1e-9, atol=1e-12)


def test_plain_gradient_descent_does_feel_the_layers_above() -> None:
    module, ids = tiny(), tokens(2, 6)

    def loss(weights: Weights) -> torch.Tensor:
        logits = functional_call(module, weights, (ids,), {"use_cache": False}).logits[:, :-1]
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())

    weights = weights_of(module)
    moved = {name: w * 1.3 if name.startswith("model.layers.2.") else w for name, w in weights.items()}
    name = "model.layers.0.self_attn.k_proj.weight"
    assert float((grad(loss)(moved)[name] - grad(loss)(weights)[name]).abs().max()) > 1e-6


@pytest.mark.parametrize("form", READINGS)
def test_what_gets_a_gradient(form: Form) -> None:
    module, ids = tiny(), tokens(1, 6)
    gradients = grad(loss_of(module, form, ids))(weights_of(module))
    felt = {name for name, gradient in gradients.items() if bool(gradient.any())}
    attention = {name for name in gradients if any(f".{one}_proj." in name for one in "kvo")}
    inside = {name for name in gradients if ".layers." in name}
    assert felt == (attention if form == "paper" else inside)


@pytest.mark.parametrize("form", READINGS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_replicas_get_the_gradients_that_each_gets_alone(architecture: str, form: Form) -> None:
    module, ids = tiny(architecture, layers=2), tokens(6, 8).reshape(3, 2, 8)
    mask = torch.ones_like(ids)
    mask[:, 1, 5:] = 0
    weights = {name: torch.stack([w, w * 1.1, w * 0.9]) for name, w in weights_of(module).items()}

    def loss(own: Weights, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return layer_causal_loss(module, own, ids, mask, form)

    together = vmap(grad(loss))(weights, ids, mask)
    for i in range(3):
        alone = grad(loss)({name: w[i] for name, w in weights.items()}, ids[i], mask[i])
        for name, gradient in alone.items():
            torch.testing.assert_close(together[name][i], gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("form", READINGS)
def test_padding_counts_for_nothing(form: Form) -> None:
    module, ids = tiny(), tokens(1, 8)
    mask = torch.tensor([[1, 1, 1, 1, 1, 0, 0, 0]])
    padded = layer_causal_loss(module, {}, ids, mask, form)
    whole = layer_causal_loss(module, {}, ids[:, :5], mask[:, :5], form)
    torch.testing.assert_close(padded, whole)


@pytest.mark.parametrize("name", CAUSAL)
def test_every_causal_architecture_is_read_layer_by_layer(name: str) -> None:
    module, ids = toy_model(name), tokens(2, 9, VOCABULARY)
    mask = torch.ones_like(ids)
    logits = layer_logits(module, {}, ids, mask, "code")
    assert logits.shape == (LAYERS, 2, 9, VOCABULARY)
    torch.testing.assert_close(logits[-1], module(ids, attention_mask=mask, use_cache=False).logits)
    printed = layer_logits(module, {}, ids, mask, "paper")
    assert printed.shape == logits.shape
    assert float((printed[-1] - logits[-1]).abs().max()) > 1e-4


@pytest.mark.parametrize("name", CAUSAL)
def test_queries_are_stopped_even_in_a_fused_matrix(name: str) -> None:
    module, ids = toy_model(name), tokens(2, 7, VOCABULARY)
    weights = {key: weight.requires_grad_(True) for key, weight in weights_of(module).items()}
    loss_of(module, "paper", ids)(weights).backward()  # type: ignore[no-untyped-call]
    for paths in layer_paths(module):
        gradient = weights[paths.query.parameter].grad
        if gradient is None:
            assert paths.query.rows is None
            continue
        assert not bool(paths.query.read(gradient).any())
        if paths.query.rows is not None:
            assert bool(gradient.any())


def test_no_hook_stays_behind() -> None:
    module, ids = tiny(), tokens(1, 5)
    before = module(ids).logits
    layer_causal_loss(module, {}, ids, torch.ones_like(ids), "paper")
    assert torch.equal(module(ids).logits, before)
    assert not [one for one in module.modules() if one._forward_hooks or one._forward_pre_hooks]


def test_what_is_refused() -> None:
    ids = tokens(1, 5)
    with pytest.raises(UnknownNameError, match="form of the layer-causal loss 'printed'"):
        layer_causal_loss(tiny(), {}, ids, torch.ones_like(ids), "printed")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="masked language model"):
        layer_causal_loss(toy_model("bert"), {}, ids, torch.ones_like(ids), "code")
    hybrid = tiny()
    hybrid.config.num_hidden_layers = 4
    with pytest.raises(ModelError, match="4 layers, and attention was found in 3"):
        layer_causal_loss(hybrid, {}, ids, torch.ones_like(ids), "code")
