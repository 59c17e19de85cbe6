"""Files whose header is whole, but whose metadata or tensors are those of no model that is read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iclgd_core.errors import ModelError
from iclgd_core.hub.gguf.architectures import ARCHITECTURES
from iclgd_core.hub.gguf.tokens import CUTS
from iclgd_core.hub.gguf.writing import MissingGgufError
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.language.preflight import facts_of
from tests.hub.gguf.tiny import MERGES, TOKENS, Numbers, module_of, stored, write_gguf
from tests.plugin.project import ROOT

METADATA: dict[str, tuple[Mapping[str, Any], str]] = {
    "another architecture": ({"general.architecture": "gpt2"}, "architecture is 'gpt2'; read are llama, qwen2, qwen3"),
    "experts": ({"expert_count": 8}, "llama.expert_count = 8, which is not understood"),
    "scaled angles": ({"rope.scaling.type": "yarn"}, "llama.rope.scaling.type = 'yarn', which is not understood"),
    "a window": ({"attention.sliding_window": 64}, "sliding_window = 64, which is not understood"),
    "no layers": ({"block_count": None}, "llama.block_count is missing; allowed: a whole number from 1 on"),
    "0 heads": ({"attention.head_count": 0}, "llama.attention.head_count is 0; allowed"),
    "heads by layer": ({"attention.head_count_kv": [2, 1]}, r"head_count_kv is \(2, 1\); allowed"),
    "heads of two sizes": ({"attention.key_length": 32}, "heads are of 16 and 32 numbers"),
    "heads of odd size": ({"rope.dimension_count": 15}, "heads are of 15 numbers"),
    "no epsilon": ({"attention.layer_norm_rms_epsilon": None}, "layer_norm_rms_epsilon is missing"),
    "an endless base": ({"rope.freq_base": float("inf")}, "rope.freq_base is inf; allowed"),
    "another vocabulary": ({"vocab_size": 300}, "vocab_size = 300, and token_embd.weight has 272 rows"),
    "a BOS that is none": ({"tokenizer.ggml.bos_token_id": 272}, "its bos token is 272; allowed: 0 to 271"),
    "no tokens": ({"tokenizer.ggml.tokens": None}, "tokenizer.ggml.tokens is no list of texts"),
    "no merges": ({"tokenizer.ggml.merges": None}, "tokenizer.ggml.merges is no list of texts"),
    "a token twice": ({"tokenizer.ggml.tokens": [*TOKENS[:-1], "a"]}, "two are the same"),
    "an empty token": ({"tokenizer.ggml.tokens": [*TOKENS[:-1], ""]}, "one is empty"),
    "a long token": ({"tokenizer.ggml.tokens": [*TOKENS[:-1], "x" * 5000]}, "a token of 5000 characters"),
    "more tokens than rows": (
        {"tokenizer.ggml.tokens": [*TOKENS, *(f"<{i}>" for i in range(20))]}, "tokens, and embeddings for 272",
    ),
    "types of fewer tokens": ({"tokenizer.ggml.token_type": [1, 1]}, "token_type has not one entry for each"),
    "a merge of what is no token": ({"tokenizer.ggml.merges": [*MERGES, "x y"]}, "the merge 'x y' joins or makes"),
    "a merge of one": ({"tokenizer.ggml.merges": ["the"]}, "the merge 'the' joins or makes"),
    "another tokenizer": ({"tokenizer.ggml.model": "bert"}, "tokenizer is of kind 'bert'; read are gpt2 and llama"),
    "an unknown cut": ({"tokenizer.ggml.pre": "jais"}, "which says how text is cut into pieces, is 'jais'"),
    "no cut": ({"tokenizer.ggml.pre": None}, "which says how text is cut into pieces, is None"),
    "BOS that is not named": (
        {"tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.bos_token_id": None}, "it names no bos_token_id",
    ),
    "a flag that is none": ({"tokenizer.ggml.add_bos_token": 1}, "add_bos_token is 1; allowed: a truth value"),
    "a vocabulary that loses letters": (
        {"tokenizer.ggml.tokens": [one if one != "G" else "<G>" for one in TOKENS]}, "comes back from its tokens as",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", METADATA)
def test_metadata_that_are_not_understood_are_refused(name: str, tmp_path: Path, own_cache: Path) -> None:
    changed, says = METADATA[name]
    path = write_gguf(tmp_path / "tiny.gguf", module_of(), metadata=changed)
    with pytest.raises(ModelError, match=says) as error:
        load_model(str(path))
    assert str(path) in str(error.value)
    assert list(own_cache.iterdir()) == []


def test_the_page_names_all_that_is_read() -> None:
    page = (ROOT / "docs" / "hub.md").read_text(encoding="utf-8")
    named = page.partition("\n## GGUF files")[2].partition("Read are ")[2].partition("\n\n")[0]
    assert [name for name in CUTS if f"`{name}`" not in named] == []
    assert [name for name in ARCHITECTURES if name not in named.partition(" and tokenizers")[0]] == []


def test_scaling_that_scales_nothing_is_read(tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny.gguf", module_of(), metadata={"rope.scaling.type": "none"})
    assert load_model(str(tmp_path / "tiny.gguf")).n_parameters == sum(p.numel() for p in module_of().parameters())


VECTOR = np.ones(64, np.float32)
TENSORS: dict[str, tuple[Mapping[str, Numbers | None], str]] = {
    "factors of angles": ({"rope_freqs.weight": VECTOR}, "'rope_freqs.weight' .it scales rotary angles"),
    "an unknown tensor": ({"blk.0.attn_sinks.weight": VECTOR}, "'blk.0.attn_sinks.weight', which the model has no"),
    "an unknown ending": ({"blk.0.attn_q.scale": VECTOR}, "'blk.0.attn_q.scale', which the model has no place for"),
    "no embedding": ({"token_embd.weight": None}, "no matrix token_embd.weight"),
    "an odd number of rows": ({"blk.0.attn_k.weight": np.ones((31, 64), np.float32)}, "has 31 rows, which 2 heads"),
    "a weight that is missing": ({"blk.1.ffn_up.weight": None}, r"1 weights are missing .*layers.1.mlp.up_proj"),
    "a bias without a place": ({"blk.0.attn_q.bias": VECTOR}, "without 1 weights .*q_proj.bias"),
    "a layer too many": (
        {"blk.2.ffn_up.weight": np.ones((96, 64), np.float32)},
        "tensor blk.2.ffn_up.weight, and its metadata say 2",
    ),
    "another shape": ({"blk.0.ffn_up.weight": np.ones((95, 64), np.float32)}, "of another shape"),
    "weights that are not finite": ({"output_norm.weight": VECTOR * np.float32("nan")}, "not finite"),
}


@pytest.mark.parametrize("name", TENSORS)
def test_weights_that_the_model_has_no_place_for_or_lacks_are_refused(name: str, tmp_path: Path) -> None:
    changed, says = TENSORS[name]
    tensors = {key: value for key, value in {**stored(module_of()), **changed}.items() if value is not None}
    path = write_gguf(tmp_path / "tiny.gguf", module_of(), tensors=tensors)
    with pytest.raises(ModelError, match=says):
        load_model(str(path))


def test_without_the_package_the_error_says_what_to_install(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gguf", None)
    with pytest.raises(MissingGgufError, match="pip install gguf"):
        facts_of(str(file))
