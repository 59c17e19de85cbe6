"""Loading a model from an embedded name or a directory, with the errors a user can meet."""

from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PretrainedConfig, PreTrainedModel

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.models.adapter import CausalModel
from iclgd_core.models.embedded import UNTRAINED, embedded_names, embedded_path
from iclgd_core.seeds import derive

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}


def resolve(name: str) -> Path:
    """Return the directory that a model name stands for.

    Raises:
        UnknownNameError: neither an embedded name nor an existing directory.
        ModelError: a directory that holds no model.
    """
    if name in embedded_names():
        return embedded_path(name)
    path = Path(name).expanduser()
    if not path.is_dir():
        raise UnknownNameError(
            "model",
            name,
            embedded_names(),
            "Or give the path of a directory with config.json and model.safetensors.",
        )
    for needed in ("config.json", "tokenizer.json"):
        if not (path / needed).is_file():
            raise ModelError(
                f"{name!r} is a directory but no model: it has no {needed}. Expected a Hugging Face model directory "
                "(config.json, model.safetensors, tokenizer files), as `save_pretrained` or `iclgd pretrain` writes it."
            )
    if not any(path.glob("*.safetensors")):
        raise ModelError(
            f"{name!r} holds no *.safetensors file, and pickled weights are not read. "
            "Save the model again with `save_pretrained`."
        )
    return path


def fresh(config: PretrainedConfig) -> PreTrainedModel:
    """Build the causal language model of a configuration with random weights from torch's current seed."""
    module: PreTrainedModel = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    return module


def untrained(path: Path, seed: int) -> PreTrainedModel:
    """Build the architecture of the model at `path` with fresh weights from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "untrained", path.name))
        return fresh(AutoConfig.from_pretrained(path))


def load_model(name: str, device: str = "cpu", dtype: str = "float32", seed: int = 0) -> CausalModel:
    """Load a model by embedded name or directory; nothing is downloaded and no remote code is run.

    Args:
        name: embedded name (see `embedded_names`) or model directory.
        device: a torch device.
        dtype: one of DTYPES.
        seed: of the weights of an `untrained-` model; others ignore it.

    Raises:
        UnknownNameError, ModelError: see `resolve`; ModelError also where transformers cannot read the directory.
    """
    path = resolve(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        if name.startswith(UNTRAINED):
            module = untrained(path, seed)
            torch.nn.Module.to(module, DTYPES[dtype])
        else:
            module = AutoModelForCausalLM.from_pretrained(
                path,
                dtype=DTYPES[dtype],
                use_safetensors=True,
                local_files_only=True,
                attn_implementation="eager",
            )
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"the model in {path} cannot be read: {reason}. Check the directory or save it again."
        ) from error
    torch.nn.Module.to(module.train(False).requires_grad_(False), torch.device(device))
    return CausalModel(name, module, tokenizer)
