"""Models outside the table: found by the names of their weights, refused where that would be a guess, measured."""

from typing import Any

import pytest
import torch
from transformers import (
    BartConfig,
    Gemma3Config,
    GPTBigCodeConfig,
    MambaConfig,
    MixtralConfig,
    MptConfig,
    OlmoConfig,
    PretrainedConfig,
    PreTrainedModel,
    RecurrentGemmaConfig,
)

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures import TABLE, Behaviour, architecture_of, behaviour_of, context_window
from iclgd_core.models.architectures.facts import is_masked
from iclgd_core.models.language.loading import ATTENTION, fresh
from iclgd_core.models.language.projections import projection_places, trained
from tests.models.all_projections import attention_facts, layer_projections, part_names, projection_names
from tests.models.architectures.toys import toy_config, toy_model

SIZE: dict[str, Any] = {
    "vocab_size": 60, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4,
    "max_position_embeddings": 64, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": None, "initializer_range": 0.2,
}  # fmt: skip
RECURRENT = {key: value for key, value in SIZE.items() if key != "max_position_embeddings"}


def built(config: PretrainedConfig) -> PreTrainedModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = fresh(config, ATTENTION)
    module.train(False).requires_grad_(False)
    return module


@pytest.mark.parametrize(
    ("config", "groups"),
    [(OlmoConfig(**SIZE), 4), (MixtralConfig(**SIZE, num_key_value_heads=2, num_local_experts=2), 2)],
    ids=["olmo", "mixtral"],
)
def test_found_by_name(config: PretrainedConfig, groups: int) -> None:
    module = built(config)
    entry, facts = architecture_of(module), attention_facts(module)
    assert config.model_type not in TABLE
    assert entry.title == f"{config.model_type} (by name, not in the table)"
    assert not entry.listed
    assert not is_masked(config)
    assert (facts.layers, facts.heads, facts.groups, facts.side) == (3, 4, groups, 4)
    assert part_names(module, "v_middle") == ("model.layers.1.self_attn.v_proj.weight",)
    assert trained(module, "v_deep") == {"model.layers.2.self_attn.v_proj.weight": None}
    assert len(projection_names(module)) == 12
    assert behaviour_of(module) == Behaviour(reuses_prefix=True, pads_right=True, vectorises=False)


def test_layers_without_attention_do_not_count() -> None:
    """Two recurrent blocks before each attention block: of six blocks, two have projections."""
    module = built(RecurrentGemmaConfig(**RECURRENT | {"num_hidden_layers": 6}))
    assert attention_facts(module).layers == len(layer_projections(module)) == 2
    name = "model.layers.{}.temporal_block.v_proj.weight"
    assert part_names(module, "v_middle") == part_names(module, "v_deep") == (name.format(5),)
    assert projection_places(module)[0, "v"].parameter == name.format(2)
    assert context_window(module.config).source == "not named"


@pytest.mark.parametrize(
    "config",
    [
        GPTBigCodeConfig(vocab_size=60, n_embd=16, n_layer=2, n_head=4, n_positions=64),
        MptConfig(vocab_size=60, d_model=16, n_layers=2, n_heads=4, max_seq_len=64),
        BartConfig(
            vocab_size=60, d_model=16, decoder_layers=2, decoder_attention_heads=4, decoder_ffn_dim=16,
            encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=16, is_decoder=True,
            is_encoder_decoder=False, max_position_embeddings=64,
        ),
        MambaConfig(vocab_size=60, hidden_size=16, num_hidden_layers=2, state_size=4),
    ],
    ids=["unknown fused layout", "other names", "two attentions a layer", "no attention"],
)  # fmt: skip
def test_refused_where_it_would_be_a_guess(config: PretrainedConfig) -> None:
    """Only what needs the projections is refused: the model can be read, and trained as a whole."""
    module = built(config)
    for call in (architecture_of, attention_facts, layer_projections, projection_names, projection_places):
        with pytest.raises(ModelError, match=rf"not found: its model_type '{config.model_type}' is not in the table"):
            call(module)
    with pytest.raises(ModelError, match="add an entry to the table"):
        trained(module, "v_deep")
    assert len(trained(module, "whole")) > 0
    assert behaviour_of(module).pads_right
    assert behaviour_of(module).reuses_prefix == (config.model_type != "mamba")


def test_a_length_under_another_name() -> None:
    config = MptConfig(vocab_size=60, d_model=16, n_layers=2, n_heads=4, max_seq_len=64)
    assert (context_window(config).tokens, context_window(config).source) == (64, "max_seq_len")


def test_the_text_part_of_a_multimodal_model() -> None:
    """Its vision tower has projections of the same names; they are not the language model's."""
    text = toy_config("gemma3_text")
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    module = built(Gemma3Config(text_config=text.to_dict(), vision_config=vision))
    assert any("vision_tower" in name and name.endswith("q_proj.weight") for name, _ in module.named_parameters())
    assert architecture_of(module) is TABLE["gemma3_text"]
    assert attention_facts(module).layers == 3
    assert part_names(module, "v_middle") == ("model.language_model.layers.1.self_attn.v_proj.weight",)
    assert context_window(module.config).tokens == 64


@pytest.mark.parametrize("shape", [(8, 16), (16, 24), (16,), (15, 16)])
@pytest.mark.parametrize(("name", "weight"), [("llama", "k_proj"), ("gpt2", "c_attn"), ("phi3", "qkv_proj")])
def test_shapes_that_do_not_fit(name: str, weight: str, shape: tuple[int, ...]) -> None:
    """As of a quantised model, whose weights are packed; the first layer's or any other's."""
    for layer in (0, 2):
        module = toy_model(name)
        key = next(key for key, _ in module.named_parameters() if f".{layer}." in key and f"{weight}.weight" in key)
        if shape == tuple(module.get_parameter(key).shape) or (name, shape) == ("llama", (8, 16)):
            continue
        module.get_submodule(key.removesuffix(".weight")).weight = torch.nn.Parameter(
            torch.ones(shape), requires_grad=False
        )
        with pytest.raises(ModelError, match=r"does not fit 4 query and [24] key-value heads"):
            layer_projections(module)


@pytest.mark.parametrize(("key", "value"), [("num_attention_heads", 0), ("num_key_value_heads", 3)])
def test_heads_that_do_not_fit(key: str, value: int) -> None:
    module = toy_model("llama")
    setattr(module.config, key, value)
    with pytest.raises(ModelError, match=r"positive integer|does not fit"):
        attention_facts(module)


def test_a_layer_that_lacks_one() -> None:
    module = toy_model("llama")
    del module.model.layers[1].self_attn.v_proj
    with pytest.raises(ModelError, match="or its weights are not named as there"):
        layer_projections(module)
