"""Loading a model from an embedded name or a directory, with the errors a user can meet."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PretrainedConfig, PreTrainedModel

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.models.adapter import CausalModel
from iclgd_core.models.embedded import UNTRAINED, embedded_names, embedded_path
from iclgd_core.seeds import derive

ATTENTION = "eager"
"""The only implementation of attention that torch.func can vectorise; used for all models alike."""

UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)
"""What transformers raises for a directory that it cannot read."""

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


def fresh(config: PretrainedConfig, attention: str | None = None) -> PreTrainedModel:
    """Build the causal language model of a configuration with random weights from torch's current seed.

    Args:
        config: the architecture.
        attention: implementation of attention; None leaves the choice to transformers.
    """
    module: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
        config, attn_implementation=attention
    )
    return module


def untrained(path: Path, seed: int) -> PreTrainedModel:
    """Build the architecture of the model at `path` with fresh weights from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "untrained", path.name))
        return fresh(AutoConfig.from_pretrained(path, local_files_only=True), ATTENTION)


def load_model(name: str, device: str = "cpu", dtype: str = "float32", seed: int = 0) -> CausalModel:
    """Load a model by embedded name or directory; nothing is downloaded and no remote code is run.

    Args:
        name: embedded name (see `embedded_names`) or model directory.
        device: a torch device.
        dtype: one of DTYPES.
        seed: of the weights of an `untrained-` model; others ignore it.

    Raises:
        UnknownNameError: no such model (see `resolve`) or dtype.
        ModelError: a directory that cannot be read, or whose weights do not fit its configuration.
    """
    if dtype not in DTYPES:
        raise UnknownNameError("dtype", dtype, DTYPES)
    path = resolve(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        module = untrained(path, seed) if name.startswith(UNTRAINED) else _pretrained(path)
    except UNREADABLE as error:
        raise unreadable(path, error) from error
    broken = [key for key, weight in module.named_parameters() if not bool(torch.isfinite(weight).all())]
    if broken:
        raise ModelError(f"model {name!r} has weights that are not finite, first in {broken[0]}. Save it again.")
    torch.nn.Module.to(module.train(False).requires_grad_(False), torch.device(device), DTYPES[dtype])
    return CausalModel(name, module, tokenizer)


def _pretrained(path: Path) -> PreTrainedModel:
    """Read the weights at `path` in float32; every weight must be there, in the shape of the configuration."""
    read: Any = AutoModelForCausalLM.from_pretrained(
        path,
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        attn_implementation=ATTENTION,
        output_loading_info=True,
        ignore_mismatched_sizes=True,
    )
    module: PreTrainedModel = read[0]
    info: dict[str, set[object]] = read[1]
    wrong = sorted(map(str, [*info["missing_keys"], *info["mismatched_keys"]]))
    if wrong:
        raise ValueError(f"{len(wrong)} weights are missing or of another shape than config.json says: {wrong[0]}")
    return module


def unreadable(path: Path, error: Exception) -> ModelError:
    """Return the error that a user sees where a model directory cannot be read."""
    reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
    return ModelError(f"the model in {path} cannot be read: {reason}. Check the directory or save it again.")
