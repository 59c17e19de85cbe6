"""Attention projections: where they are, what is identified of them, and which part GD may train."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, LlamaConfig

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.models.architectures import WeightPlace
from iclgd_core.models.language.loading import fresh
from iclgd_core.models.language.projections import LayerProjections, iter_layer_projections, trained
from tests.models.all_projections import layer_projections, part_names, projection_names, stacked
from tests.tiny_models import ARCHITECTURES, tiny_model

PLACES = {
    "llama": ("model.layers.{}.self_attn.{}.weight", ("q_proj", "k_proj", "v_proj", "o_proj")),
    "gptj": ("transformer.h.{}.attn.{}.weight", ("q_proj", "k_proj", "v_proj", "out_proj")),
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_projections_are_found(architecture: str) -> None:
    module = tiny_model(architecture, layers=3).module
    template, names = PLACES[architecture]
    expected = {
        (i, which): template.format(i, name) for i in range(3) for which, name in zip("qkvo", names, strict=True)
    }
    assert projection_names(module) == expected
    weights = dict(module.named_parameters())
    for i, layer in enumerate(layer_projections(module)):
        own = zip("qkvo", (layer.query, layer.key, layer.value, layer.output), strict=True)
        for which, matrix in own:
            assert matrix.dtype == np.float64
            np.testing.assert_array_equal(matrix, weights[expected[i, which]].numpy())
        assert layer.heads == 2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("layers", "middle"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_parts(architecture: str, layers: int, middle: int) -> None:
    module = tiny_model(architecture, layers=layers).module
    template, names = PLACES[architecture]
    assert part_names(module, "v_middle") == (template.format(middle, names[2]),)
    assert part_names(module, "v_deep") == (template.format(layers - 1, names[2]),)
    assert part_names(module, "whole") == tuple(name for name, _ in module.named_parameters())
    with pytest.raises(UnknownNameError, match="unknown part of a model 'middle'"):
        part_names(module, "middle")


def test_projections_are_copies() -> None:
    module = tiny_model(double=True).module
    layer_projections(module)[0].query[:] = 0.0
    assert np.abs(layer_projections(module)[0].query).min() > 0.0


def drawn(seed: int, heads: int, size: int, width: int, out: int) -> LayerProjections:
    rng = np.random.default_rng(seed)
    query, key, value = (rng.normal(size=(heads * size, width)) for _ in range(3))
    return LayerProjections(query, key, value, rng.normal(size=(out, heads * size)), heads, heads)


shapes = st.tuples(st.integers(0, 99), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5))


@settings(max_examples=25, deadline=None)
@given(shapes)
def test_products_against_explicit_loops(shape: tuple[int, int, int, int, int]) -> None:
    layer, (_, heads, size, width, out) = drawn(*shape), shape
    assert stacked(layer.iter_key_query_products()).shape == (heads, width, width)
    assert stacked(layer.iter_output_value_products()).shape == (heads, out, width)
    for h, own in enumerate(range(0, heads * size, size)):
        rows = range(own, own + size)
        for i, j in np.ndindex(width, width):
            expected = sum(layer.key[a, i] * layer.query[a, j] for a in rows)
            assert stacked(layer.iter_key_query_products())[h, i, j] == pytest.approx(expected, abs=1e-12)
        for o, i in np.ndindex(out, width):
            expected = sum(layer.output[o, a] * layer.value[a, i] for a in rows)
            assert stacked(layer.iter_output_value_products())[h, o, i] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(shapes)
def test_products_do_not_depend_on_the_basis_of_a_head(shape: tuple[int, int, int, int, int]) -> None:
    layer, (seed, heads, size, _, _) = drawn(*shape), shape
    rng = np.random.default_rng(seed + 1)
    query, key, value, output = (np.copy(m) for m in (layer.query, layer.key, layer.value, layer.output))
    for h in range(heads):
        rows = slice(h * size, (h + 1) * size)
        rotation = np.eye(size) + 0.3 * rng.uniform(-1, 1, size=(size, size)) / size
        inverse = np.linalg.inv(rotation)
        key[rows], query[rows] = rotation @ key[rows], inverse.T @ query[rows]
        value[rows], output[:, rows] = rotation @ value[rows], output[:, rows] @ inverse
    turned = LayerProjections(query, key, value, output, heads, heads)
    np.testing.assert_allclose(
        stacked(turned.iter_key_query_products()), stacked(layer.iter_key_query_products()), atol=1e-10
    )
    np.testing.assert_allclose(
        stacked(turned.iter_output_value_products()), stacked(layer.iter_output_value_products()), atol=1e-10
    )


def test_fused_projections_have_no_names_of_their_own() -> None:
    module = fresh(
        GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=14, n_positions=16, bos_token_id=0, eos_token_id=0)
    )
    with pytest.raises(ModelError, match=r"a GPT2LMHeadModel share one matrix \(transformer\.h\.0\.attn\.c_attn\."):
        projection_names(module)
    fused = module.get_parameter("transformer.h.0.attn.c_attn.weight").detach().double().numpy()
    layer = layer_projections(module)[0]
    for matrix, columns in zip((layer.query, layer.key, layer.value), np.split(fused, 3, axis=1), strict=True):
        np.testing.assert_array_equal(matrix, columns.T)
    (mask,) = trained(module, "v_deep").values()
    assert mask is not None
    assert mask.tolist() == [[False] * 16 + [True] * 8]


def test_products_come_one_head_at_a_time() -> None:
    layer = drawn(0, heads=3, size=2, width=5, out=4)
    for one_by_one, together in (
        (layer.iter_key_query_products(), stacked(layer.iter_key_query_products())),
        (layer.iter_output_value_products(), stacked(layer.iter_output_value_products())),
    ):
        first = next(one_by_one)
        np.testing.assert_array_equal(first, together[0])
        np.testing.assert_array_equal(list(one_by_one), together[1:])


def test_layers_come_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the layer in hand is copied."""
    module, read = tiny_model(layers=3).module, WeightPlace.read
    copied: list[str] = []

    def noted(own: WeightPlace, weight: torch.Tensor) -> torch.Tensor:
        copied.append(own.parameter)
        return read(own, weight)

    monkeypatch.setattr(WeightPlace, "read", noted)
    layers = iter_layer_projections(module)
    assert copied == []
    next(layers)
    assert len(copied) == 4
    assert all(".layers.0." in name for name in copied)
    assert len(list(layers)) == 2


def test_heads_that_share_keys_and_values() -> None:
    """Grouped-query attention: 4 query heads, 2 key and value heads, each shared by two of the former."""
    config = LlamaConfig(
        hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=14, max_position_embeddings=16, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    layer = layer_projections(fresh(config))[0]
    keys, values = stacked(layer.iter_key_query_products()), stacked(layer.iter_output_value_products())
    assert keys.shape == values.shape == (4, 8, 8)
    for h in range(4):
        own, shared = slice(2 * h, 2 * h + 2), slice(2 * (h // 2), 2 * (h // 2) + 2)
        np.testing.assert_allclose(keys[h], layer.key[shared].T @ layer.query[own], atol=1e-12)
        np.testing.assert_allclose(values[h], layer.output[:, own] @ layer.value[shared], atol=1e-12)
