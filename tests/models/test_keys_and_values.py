"""Part "kv": key and value projections of every layer with their biases, and nothing else, on every architecture."""

import numpy as np
import pytest
import torch

from iclgd_core.models.language.projections import trained
from tests.models.all_projections import layer_projections, part_names
from tests.models.architectures.toys import LAYERS, TOYS, toy_model
from tests.tiny_models import ARCHITECTURES, tiny_model

BIASED = {
    "qwen2", "gpt2", "gpt_neox", "opt", "opt-post-norm", "bloom", "falcon-alibi", "phi", "bert", "roberta",
    "distilbert",
}  # fmt: skip
"""Toys whose key and value projections have biases."""


@pytest.mark.parametrize("name", TOYS)
def test_it_is_every_key_and_value_projection(name: str) -> None:
    module = toy_model(name)
    before = layer_projections(module)
    weights = dict(module.named_parameters())
    with torch.no_grad():
        for key, mask in trained(module, "kv").items():
            weights[key].add_(1.0 if mask is None else mask.to(weights[key].dtype))
    for old, new in zip(before, layer_projections(module), strict=True):
        np.testing.assert_array_equal(new.query, old.query)
        np.testing.assert_array_equal(new.output, old.output)
        np.testing.assert_allclose(new.key - old.key, 1.0, atol=1e-6)
        np.testing.assert_allclose(new.value - old.value, 1.0, atol=1e-6)


@pytest.mark.parametrize("name", TOYS)
def test_it_has_as_many_entries_as_the_projections_and_their_biases(name: str) -> None:
    module = toy_model(name)
    weights, chosen = dict(module.named_parameters()), trained(module, "kv")
    counted = {
        key: weights[key].numel() if mask is None else int(mask.expand_as(weights[key]).sum())
        for key, mask in chosen.items()
    }
    layers = layer_projections(module)
    assert sum(n for key, n in counted.items() if key.endswith(".weight")) == sum(
        layer.key.size + layer.value.size for layer in layers
    )
    biases = sum(n for key, n in counted.items() if key.endswith(".bias"))
    assert biases == (sum(len(layer.key) + len(layer.value) for layer in layers) if name in BIASED else 0)
    assert set(counted) <= set(weights)


@pytest.mark.parametrize("name", ["gpt2", "bloom", "falcon-alibi"])
def test_biases_of_a_fused_projection_move_keys_and_values_alone(name: str) -> None:
    """The fused bias has the rows of the fused matrix; those of the queries are left out."""
    module = toy_model(name)
    chosen = trained(module, "kv")
    for key, mask in chosen.items():
        if key.endswith(".bias"):
            weight = chosen[key.replace(".bias", ".weight")]
            assert mask is not None
            assert weight is not None
            assert torch.equal(mask, weight.flatten())
            assert int(mask.sum()) < len(mask)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_names_where_projections_are_separate(architecture: str) -> None:
    names = part_names(tiny_model(architecture, layers=LAYERS).module, "kv")
    assert len(names) == 2 * LAYERS
    assert {name.rsplit(".", 2)[1] for name in names} == {"k_proj", "v_proj"}
