"""The projections that are found compute what the model's own attention computes: values, keys, scores, outputs."""

import dataclasses
import re

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from iclgd_core.models.architectures import TABLE, Fused, Separate, find_layers
from iclgd_core.models.architectures.finding import WeightPlace
from iclgd_core.models.architectures.rows import concatenated
from iclgd_core.models.language.kept_keys import kept_by
from iclgd_core.models.language.projections import iter_layer_projections, projection_places
from tests.models.all_projections import attention_facts
from tests.models.architectures.toys import LAYERS, MASKED, TOYS, toy_config, toy_model
from tests.models.architectures.watching import attention_weights, inputs_of, tokens, watched

CAUSAL = tuple(name for name in TOYS if name not in MASKED)


def bias(module: PreTrainedModel, place: WeightPlace) -> torch.Tensor | float:
    """Return the bias of a projection, 0 where there is none."""
    own = dict(module.named_parameters()).get(re.sub("weight$", "bias", place.parameter))
    if own is None:
        return 0.0
    return own if place.rows is None else own[place.rows]


def computed(module: PreTrainedModel, layer: int, which: str, hidden: torch.Tensor) -> torch.Tensor:
    """Return W x + b of a projection that was found, (tokens, heads, side)."""
    place = find_layers(module)[1][layer][which]  # type: ignore[index]
    matrix = torch.from_numpy(getattr(list(iter_layer_projections(module))[layer], WORDS[which])).float()
    out = hidden @ matrix.T + bias(module, place)
    return out.reshape(len(hidden), -1, attention_facts(module).side)


WORDS = {"q": "query", "k": "key", "v": "value", "o": "output"}


def normalised(module: PreTrainedModel, layer: int, which: str, vectors: torch.Tensor) -> torch.Tensor:
    """Return queries or keys behind the module's own norm of them, if it has one."""
    owner = find_layers(module)[1][layer]["q"].parameter.split(".")[:-2]
    attention = module.get_submodule(".".join(owner))
    norm = getattr(attention, f"{which}_norm", torch.nn.Identity())
    return torch.as_tensor(norm(vectors))


def hidden_states(module: PreTrainedModel, layer: int, ids: torch.Tensor) -> torch.Tensor:
    """Return what a layer's projections see, (tokens, width), with every token at position 0."""
    with inputs_of(module, find_layers(module)[1][layer]["q"].parameter) as seen:
        attention_weights(module, ids, still=True)
    return seen[0][0]


def check_values(module: PreTrainedModel) -> None:
    """With a single token, what leaves the heads is its value, each group's for all of its heads."""
    facts, ids = attention_facts(module), tokens(1, 1)
    with watched(module) as seen:
        attention_weights(module, ids, still=True)
    assert len(seen.heads) == LAYERS
    for layer in range(LAYERS):
        value = computed(module, layer, "v", hidden_states(module, layer, ids))
        expected = value.repeat_interleave(facts.heads // facts.groups, dim=1)
        torch.testing.assert_close(seen.heads[layer].flatten(), expected.flatten(), atol=1e-5, rtol=1e-4)


def check_scores(module: PreTrainedModel) -> None:
    """The log of attention weights, centred over queries and keys, is a multiple of query times key, so centred.

    Centring takes away the softmax's normalisation and whatever ALiBi adds to a key's place.
    """
    facts, ids = attention_facts(module), tokens(1, 5)
    late, early = slice(2, 5), slice(0, 3)
    observed = [weights[0].double() for weights in attention_weights(module, ids, still=True)]
    for layer in range(LAYERS):
        hidden = hidden_states(module, layer, ids)
        query = normalised(module, layer, "q", computed(module, layer, "q", hidden))
        key = normalised(module, layer, "k", computed(module, layer, "k", hidden))
        key = key.repeat_interleave(facts.heads // facts.groups, dim=1)
        expected = centred(torch.einsum("thd,shd->hts", query[late], key[early]).double())
        found = centred(observed[layer][:, late, early].log())
        scale = (found * expected).sum() / (expected**2).sum()
        assert scale > 0.1
        assert found.abs().amax(dim=(1, 2)).min() > 1e-3, "every head tells tokens apart"
        torch.testing.assert_close(found, scale * expected, atol=2e-5, rtol=1e-4)


def centred(scores: torch.Tensor) -> torch.Tensor:
    return scores - scores.mean(1, keepdim=True) - scores.mean(2, keepdim=True) + scores.mean((1, 2), keepdim=True)


@pytest.mark.parametrize("name", TOYS)
def test_values(name: str) -> None:
    check_values(toy_model(name))


@pytest.mark.parametrize("name", TOYS)
def test_queries_and_keys(name: str) -> None:
    module = toy_model(name)
    for part in module.modules():  # what squashes scores: no multiple of query times key is left
        if hasattr(part, "attn_logit_softcapping"):
            setattr(part, "attn_logit_softcapping", None)  # noqa: B010  (a module's attributes are typed as modules)
    check_scores(module)


@pytest.mark.parametrize("name", CAUSAL)
def test_keys_and_values_in_the_cache(name: str) -> None:
    """At position 0, where rotary positions turn nothing, the cache holds the projections' own vectors."""
    module, ids = toy_model(name), tokens(1, 1)
    with torch.no_grad():
        cache = kept_by(module(ids, use_cache=True))
    for layer in range(LAYERS):
        hidden = hidden_states(module, layer, ids)
        for which, cached in (("k", cache.layers[layer].keys), ("v", cache.layers[layer].values)):
            own = computed(module, layer, which, hidden)
            if which == "k":
                own = normalised(module, layer, "k", own)
            own = own.repeat_interleave(cached.shape[1] // own.shape[1], dim=1)  # some repeat groups beforehand
            torch.testing.assert_close(cached[0, :, 0], own[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", TOYS)
def test_outputs(name: str) -> None:
    module = toy_model(name)
    with watched(module) as seen, torch.no_grad():
        module(tokens(2, 5))
    for layer, found in enumerate(iter_layer_projections(module)):
        place = projection_places(module)[layer, "o"]
        expected = seen.heads[layer].flatten(end_dim=-2) @ torch.from_numpy(found.output).float().T
        torch.testing.assert_close(
            seen.outputs[layer].flatten(end_dim=-2), expected + bias(module, place), atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize("name", TOYS)
def test_heads_by_the_configuration(name: str) -> None:
    config, facts = toy_config(name), attention_facts(toy_model(name))
    shared = {"falcon": 1, "falcon-grouped": 2}.get(name, getattr(config, "num_key_value_heads", None) or 4)
    side = {"qwen3": 8, "gemma": 8, "gemma2": 8, "gemma3_text": 8}.get(name, 4)
    assert dataclasses.astuple(facts) == (LAYERS, 4, shared, side)


@pytest.mark.parametrize("name", ["gpt_neox", "bloom", "falcon-grouped", "falcon-alibi"])
def test_an_entry_that_lies_about_rows_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = toy_model(name)
    entry = TABLE[module.config.model_type]
    assert isinstance(entry.projections, Fused)
    lie = dataclasses.replace(entry, projections=dataclasses.replace(entry.projections, rows=concatenated))
    monkeypatch.setitem(TABLE, entry.model_type, lie)
    with pytest.raises(AssertionError):
        check_values(module)
    with pytest.raises(AssertionError):
        check_scores(module)


def test_an_entry_that_takes_queries_for_keys_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = TABLE["gptj"]
    lie = Separate(query="k_proj", key="q_proj", output="out_proj")
    monkeypatch.setitem(TABLE, "gptj", dataclasses.replace(entry, projections=lie))
    with pytest.raises(AssertionError):
        check_scores(toy_model("gptj"))


@pytest.mark.parametrize("name", TOYS)
def test_written_projections_are_read_again_and_the_rest_stays(name: str) -> None:
    module = toy_model(name)
    weights = dict(module.named_parameters())
    rng = np.random.default_rng(0)
    for (layer, which), place in projection_places(module).items():
        before = [vars(one) for one in iter_layer_projections(module)]
        new = rng.normal(size=before[layer][WORDS[which]].shape)
        place.write(weights[place.parameter], torch.from_numpy(new))
        for i, one in enumerate(iter_layer_projections(module)):
            for word in WORDS.values():
                expected = new.astype(np.float32) if (i, word) == (layer, WORDS[which]) else before[i][word]
                np.testing.assert_array_equal(getattr(one, word), expected)
