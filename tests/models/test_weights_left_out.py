"""Checkpoints that hold more, less or other weights than the model of their config.json: refused, or harmless."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import MixtralConfig

from iclgd_core.errors import ModelError
from iclgd_core.models.language.loading import ATTENTION, fresh, load_model
from iclgd_core.models.language.preflight import facts_of
from tests.models.architectures.toys import toy_model
from tests.tiny_models import tiny_model

IDS = torch.tensor([[3, 4, 5, 6, 7]])

Weights = dict[str, torch.Tensor]
Change = Callable[[Weights], Weights]

SOME = ("llama", "gpt2", "gpt_neox", "qwen3", "gemma", "opt", "bloom", "bert", "roberta", "distilbert")
"""Toys of several families: separate and fused projections, tied or not, masked or causal."""


def saved(toy: str, folder: Path, change: Change = dict, **config: object) -> Path:
    """Save a toy, its tokenizer, with the weights that `change` makes of its own, and keys of config.json."""
    toy_model(toy).save_pretrained(folder)
    return changed(folder, change, **config)


def changed(folder: Path, change: Change = dict, **config: object) -> Path:
    tiny_model().tokenizer.save_pretrained(folder)
    file = folder / "model.safetensors"
    save_file({k: v.contiguous() for k, v in change(load_file(file)).items()}, file, metadata={"format": "pt"})
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return folder


def adding(**extra: torch.Tensor) -> Change:
    """Return what puts tensors beside a model's own; `__` in a name stands for a dot."""
    return lambda weights: weights | {name.replace("__", "."): weight for name, weight in extra.items()}


def plus(change: Change, name: str, weights: Weights) -> Weights:
    return change(weights) | {name: torch.ones(4)}


def linear(weights: Mapping[str, torch.Tensor]) -> str:
    """Return the name of the first attention matrix of a model's files, without `.weight`."""
    kinds = ("q_proj", "c_attn", "query_key_value", "self.query", "q_lin")
    return min(name for name in weights if name.endswith("weight") and any(kind in name for kind in kinds))[:-7]


def refused(folder: Path, says: str) -> str:
    """Check that a folder is refused alike from its headers alone and when it is loaded; return the error's text."""
    with pytest.raises(ModelError, match=says) as early:
        facts_of(str(folder))
    with pytest.raises(ModelError, match=says) as late:
        load_model(str(folder))
    assert str(early.value) == str(late.value)
    assert str(folder) in str(late.value)
    assert "iclgd-model-" not in str(late.value)
    return str(late.value)


def answers_as(folder: Path, toy: str) -> None:
    """Check that a folder is read, and answers as the toy does from which it was made."""
    facts_of(str(folder))
    with torch.no_grad():
        assert torch.equal(load_model(str(folder)).module(IDS).logits, toy_model(toy)(IDS).logits)


def test_what_is_refused_would_otherwise_be_another_model(tmp_path: Path) -> None:
    """The control: the biases of Qwen2, read as Llama, which has none by its configuration, change the answer."""
    with torch.no_grad():
        biased = toy_model("qwen2")(IDS).logits
        toy = toy_model("qwen2")
        for name, weight in toy.named_parameters():
            if name.endswith("_proj.bias"):
                weight.zero_()
        assert float((toy(IDS).logits - biased).abs().max()) > 0.01
    folder = saved("qwen2", tmp_path, model_type="llama", architectures=["LlamaForCausalLM"])
    text = refused(folder, r"without 9 weights .*model\.layers\.0\.self_attn\.k_proj\.bias, .* and 6 more")
    assert "attention_bias" in text
    assert "model_type 'llama'" in text
    load_model(str(changed(folder, attention_bias=True, model_type="qwen2", architectures=["Qwen2ForCausalLM"])))


@pytest.mark.parametrize("toy", SOME)
def test_lora_factors_that_were_not_merged_are_refused(toy: str, tmp_path: Path) -> None:
    def with_lora(weights: Weights) -> Weights:
        at = linear(weights)
        wide = weights[f"{at}.weight"].shape[1]
        return weights | {f"{at}.lora_A.weight": torch.ones(2, wide), f"{at}.lora_B.weight": torch.ones(16, 2)}

    text = refused(saved(toy, tmp_path, with_lora), r"adapter that was not merged .*lora_A\.weight, .*lora_B\.weight")
    assert "merge_and_unload" in text


def test_a_model_wrapped_by_an_adapter_is_told_as_such_and_not_as_missing(tmp_path: Path) -> None:
    """PEFT saved with its wrappers: the matrix itself is then called `base_layer`."""

    def wrapped(weights: Weights) -> Weights:
        at = linear(weights)
        return {name.replace(at, f"{at}.base_layer"): weight for name, weight in weights.items()}

    refused(saved("llama", tmp_path, wrapped), r"adapter that was not merged .*base_layer\.weight")


@pytest.mark.parametrize("toy", SOME)
def test_norms_of_queries_that_the_architecture_lacks_are_refused(toy: str, tmp_path: Path) -> None:
    def with_norm(weights: Weights) -> Weights:
        block = linear(weights).rpartition(".")[0]
        return weights | {f"{block}.query_norm.weight": torch.ones(4)}

    refused(saved(toy, tmp_path, with_norm), r"without 1 weights .*query_norm\.weight.*has no place for them")


def test_the_norms_of_qwen3_read_as_qwen2_are_refused(tmp_path: Path) -> None:
    def unbiased(weights: Weights) -> Weights:
        zeros = {f"model.layers.{i}.self_attn.{which}_proj.bias": which for i in range(3) for which in "qkv"}
        return weights | {name: torch.zeros(32 if which == "q" else 16) for name, which in zeros.items()}

    folder = saved("qwen3", tmp_path, unbiased, model_type="qwen2", architectures=["Qwen2ForCausalLM"])
    refused(folder, r"without 6 weights .*self_attn\.k_norm\.weight")


@pytest.mark.parametrize(
    ("toy", "name", "shape"),
    [
        ("llama", "lm_head.bias", (60,)),
        ("llama", "model.norm.bias", (16,)),
        ("llama", "model.layers.1.mlp.up_proj.bias", (24,)),
        ("llama", "model.layers.1.self_attn.q_proj.weight_scale", (1,)),
        ("llama", "model.embed_positions.weight", (64, 16)),
        ("llama", "logit_scale", (1,)),
        ("gpt2", "transformer.wse.weight", (2, 16)),
        ("gpt2", "lm_head.bias", (60,)),
        ("bert", "bert.encoder.layer.0.attention.self.distance_embedding.weight", (127, 4)),
        ("bert", "cls.predictions.transform.norm.weight", (16,)),
    ],
)
def test_weights_inside_modules_that_exist_are_refused(
    toy: str, name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    refused(saved(toy, tmp_path, lambda own: own | {name: torch.ones(shape)}), rf"without 1 weights .*{name}")


@pytest.mark.parametrize(("toy", "prefix"), [("gpt2", "transformer."), ("bert", "bert."), ("llama", "model.")])
def test_files_without_the_prefix_of_the_base_model_are_judged_alike(toy: str, prefix: str, tmp_path: Path) -> None:
    def bare(weights: Weights) -> Weights:
        return {name.removeprefix(prefix): weight for name, weight in weights.items()}

    answers_as(saved(toy, tmp_path / "plain", bare), toy)
    block = {"gpt2": "h.0.attn", "bert": "encoder.layer.0.attention.self", "llama": "layers.0.self_attn"}[toy]
    for i, name in enumerate((f"{block}.q_norm.weight", "second_embedding.weight")):
        folder = saved(toy, tmp_path / str(i), partial(plus, bare, name))
        refused(folder, rf"without 1 weights .*{name}")
    head = saved(toy, tmp_path / "head", lambda own: bare(own) | {"score.weight": torch.ones(2, 16)})
    answers_as(head, toy)


HARMLESS: dict[str, tuple[str, Change]] = {
    "causal masks of GPT-2": (
        "gpt2",
        adding(
            transformer__h__0__attn__bias=torch.ones(1, 1, 8, 8), transformer__h__0__attn__masked_bias=torch.ones(())
        ),
    ),
    "causal masks as truth values": (
        "gptj", adding(transformer__h__0__attn__bias=torch.ones(1, 1, 8, 8, dtype=torch.bool)),
    ),
    "masks of GPT-NeoX": ("gpt_neox", adding(gpt_neox__layers__0__attention__bias=torch.ones(1, 1, 8, 8))),
    "rotary angles": ("llama", adding(model__layers__0__self_attn__rotary_emb__inv_freq=torch.ones(4))),
    "cached rotary angles": ("llama", adding(model__layers__0__self_attn__rotary_emb__cos_cached=torch.ones(8, 4))),
    "positions": ("bert", adding(bert__embeddings__position_ids=torch.arange(64)[None])),
    "pooler and next sentence": (
        "bert", adding(bert__pooler__dense__weight=torch.ones(16, 16), cls__seq_relationship__weight=torch.ones(2, 16)),
    ),
    "pooler of RoBERTa": ("roberta", adding(roberta__pooler__dense__bias=torch.ones(16))),
    "value head": ("llama", adding(v_head__summary__weight=torch.ones(1, 16), v_head__summary__bias=torch.ones(1))),
    "score": ("qwen3", adding(score__weight=torch.ones(2, 16))),
    "a head with a name of its own": ("opt", adding(my_reward__net__0__weight=torch.ones(2, 16))),
    "prediction of further tokens": ("llama", adding(mtp__layers__0__self_attn__q_proj__weight=torch.ones(16, 16))),
    "a tied head that is there too": (
        "opt", lambda own: own | {"lm_head.weight": own["model.decoder.embed_tokens.weight"].clone()},
    ),
    "biases that are zero": ("llama", adding(model__layers__1__self_attn__q_proj__bias=torch.zeros(16))),
    "the name of an embedding's rows": ("gemma", adding(score__bias=torch.ones(2))),
}  # fmt: skip


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_leftovers_stay_harmless(case: str, tmp_path: Path) -> None:
    toy, change = HARMLESS[case]
    answers_as(saved(toy, tmp_path, change), toy)


def test_a_bias_that_is_not_zero_everywhere_is_refused(tmp_path: Path) -> None:
    bias = torch.zeros(16)
    bias[3] = 1e-3
    folder = saved("llama", tmp_path, adding(model__layers__1__self_attn__q_proj__bias=bias))
    refused(folder, r"without 1 weights .*model\.layers\.1\.self_attn\.q_proj\.bias")


def test_layers_beyond_those_of_the_configuration_are_left_out_and_told(tmp_path: Path) -> None:
    folder = saved("llama", tmp_path, num_hidden_layers=2)
    model, left = load_model(str(folder)), facts_of(str(folder)).left_out
    assert len(model.module.model.layers) == 2
    assert len(left) == 9
    assert all(name.startswith("model.layers.2.") for name in left)


def test_layers_beyond_a_number_that_config_json_does_not_name_are_refused(tmp_path: Path) -> None:
    folder = saved("llama", tmp_path)
    own = load_file(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    del config["num_hidden_layers"]  # the default is 32
    (folder / "config.json").write_text(json.dumps(config))
    third = {name: weight for name, weight in own.items() if "layers.2." in name}
    more = {name.replace("layers.2.", f"layers.{i}."): weight for i in range(2, 33) for name, weight in third.items()}
    changed(folder, lambda weights: weights | {name: weight.clone() for name, weight in more.items()})
    refused(folder, r"without 9 weights .*layers\.32\..*more layers than config\.json says")


def test_a_layer_beyond_with_an_adapter_is_refused(tmp_path: Path) -> None:
    folder = saved("llama", tmp_path, adding(model__layers__3__mlp__up_proj__lora_A__weight=torch.ones(2, 16)))
    refused(folder, "adapter that was not merged")


def test_an_expert_too_many_or_too_few_is_refused(tmp_path: Path) -> None:
    config = MixtralConfig(
        vocab_size=60, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, num_local_experts=2, max_position_embeddings=64,
    )  # fmt: skip
    for name, change in {
        "more": lambda own: {n.replace("experts.1.", "experts.2."): w.clone() for n, w in own.items()} | own,
        "fewer": lambda own: {n: w for n, w in own.items() if "experts.1." not in n},
    }.items():
        fresh(config, ATTENTION).save_pretrained(tmp_path / name)
        before = set(load_file(tmp_path / name / "model.safetensors"))
        folder = changed(tmp_path / name, change)
        assert set(load_file(folder / "model.safetensors")) != before
        refused(folder, r"of another shape|missing|without")


@pytest.mark.parametrize("toy", SOME)
def test_a_weight_that_is_missing_is_refused_and_not_drawn(toy: str, tmp_path: Path) -> None:
    def without(weights: Weights) -> Weights:
        lost = f"{linear(weights)}.weight"
        return {name: weight for name, weight in weights.items() if name != lost}

    refused(saved(toy, tmp_path, without), r"1 weights are missing from its files, and would be drawn at random \(")


@pytest.mark.parametrize("toy", SOME)
def test_a_weight_of_another_shape_is_refused(toy: str, tmp_path: Path) -> None:
    def longer(weights: Weights) -> Weights:
        name = f"{linear(weights)}.weight"
        return weights | {name: torch.ones(weights[name].shape[0] + 1, weights[name].shape[1])}

    refused(saved(toy, tmp_path, longer), r"1 weights are of another shape .*by config\.json, .* in the files")


def test_an_output_matrix_beside_the_embedding_that_it_is_tied_to(tmp_path: Path) -> None:
    """Of numbers of its own it is refused, since models are built tied elsewhere; untied by config.json it is used."""

    def with_head(weights: Weights) -> Weights:
        return weights | {"lm_head.weight": 2 * weights["model.embed_tokens.weight"]}

    folder = saved("qwen3", tmp_path, with_head)
    says = r"lm_head\.weight with other numbers than model\.embed_tokens\.weight.*\"tie_word_embeddings\": false"
    with pytest.raises(ModelError, match=says):
        load_model(str(folder))
    model = load_model(str(changed(folder, tie_word_embeddings=False)))
    with torch.no_grad():
        torch.testing.assert_close(model.module(IDS).logits, 2 * toy_model("qwen3")(IDS).logits)


def test_an_equal_copy_of_the_embedding_is_the_embedding(tmp_path: Path) -> None:
    """Trained, it must stay so: two parameters would part."""
    folder = saved("qwen3", tmp_path, lambda own: own | {"lm_head.weight": own["model.embed_tokens.weight"].clone()})
    module = load_model(str(folder)).module
    assert module.lm_head.weight is module.model.embed_tokens.weight
    assert load_model(str(folder)).digest == load_model(str(saved("qwen3", tmp_path / "once"))).digest


def test_one_weight_under_two_names_is_refused(tmp_path: Path) -> None:
    folder = saved("gpt2", tmp_path, lambda own: own | {"h.1.attn.c_attn.weight": torch.ones(16, 48)})
    refused(folder, r"holds one weight twice, as .*h\.1\.attn\.c_attn\.weight")


def test_one_weight_in_two_files_is_refused(tmp_path: Path) -> None:
    folder = saved("llama", tmp_path)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    first = dict(sorted(weights.items())[: len(weights) // 2])
    rest = {name: weight for name, weight in weights.items() if name not in first}
    index = {name: names[name in rest] for name in weights}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    save_file(first, folder / names[0], metadata={"format": "pt"})
    save_file(rest, folder / names[1], metadata={"format": "pt"})
    answers_as(folder, "llama")
    save_file(rest | {min(first): first[min(first)] + 1}, folder / names[1], metadata={"format": "pt"})
    refused(folder, rf"both {names[0]} and {names[1]} hold lm_head\.weight")


def test_a_file_of_weights_beside_shards_of_another_save_is_refused(tmp_path: Path) -> None:
    folder = saved("llama", tmp_path)
    index = {"metadata": {}, "weight_map": {"lm_head.weight": "model-00001-of-00001.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    answers_as(folder, "llama")  # an index alone leads nowhere
    save_file({"lm_head.weight": torch.ones(60, 16)}, folder / "model-00001-of-00001.safetensors")
    with pytest.raises(ModelError, match=r"two sets of weights.*Delete the older set"):
        load_model(str(folder))


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int64, torch.bool])
def test_whole_numbers_for_weights_are_refused(dtype: torch.dtype, tmp_path: Path) -> None:
    def rounded(weights: Weights) -> Weights:
        name = "model.layers.0.self_attn.q_proj.weight"
        return weights | {name: (10 * weights[name]).to(dtype)}

    refused(saved("llama", tmp_path, rounded), r"whole numbers .*q_proj\.weight: quantised")


def test_half_precision_is_no_whole_number(tmp_path: Path) -> None:
    load_model(str(saved("llama", tmp_path, lambda own: {name: weight.bfloat16() for name, weight in own.items()})))


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"])
def test_an_adapter_beside_the_model_is_refused(file: str, tmp_path: Path) -> None:
    folder = saved("llama", tmp_path)
    (folder / file).write_bytes(b"{}")
    with pytest.raises(ModelError, match=rf"PEFT adapter \({file}\)"):
        load_model(str(folder))


def test_names_of_weights_are_shown_without_what_moves_a_terminal(tmp_path: Path) -> None:
    folder = saved("llama", tmp_path, adding(**{"model__\x1b[2J\u202e__bias": torch.ones(4)}))
    text = refused(folder, "without 1 weights")
    assert "\x1b" not in text
    assert "\u202e" not in text
