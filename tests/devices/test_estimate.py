"""The estimate against the tensors of real models, from the configuration alone."""

from typing import Literal

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PretrainedConfig, PreTrainedModel

from iclgd_core.devices import Workload, config_digest, estimate, skeleton
from iclgd_core.errors import ModelError, SettingsError
from iclgd_core.models.language.kept_keys import kept_by
from tests.devices.conftest import tiny_config

GIB = 2**30
ARCHITECTURES: dict[str, dict[str, object]] = {
    "llama": {"tie_word_embeddings": True},
    "mistral": {"num_key_value_heads": 2},
    "qwen2": {"num_key_value_heads": 2},
    "qwen3": {"num_key_value_heads": 2, "head_dim": 8},
    "gpt2": {"n_inner": 64},
    "gptj": {"n_inner": 64, "rotary_dim": 4},
    "gpt_neox": {},
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 32},
    "bloom": {},
    "falcon": {},
    "gemma": {"head_dim": 8, "num_key_value_heads": 2},
    "phi": {},
}
LEAST, MOST = 0.7, 2.5
"""Estimated over kept bytes. Most above 1: softmax is taken to be in float32, which not every architecture does."""


def built(config: PretrainedConfig, dtype: torch.dtype = torch.float32, attention: str = "eager") -> PreTrainedModel:
    module = AutoModelForCausalLM.from_config(config, attn_implementation=attention)  # type: ignore[no-untyped-call]
    made: PreTrainedModel = module.to(dtype).eval()
    return made


def tensors_of(module: torch.nn.Module) -> int:
    """Return the bytes of all weights and buffers, each once."""
    everything = [*module.parameters(), *module.buffers()]
    return sum({t.data_ptr(): t.untyped_storage().nbytes() for t in everything if t.numel()}.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_weights_and_gradients_are_right_to_the_byte(kind: str, dtype: torch.dtype) -> None:
    config = tiny_config(kind, **ARCHITECTURES[kind])
    guess = estimate(skeleton(config, dtype), Workload("gd", 2, 16), "cpu")
    module = built(config, dtype)
    module(torch.zeros(2, 16, dtype=torch.long)).logits.float().sum().backward()
    gradients = sum(p.grad.nbytes for p in module.parameters() if p.grad is not None)
    without = sum(p.nbytes for p in module.parameters() if p.grad is None)
    assert guess.weights == tensors_of(module)
    assert guess.gradients == gradients + without
    assert without == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_adams_state_is_right_to_the_byte(dtype: torch.dtype) -> None:
    config = tiny_config()
    module = built(config, dtype)
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.zeros(1, 4, dtype=torch.long)).logits.sum().backward()
    optimizer.step()
    moments = sum(value.nbytes for state in optimizer.state.values() for name, value in state.items() if name != "step")
    assert estimate(skeleton(config, dtype), Workload("gd", 1, 4, optimizer="adam"), "cpu").optimizer == moments


def test_a_part_has_the_gradients_of_its_matrices_and_passes_the_layers_above() -> None:
    shape = skeleton(tiny_config(), torch.float32)
    deep = ("model.layers.2.self_attn.v_proj.weight",)
    part = estimate(shape, Workload("gd", 2, 16, trained=deep), "cpu")
    assert part.gradients == part.snapshot == 32 * 32 * 4
    assert part.optimizer == 0
    assert [shape.layers_from(names) for names in (None, deep, ("model.layers.1.x",), ("lm_head.weight",), ())] == [
        3, 1, 2, 3, 0,
    ]  # fmt: skip
    assert part.activations < estimate(shape, Workload("gd", 2, 16), "cpu").activations


def test_the_key_value_cache_is_right_to_the_byte() -> None:
    config = tiny_config("mistral", num_key_value_heads=2)
    cache = kept_by(built(config)(torch.zeros(3, 20, dtype=torch.long), use_cache=True))
    held = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    assert estimate(skeleton(config, torch.float32), Workload("icl", 3, 20), "cpu").kv_cache == held


def kept_for_backward(module: PreTrainedModel, ids: torch.Tensor) -> tuple[int, bool]:
    """Return the bytes that autograd keeps, weights apart, and whether the scores of every head are among them."""
    weights = {p.untyped_storage().data_ptr() for p in module.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        module(ids, use_cache=False, logits_to_keep=1)
    rows, tokens = ids.shape
    scores = rows * module.config.num_attention_heads * tokens**2
    held = any(tensor.shape[-1:] == (tokens,) and tensor.numel() == scores for tensor in kept.values())
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values()), held


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_activations_are_near_what_autograd_keeps(kind: str, attention: str, dtype: torch.dtype) -> None:
    config = tiny_config(kind, **ARCHITECTURES[kind])
    try:
        module = built(config, dtype, attention)
    except ValueError as error:
        pytest.skip(f"no such attention: {error}"[:80])
    kept, keeps = kept_for_backward(module, torch.zeros(2, 128, dtype=torch.long))
    assert keeps or attention == "sdpa"
    assert not keeps or attention == "eager" or kind == "falcon", "torch has no fused kernel here; say so"
    shape = skeleton(config, dtype)
    kinds: tuple[Literal["gd"], Literal["icl"]] = ("gd", "icl")
    at_peak, at_work = (
        estimate(shape, Workload(work, 2, 128, keeps_scores=keeps), "cpu").activations for work in kinds
    )
    guess = at_peak - at_work
    assert kept * LEAST < guess < kept * MOST


def llama_7b() -> PretrainedConfig:
    return tiny_config(
        hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32, vocab_size=32000
    )


def test_seven_billion_parameters_by_hand() -> None:
    shape = skeleton(llama_7b(), torch.bfloat16)
    assert shape.parameters == 6_738_415_616
    gd = estimate(shape, Workload("gd", 1, 512, checkpointing=True), "cuda")
    assert gd.gradients == 2 * shape.parameters
    assert gd.snapshot == 0
    assert 26 * GIB < gd.total < 29 * GIB
    kept = estimate(shape, Workload("gd", 1, 512), "cuda").activations
    assert kept > 10 * gd.activations
    at_once = estimate(shape, Workload("gd", 1, 512, checkpointing=True, at_once=True), "cuda")
    assert at_once.gradients == 32000 * 4096 * 2
    summed = estimate(shape, Workload("gd", 1, 512, checkpointing=True, micro_batches=4), "cuda")
    assert summed.gradients == 4 * shape.parameters + 32000 * 4096 * 2
    adam = estimate(shape, Workload("gd", 1, 512, optimizer="adam", master=True), "cuda")
    assert adam.optimizer == 12 * shape.parameters
    icl = estimate(shape, Workload("icl", 1, 1000), "cuda")
    assert icl.kv_cache == 2 * 32 * 4096 * 1000 * 2
    assert icl.logits == 32000 * (2 + 8)
    assert icl.gradients == icl.optimizer == icl.snapshot == 0


def test_the_total_by_hand() -> None:
    shape = skeleton(tiny_config(), torch.float32)
    load = estimate(shape, Workload("load"), "cpu")
    assert (load.total, load.growth) == (load.weights, 0)
    assert estimate(shape, Workload("load"), "cuda:1").total == load.weights + 512 * 2**20
    icl = estimate(shape, Workload("icl", 2, 16), "cpu")
    assert icl.growth == icl.activations + icl.kv_cache + icl.logits > 0
    assert icl.total == icl.weights + round(1.1 * icl.growth)


def test_logits_by_hand() -> None:
    """Rows x positions x vocabulary; a row's predictions are of its label, of its tokens, or of them by every layer."""
    single, double = (skeleton(tiny_config(vocab_size=97), dtype) for dtype in (torch.bfloat16, torch.float64))
    assert estimate(single, Workload("icl", 2, 16), "cpu").logits == 2 * 97 * (2 + 8)
    assert estimate(single, Workload("gd", 2, 16), "cpu").logits == 2 * 97 * (2 + 12)
    assert estimate(single, Workload("gd", 2, 16, positions=16), "cpu").logits == 2 * 16 * 97 * (2 + 12)
    assert estimate(double, Workload("gd", 2, 16, positions=48), "cpu").logits == 2 * 48 * 97 * (8 + 12)
    one, all_of_them = (estimate(single, Workload("gd", 2, 16, positions=p), "cpu") for p in (1, 16))
    assert all_of_them.growth - one.growth == 15 * one.logits


@pytest.mark.parametrize("kind", ["icl", "gd"])
def test_a_measured_ratio_scales_what_is_not_exact(kind: Literal["icl", "gd"]) -> None:
    shape = skeleton(tiny_config(), torch.float32)
    work = Workload(kind, 2, 64)
    plain, doubled, tiny = (estimate(shape, work, "cpu", ratio) for ratio in (1.0, 2.0, 0.01))
    assert doubled.total - doubled.weights == pytest.approx(2 * (plain.total - plain.weights), abs=2)
    assert tiny.total == tiny.weights + max(tiny.exact, round(0.011 * tiny.growth))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "train"},
        {"kind": "icl", "tokens": 0},
        {"kind": "gd", "rows": 0, "tokens": 3},
        {"kind": "gd", "tokens": 3, "micro_batches": 0},
        {"kind": "gd", "tokens": 3, "positions": 0},
        {"kind": "gd", "tokens": 3, "micro_batches": 2, "at_once": True},
    ],
)
def test_an_impossible_workload_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=r"a workload|kind of a workload"):
        Workload(**wrong)  # type: ignore[arg-type]


def test_it_says_what_takes_what() -> None:
    text = str(estimate(skeleton(llama_7b(), torch.bfloat16), Workload("icl", 8, 1024), "cuda"))
    assert "weights 12.6 GiB" in text
    assert "kv cache 4.0 GiB" in text
    assert "gradients" not in text


def test_a_masked_model_is_measured_too() -> None:
    config = tiny_config("bert")
    module = AutoModelForMaskedLM.from_config(config)  # type: ignore[no-untyped-call]
    assert skeleton(config, torch.float32, masked=True).weight_bytes == tensors_of(module)


@pytest.mark.parametrize(
    ("kind", "wrong"), [("t5", {}), ("llama", {"hidden_act": "no such thing"}), ("llama", {"num_attention_heads": 0})]
)
def test_a_configuration_that_builds_no_model_is_an_error(kind: str, wrong: dict[str, object]) -> None:
    config = tiny_config(kind)
    for name, value in wrong.items():
        setattr(config, name, value)
    with pytest.raises(ModelError, match=r"cannot be estimated from its config\.json"):
        skeleton(config, torch.float32)


def test_a_configurations_digest_is_of_what_decides() -> None:
    here, there, other = tiny_config(), tiny_config(), tiny_config(hidden_size=64)
    there._name_or_path = "elsewhere"
    assert config_digest(here) == config_digest(there) != config_digest(other)
