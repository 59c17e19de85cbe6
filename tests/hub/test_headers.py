"""What weight files say they hold, and configurations that they cannot bear out."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclgd_core.errors import ModelError
from iclgd_core.hub.headers import MOST_LABELS, MOST_TOKENS, Headers, Held, check_sizes, read_headers
from iclgd_core.hub.view import read_only_view

FILES = Headers({f"weight{i}": Held(Path("model.safetensors"), (25, 10), "F32") for i in range(20)}, bytes=20_000)
"""20 tensors of 5,000 numbers together."""


def test_headers_of_a_model(folder: Path) -> None:
    found = read_headers([folder / "model.safetensors"], "it")
    # 13 symbols or special tokens, width 16, two layers of 4 projections, 3 MLP matrices, 2 norms; tied or not
    assert found.bytes == (folder / "model.safetensors").stat().st_size
    header_length = int.from_bytes((folder / "model.safetensors").read_bytes()[:8], "little")
    header = json.loads((folder / "model.safetensors").read_bytes()[8 : 8 + header_length])
    header.pop("__metadata__", None)
    assert found.tensors == len(header)
    assert 4 * found.elements == found.bytes - 8 - header_length


@pytest.mark.parametrize(
    ("config", "refused"),
    [
        ({"num_hidden_layers": 20}, False),
        ({"num_hidden_layers": 21}, True),
        ({"num_hidden_layers": 1}, False),
        ({"num_hidden_layers": 0}, True),
        ({"n_layer": -1}, True),
        ({"decoder_layers": 21}, True),
        ({"attention_layers": [1, 2, 21]}, True),
        ({"text_config": {"num_hidden_layers": 21}}, True),
        ({"hidden_size": 5_000}, False),
        ({"hidden_size": 5_001}, True),
        ({"deep": [{"deeper": {"n_inner": 5_001}}]}, True),
        ({"num_labels": MOST_LABELS}, False),
        ({"num_labels": MOST_LABELS + 1}, True),
        ({"max_position_embeddings": MOST_TOKENS, "n_ctx": MOST_TOKENS, "sliding_window": MOST_TOKENS}, False),
        ({"max_position_embeddings": MOST_TOKENS + 1}, True),
        ({"eos_token_id": 10**9, "rope_theta": 10**9, "seed": 10**9, "rotary_emb_base": 10**9}, False),
        ({"sliding_window": -1, "pad_token_id": -1, "use_cache": True}, False),
        ({"hidden_size": 10**4000}, True),
    ],
)
def test_sizes_from_both_sides(config: dict[str, Any], refused: bool) -> None:
    if not refused:
        check_sizes(config, FILES, "it")
        return
    with pytest.raises(ModelError, match=r"it cannot be read: config\.json says") as caught:
        check_sizes(config, FILES, "it")
    assert len(str(caught.value)) < 300


def test_they_are_checked_before_anything_is_built(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text()) | {"num_labels": 10**9}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="num_labels"), read_only_view(folder, "it"):
        pass


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_truncated_files(folder: Path, keep: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"it cannot be read: model.safetensors is no whole safetensors file"):
        read_headers([file], "it")
