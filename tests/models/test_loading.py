"""Loading a model directory, and what a user is told about one that cannot be used."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoTokenizer, BertConfig, BloomConfig, LlamaConfig, PretrainedConfig

from iclgd_core.errors import IclgdError, ModelError, UnknownNameError
from iclgd_core.models.language import loading
from iclgd_core.models.language.loading import attention_for, load_model
from tests.models.architectures.toys import TOYS, toy_model
from tests.tiny_models import predicted, tiny_model, tokens


def test_what_was_saved_is_loaded(directory: Path) -> None:
    model = load_model(str(directory))
    original = tiny_model(model.module.config.model_type)
    state = original.module.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.module.state_dict().items())
    prompts = tokens(model)[np.array([[1, 2, 3], [3, 2, 1]])]
    np.testing.assert_allclose(predicted(model, prompts), predicted(original, prompts), atol=1e-6)
    assert model.context_window == 64
    assert model.n_parameters == sum(p.numel() for p in original.module.parameters())
    assert not model.module.training
    assert not any(p.requires_grad for p in model.module.parameters())


@pytest.mark.parametrize(
    ("dtype", "expected"), [("float32", torch.float32), ("float64", torch.float64), ("bfloat16", torch.bfloat16)]
)
def test_dtypes(llama: Path, dtype: str, expected: torch.dtype) -> None:
    model = load_model(str(llama), dtype=dtype)
    assert {p.dtype for p in model.module.parameters()} == {expected}


def test_unknown_names_are_helped(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("ginc-llama-208k", "ginc-llama-57k", "untrained-llama-57k")
    monkeypatch.setattr("iclgd_core.hub.source.embedded_names", lambda: names)
    with pytest.raises(UnknownNameError, match="unknown model 'ginc-lama-57k'") as caught:
        load_model("ginc-lama-57k")
    assert "Nearest: ginc-llama-57k" in str(caught.value)
    assert "config.json and model.safetensors" in str(caught.value)


def without_config(path: Path) -> None:
    (path / "config.json").unlink()


def without_tokenizer(path: Path) -> None:
    (path / "tokenizer.json").unlink()


def with_pickled_weights_alone(path: Path) -> None:
    (path / "model.safetensors").rename(path / "pytorch_model.bin")


def with_broken_config(path: Path) -> None:
    (path / "config.json").write_text('{"model_type": "llama",')


def with_unknown_architecture(path: Path) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, "model_type": "perceptron"}))


def with_broken_tokenizer(path: Path) -> None:
    (path / "tokenizer.json").write_text("{")


def with_truncated_weights(path: Path) -> None:
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def with_another_width(path: Path) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, "hidden_size": 32}))


def with_a_weight_missing(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    del weights["model.layers.0.self_attn.q_proj.weight"]
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (without_config, "no config.json"),
        (without_tokenizer, "no tokenizer.json"),
        (with_pickled_weights_alone, "no .*safetensors file, and pickled weights are not read"),
        (with_broken_config, "cannot be read: .*not JSON"),
        (with_unknown_architecture, "model_type': 'perceptron' is no architecture"),
        (with_broken_tokenizer, "cannot be read"),
        (with_truncated_weights, "cannot be read"),
        (with_another_width, "cannot be read"),
        (with_a_weight_missing, "q_proj"),
    ],
)
def test_a_damaged_directory_is_one_clear_error(llama: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(llama)
    with pytest.raises(ModelError, match=f"(?s){says}") as caught:
        load_model(str(llama))
    assert str(llama) in str(caught.value)


def test_an_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is no model: it has no config\.json"):
        load_model(str(tmp_path))


def test_an_unknown_dtype_is_not_blamed_on_the_directory(llama: Path) -> None:
    with pytest.raises(IclgdError, match="float16") as caught:
        load_model(str(llama), dtype="float16")
    assert "cannot be read" not in str(caught.value)


@pytest.mark.parametrize("toy", TOYS)
def test_every_architecture_is_read_as_it_was_saved(toy: str, tmp_path: Path) -> None:
    original = toy_model(toy)
    original.save_pretrained(tmp_path)
    tiny_model().tokenizer.save_pretrained(tmp_path)
    model = load_model(str(tmp_path))
    assert type(model.module) is type(original)
    assert model.masked is (toy in ("bert", "roberta", "distilbert"))
    assert model.module.config._attn_implementation == "eager"
    ids = torch.tensor([[3, 4, 5, 6, 7]])
    with torch.no_grad():
        assert torch.equal(model.module(ids).logits, original(ids).logits)


LEGACY: dict[str, dict[str, Callable[[str], str] | dict[str, torch.Tensor]]] = {
    # as the Hub's first GPT-2 files are: without the prefix of the base model, with buffers that are masks
    "gpt2": {
        "rename": lambda key: key.removeprefix("transformer."),
        "extra": {"h.0.attn.bias": torch.ones(1, 1, 8, 8), "h.0.attn.masked_bias": torch.tensor(-1e4)},
    },
    "llama": {"extra": {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}},
    "gpt_neox": {
        "extra": {
            "gpt_neox.layers.0.attention.bias": torch.ones(1, 1, 8, 8),
            "gpt_neox.layers.0.attention.masked_bias": torch.tensor(-1e9),
            "gpt_neox.layers.0.attention.rotary_emb.inv_freq": torch.ones(4),
        }
    },
    "opt": {},
    "bert": {
        "extra": {"bert.pooler.dense.weight": torch.ones(16, 16), "cls.seq_relationship.weight": torch.ones(2, 16)}
    },
}


@pytest.mark.parametrize("toy", sorted(LEGACY))
def test_harmless_differences_of_older_files(toy: str, tmp_path: Path) -> None:
    original = toy_model(toy)
    original.save_pretrained(tmp_path)
    tiny_model().tokenizer.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    rename: Any = LEGACY[toy].get("rename", str)
    extra: Any = LEGACY[toy].get("extra", {})
    if toy == "opt":  # the output embedding is that of the input, and some files hold it twice
        extra = {"lm_head.weight": weights["model.decoder.embed_tokens.weight"].clone()}
    save_file(
        {rename(key): weight for key, weight in weights.items()} | extra,
        tmp_path / "model.safetensors",
        metadata={"format": "pt"},
    )
    ids = torch.tensor([[3, 4, 5, 6, 7]])
    with torch.no_grad():
        assert torch.equal(load_model(str(tmp_path)).module(ids).logits, original(ids).logits)


def edited(path: Path, **changes: object) -> str:
    config = json.loads((path / "config.json").read_text()) | changes
    (path / "config.json").write_text(json.dumps(config))
    return str(path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vocab_size": 10**9}, "vocab_size = 1000000000, but its weight files hold [0-9,]+ numbers"),
        ({"intermediate_size": 4000, "vocab_size": 4000, "hidden_size": 4000}, "describes [0-9,]+ weights, and the"),
        ({"num_hidden_layers": 3}, "9 weights are missing"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers = 1000000000, but its weight files hold"),
        ({"num_hidden_layers": -1}, "num_hidden_layers = -1"),
        ({"hidden_size": "wide"}, "cannot be read"),
        ({"num_attention_heads": 0}, "cannot be read"),
        ({"to_dict": "x"}, "cannot be read"),
    ],
)
def test_a_configuration_that_cannot_be_is_one_clear_error_and_takes_no_memory(
    llama: Path, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        load_model(edited(llama, **changes))
    assert str(llama) in str(caught.value)
    assert "iclgd-model-" not in str(caught.value)


def test_memory_that_runs_out_is_not_the_folders_fault(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*args: object, **placed: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(loading, "pretrained", exhausted)
    with pytest.raises(torch.OutOfMemoryError):
        load_model(str(llama))


@pytest.mark.parametrize(
    ("config", "masked", "large", "expected"),
    [
        (LlamaConfig(), False, False, "eager"),
        (LlamaConfig(), False, True, "sdpa"),
        (BertConfig(), True, True, "sdpa"),
        (BloomConfig(), False, True, "eager"),
    ],
)
def test_attention_is_chosen_by_size(config: PretrainedConfig, masked: bool, large: bool, expected: str) -> None:
    assert attention_for(config, masked, large) == expected


def test_large_models_take_the_leaner_attention_and_the_same_weights(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = load_model(str(llama))
    assert load_model(str(llama), attention="sdpa").module.config._attn_implementation == "sdpa"
    monkeypatch.setattr(loading, "LARGE", 100)
    large = load_model(str(llama))
    assert (small.module.config._attn_implementation, large.module.config._attn_implementation) == ("eager", "sdpa")
    ids = torch.tensor([[3, 4, 5, 6, 7]])
    with torch.no_grad():
        torch.testing.assert_close(large.module(ids).logits, small.module(ids).logits, atol=1e-5, rtol=1e-5)
    assert large.digest != small.digest
    assert load_model(str(llama)).digest == large.digest
    assert not any(p.requires_grad for p in large.module.parameters())


def test_bfloat16_keeps_the_angles_of_positions_in_float32(llama: Path) -> None:
    plain, short = load_model(str(llama)), load_model(str(llama), dtype="bfloat16")
    angles = dict(short.module.named_buffers())["model.rotary_emb.inv_freq"]
    assert torch.equal(angles, dict(plain.module.named_buffers())["model.rotary_emb.inv_freq"])


def test_a_slow_tokenizer_is_refused(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        is_fast = False

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *args, **settings: Slow())
    with pytest.raises(ModelError, match="slow tokenizer"):
        load_model(str(llama))


def test_the_name_of_the_folder_is_kept_for_reports(llama: Path) -> None:
    model = load_model(str(llama))
    assert model.module.config.name_or_path == model.tokenizer.name_or_path == str(llama)
    assert AutoConfig.from_pretrained(llama).model_type == model.module.config.model_type
