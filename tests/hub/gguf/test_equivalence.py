"""A model that was read from a GGUF file computes what the file's weights say."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from iclgd_core.hub.gguf.format import TENSOR_TYPES, TensorType
from iclgd_core.hub.gguf.header import read_header
from iclgd_core.hub.gguf.writing import weights_of
from iclgd_core.models.language.loading import load_model
from tests.hub.gguf.tiny import CONFIGS, MERGES, TOKENS, module_of, stored, write_gguf

IDS = torch.arange(40).reshape(2, 20) * 6 % 269


def logits(module: PreTrainedModel) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = module(IDS).logits
    return found


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "own head"])
@pytest.mark.parametrize("architecture", CONFIGS)
def test_in_float32_it_is_the_model_that_was_written(architecture: str, tied: bool, tmp_path: Path) -> None:
    module = module_of(architecture, tied)
    read = load_model(str(write_gguf(tmp_path / "tiny.gguf", module)), attention="eager").module
    assert read.config.tie_word_embeddings == tied
    torch.testing.assert_close(logits(read), logits(module), rtol=0, atol=1e-5)
    own = dict(read.named_parameters())
    assert all(torch.equal(own[name], weight) for name, weight in module.named_parameters())


def by_hand(path: Path) -> PreTrainedModel:
    """The model in a file by the library's own reader, each tensor put where it belongs by name and index."""
    reader = gguf.GGUFReader(path)
    of = {one.name: torch.from_numpy(gguf.dequantize(one.data, one.tensor_type).copy()) for one in reader.tensors}

    def in_order(weight: torch.Tensor) -> torch.Tensor:
        # rows 0, 8, 1, 9, ... of each head of 16, as stored
        place = [16 * (row // 16) + (row % 16 % 2) * 8 + row % 16 // 2 for row in range(len(weight))]
        out = torch.empty_like(weight)
        out[place] = weight
        return out

    sizes = {
        "vocab_size": 272, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "rms_norm_eps": 1e-5,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128, "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0}, "attn_implementation": "eager",
    }  # fmt: skip
    module: Any = LlamaForCausalLM(LlamaConfig(**sizes))  # type: ignore[arg-type]
    module.train(False)
    with torch.no_grad():
        module.model.embed_tokens.weight.copy_(of["token_embd.weight"])
        module.model.norm.weight.copy_(of["output_norm.weight"])
        for i, layer in enumerate(module.model.layers):
            layer.input_layernorm.weight.copy_(of[f"blk.{i}.attn_norm.weight"])
            layer.self_attn.q_proj.weight.copy_(in_order(of[f"blk.{i}.attn_q.weight"]))
            layer.self_attn.k_proj.weight.copy_(in_order(of[f"blk.{i}.attn_k.weight"]))
            layer.self_attn.v_proj.weight.copy_(of[f"blk.{i}.attn_v.weight"])
            layer.self_attn.o_proj.weight.copy_(of[f"blk.{i}.attn_output.weight"])
            layer.post_attention_layernorm.weight.copy_(of[f"blk.{i}.ffn_norm.weight"])
            layer.mlp.gate_proj.weight.copy_(of[f"blk.{i}.ffn_gate.weight"])
            layer.mlp.up_proj.weight.copy_(of[f"blk.{i}.ffn_up.weight"])
            layer.mlp.down_proj.weight.copy_(of[f"blk.{i}.ffn_down.weight"])
    by_name: PreTrainedModel = module
    return by_name


@pytest.mark.parametrize("quantisation", ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_quantised_it_is_a_forward_with_the_weights_dequantised_by_hand(quantisation: str, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", module_of(), quantisation)
    read, expected = load_model(str(path), attention="eager"), logits(by_hand(path))
    torch.testing.assert_close(logits(read.module), expected, rtol=0, atol=1e-5)
    assert not torch.allclose(expected, logits(module_of()), atol=1e-4), "the type must change the weights"


@pytest.mark.parametrize("kind", TENSOR_TYPES.values(), ids=lambda kind: kind.name)
def test_each_type_is_dequantised_as_the_library_does_what_it_reads(kind: TensorType, tmp_path: Path) -> None:
    """Random bytes: whatever numbers they stand for; of two tensors, the second has an offset."""
    path, bytes_of = tmp_path / "tiny.gguf", np.random.default_rng(5).bytes
    writer = gguf.GGUFWriter(path, "llama")
    for name in ("output.weight", "token_embd.weight"):
        content = np.frombuffer(bytes_of(3 * 2 * kind.bytes), np.uint8).reshape(3, 2 * kind.bytes)
        writer.add_tensor(name, content, raw_dtype=gguf.GGMLQuantizationType[kind.name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = list(weights_of(path, read_header(path), {}, gguf))
    with np.errstate(all="ignore"):
        expected = [gguf.dequantize(one.data, one.tensor_type) for one in gguf.GGUFReader(path).tensors]
    for one, other in zip(found, expected, strict=True):
        assert one.shape == (3, 2 * kind.block)
        np.testing.assert_array_equal(one, other)


def test_the_two_ways_to_write_rows_differ() -> None:
    """Else nothing above would tell them apart."""
    module = module_of()
    assert not np.array_equal(stored(module)["blk.0.attn_q.weight"], module.model.layers[0].self_attn.q_proj.weight)


def test_ids_are_those_of_the_vocabulary_and_text_comes_back(file: Path) -> None:
    tokenizer = load_model(str(file)).tokenizer
    cut = ["Ġthe", "Ġ", "1", "2", "ĠĠ", "3"]  # digits alone: neither `1 2` nor `Ġ 1` is merged, `Ġ Ġ` before them is
    assert MERGES[3] == "1 2"
    assert tokenizer.tokenize(" the 12  3") == cut
    assert tokenizer(" the 12  3")["input_ids"] == [TOKENS.index(one) for one in cut]
    text = "Größe 東京 🙂\n\t don't"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@pytest.mark.parametrize(("said", "begins"), [(True, True), (False, False), (None, False)])
def test_bos_stands_before_a_text_where_the_file_says_so(said: bool | None, begins: bool, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", module_of(), metadata={"tokenizer.ggml.add_bos_token": said})
    model = load_model(str(path))
    ids = model.tokenizer("a")["input_ids"]
    assert ids == [1] * begins + [TOKENS.index("a")]
    assert model.reader.bos == begins


def test_another_cut_gives_other_ids(tmp_path: Path) -> None:
    pieces = {}
    for name in ("gpt-2", "smollm", "llama-bpe", "qwen2"):
        changed = {"tokenizer.ggml.pre": name, "tokenizer.ggml.add_bos_token": False}
        path = write_gguf(tmp_path / f"{name}.gguf", module_of(), metadata=changed)
        pieces[name] = load_model(str(path)).tokenizer.tokenize("  12")
    assert pieces == {
        "gpt-2": ["Ġ", "Ġ", "12"], "smollm": ["ĠĠ", "1", "2"], "llama-bpe": ["Ġ", "Ġ", "12"],
        "qwen2": ["Ġ", "Ġ", "1", "2"],
    }  # fmt: skip
