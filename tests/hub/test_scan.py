"""Keys that make transformers run, fetch or read something else; and what a folder may hold."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from iclgd_core.errors import ModelError
from iclgd_core.hub.files import INDEX, files_of, shards, wanted
from iclgd_core.hub.refusals import UnsafeModelError
from iclgd_core.hub.scan import CODE, ELSEWHERE, IMPLEMENTATIONS, is_masked, scan
from iclgd_core.hub.view import read_only_view


def edit(path: Path, **changes: object) -> Path:
    return edit_file(path, "config.json", changes)


def edit_file(path: Path, file: str, changes: dict[str, Any]) -> Path:
    config = json.loads((path / file).read_text()) | changes
    (path / file).write_text(json.dumps(config))
    return path


def keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize("key", sorted(CODE | ELSEWHERE))
def test_keys_that_lead_elsewhere_are_taken_out_at_any_depth_and_told(folder: Path, file: str, key: str) -> None:
    nested = {"deep": [{"deeper": {key: {"AutoModel": "owner/name--own.Model"}}}]}
    edit_file(folder, file, {key: "owner/name", "text_config": nested})
    found = scan(folder, "it")
    left = found.config if file == "config.json" else found.tokenizer
    assert key not in keys(dict(left))
    assert "deeper" in keys(dict(left))
    assert found.ignored == (f"{file}: {key}",)


@pytest.mark.parametrize("value", [None, False, {}, [], ""])
def test_keys_that_say_nothing_are_not_told(folder: Path, value: object) -> None:
    found = scan(edit(folder, auto_map=value, quantization_config=None), "it")
    assert found.ignored == ()
    assert not {"auto_map", "quantization_config"} & keys(dict(found.config))


@pytest.mark.parametrize("key", sorted(IMPLEMENTATIONS))
def test_a_kernel_of_the_hub_is_refused_and_a_plain_implementation_is_ours_to_choose(folder: Path, key: str) -> None:
    assert key not in keys(dict(scan(edit(folder, **{key: "sdpa"}), "it").config))
    for value in ("owner/kernel", "owner/kernel@v1:fast", {"text_config": "owner/kernel"}, ["owner/kernel"]):
        with pytest.raises(UnsafeModelError, match=f"key '{key}': it asks for compiled code") as caught:
            scan(edit(folder, text_config={key: value}), "the folder x")
        assert str(caught.value).startswith("the folder x cannot be used: config.json")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "quantised"),
        ({"text_config": {"quantization_config": {"quant_method": "gptq"}}}, "quantised"),
        ({"model_type": "perceptron"}, "'perceptron' is no architecture"),
        ({"model_type": "perceptron", "auto_map": {"AutoConfig": "own.Config"}}, "brings its own code .auto_map."),
        ({"model_type": None}, "is no architecture"),
        ({"model_type": ["llama"]}, "is no architecture"),
        ({"model_type": "../llama"}, "is no architecture"),
        ({"model_type": "clip"}, "neither a causal nor a masked"),
        ({"__class__": "x"}, "two underscores"),
        ({"tokenizer_class": {"a": 1}}, "no name of a class"),
        ({"tokenizer_class": "os.system('x')"}, "no name of a class"),
    ],
)
def test_what_could_only_be_honoured_by_running_something_is_refused(
    folder: Path, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(UnsafeModelError, match=says):
        scan(edit(folder, **changes), "it")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, False),
        ({"model_type": "llama"}, False),
        ({"model_type": "bert", "architectures": ["BertForMaskedLM"]}, True),
        ({"model_type": "bert", "architectures": ["BertForPreTraining"]}, True),
        ({"model_type": "bert"}, True),
        ({"model_type": "bert", "architectures": ["BertLMHeadModel"], "is_decoder": True}, False),
        ({"model_type": "roberta", "architectures": ["RobertaForCausalLM"]}, False),
        ({"model_type": "distilbert", "architectures": None}, True),
    ],
)
def test_masked_models_are_known_by_their_configuration(config: dict[str, Any], expected: bool) -> None:
    assert is_masked(config) is expected


def test_a_view_holds_what_is_read_and_nothing_else(folder: Path) -> None:
    for name in ("modeling_own.py", "pytorch_model.bin", "model.fp16.safetensors", "chat_template.jinja"):
        (folder / name).write_text("x")
    (folder / "custom_generate").mkdir()
    edit(folder, auto_map={"AutoModelForCausalLM": "modeling_own.Own"})
    with read_only_view(folder, "it") as (view, scanned, names):
        assert {path.name for path in view.iterdir()} == set(names)
        assert names == ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")
        assert "auto_map" not in json.loads((view / "config.json").read_text())
        assert scanned.ignored == ("config.json: auto_map",)
        assert constants.is_offline_mode()
    assert not view.exists()
    assert "auto_map" in json.loads((folder / "config.json").read_text())


@pytest.mark.parametrize("before", [False, True])
def test_a_view_leaves_the_network_as_it_was(folder: Path, before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", before)

    def fail() -> None:
        with read_only_view(folder, "it"):
            assert constants.is_offline_mode()
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail()
    assert constants.is_offline_mode() is before


def test_an_adapter_is_refused(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(UnsafeModelError, match="PEFT adapter"), read_only_view(folder, "it"):
        pass


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"])
def test_an_adapter_of_the_hub_is_refused_by_the_listing_of_its_files(name: str) -> None:
    """Only what is read is fetched, so that nothing on this machine would tell of it later."""
    files = ["config.json", "tokenizer.json", "model.safetensors"]
    assert set(wanted(files, "it")) == set(files)
    assert set(wanted([*files, f"other/{name}"], "it")) == set(files)
    for listing in ([*files, name], [name]):
        with pytest.raises(UnsafeModelError, match=rf"it holds a PEFT adapter \({name}\).*Merge it"):
            wanted(listing, "it")


@pytest.mark.parametrize(
    "name",
    [
        "../x.safetensors", "/etc/x.safetensors", "a/x.safetensors", "x.bin", "", ".x.safetensors", "a..safetensors",
        "x.safetensors\n", "~x.safetensors",
    ],
)  # fmt: skip
def test_an_index_names_files_beside_it_alone(tmp_path: Path, name: str) -> None:
    index = tmp_path / INDEX
    index.write_text(json.dumps({"weight_map": {"w": "model-1-of-1.safetensors"}}))
    assert shards(index) == ("model-1-of-1.safetensors",)
    index.write_text(json.dumps({"weight_map": {"v": "model-1-of-1.safetensors", "w": name}}))
    with pytest.raises(UnsafeModelError, match="names the weight file"):
        shards(index)


@pytest.mark.parametrize("content", ["{}", '{"weight_map": []}', '{"weight_map": {}}', '{"weight_map": "x"}'])
def test_an_index_without_names(tmp_path: Path, content: str) -> None:
    (tmp_path / INDEX).write_text(content)
    with pytest.raises(ModelError, match="no weight_map"):
        shards(tmp_path / INDEX)


def test_links_out_of_a_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    assert "config.json" in files_of(folder, "it")
    inside = folder / "kept.json"
    (folder / "tokenizer.json").rename(inside)
    (folder / "tokenizer.json").symlink_to(inside)
    assert "tokenizer.json" in files_of(folder, "it")
    outside = inside.rename(tmp_path / "outside.json")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").symlink_to(outside)
    with pytest.raises(UnsafeModelError, match=r"tokenizer.json is a link that leads out"):
        files_of(folder, "it")


def test_a_snapshot_is_made_of_links_into_its_cache(folder: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "hub" / "models--o--n" / "snapshots" / ("a" * 40)
    blobs = snapshot.parents[1] / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for name in files_of(folder, "it"):
        (folder / name).rename(blobs / name)
        (snapshot / name).symlink_to(Path("../../blobs") / name)
    assert "config.json" in files_of(snapshot, "it")
    (snapshot / "tokenizer.json").unlink()
    (snapshot / "tokenizer.json").symlink_to("/etc/hostname")
    with pytest.raises(UnsafeModelError, match="leads out"):
        files_of(snapshot, "it")


def test_special_and_dangling_files_are_not_read(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("nowhere.json")
    with pytest.raises(ModelError, match=r"config\.json is missing or no plain file"):
        files_of(folder, "it")
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")
    with pytest.raises(ModelError, match=r"no config\.json"):
        files_of(folder, "it")


def test_weights_of_another_name_are_told(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "weights.safetensors")
    with pytest.raises(ModelError, match=r"weights.safetensors.* named otherwise"):
        files_of(folder, "it")
