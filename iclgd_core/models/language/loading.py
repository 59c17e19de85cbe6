"""Loading a model by any of its names, with the errors a user can meet."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.import_utils import is_accelerate_available

from iclgd_core.errors import IclgdError, ModelError, UnknownNameError
from iclgd_core.hub.files import weight_files
from iclgd_core.hub.headers import Headers, read_headers
from iclgd_core.hub.resolve import resolve_model
from iclgd_core.hub.scan import is_masked
from iclgd_core.hub.view import read_only_view
from iclgd_core.models.architectures import context_window
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.checkpoint import auto_class, check_loaded, described, loaded, tie
from iclgd_core.models.language.fingerprint import read_from
from iclgd_core.models.language.momentum_attention import MOMENTUM, momentum_of
from iclgd_core.models.language.proof import check_readout
from iclgd_core.models.shuffling import shuffle
from iclgd_core.seeds import derive

ATTENTION = "eager"
"""The only implementation of attention that torch.func can vectorise; used for all models up to LARGE."""

LARGE_ATTENTION = "sdpa"
"""PyTorch's fused attention, which never holds a matrix of all pairs of positions; used above LARGE."""

LARGE = 100_000_000
"""Weights above which a model is too large for many copies of it: it is read in place and hashed by its files."""

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}

_EXHAUSTED = (torch.OutOfMemoryError, MemoryError)
"""Not the folder's fault: left to those who know how to go on with less."""

_FINITE_AT_ONCE = 2**26


def resolve(name: str) -> Path:
    """Return the folder of a model on this machine; see `hub.resolve_model`, which says more about it."""
    return resolve_model(name).path


def fresh(config: PretrainedConfig, attention: str | None = None) -> PreTrainedModel:
    """Build the causal language model of a configuration with random weights from torch's current seed.

    Args:
        config: the architecture.
        attention: implementation of attention; None leaves the choice to transformers. A configuration with momentum
            gets that in any case.
    """
    if momentum_of(config) is not None:
        attention = MOMENTUM
    module: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
        config, attn_implementation=attention, trust_remote_code=False
    )
    return module


def load_model(
    name: str,
    device: str = "cpu",
    dtype: str = "float32",
    seed: int = 0,
    *,
    commit: str = "",
    attention: str | None = None,
) -> CausalModel:
    """Load a model from this machine; nothing is downloaded, unpickled, or run.

    Args:
        name: embedded name, directory, or owner/name[@revision] of the Hub (see `hub.ensure_available`).
        device: a torch device; `spread.load_spread` takes several.
        dtype: one of DTYPES.
        seed: of the weights of an `untrained-` model, and of their order in a `shuffled-` one; others ignore it.
        commit: of a Hub model: the commit that the run resolved the name to.
        attention: implementation of attention; by default "eager" up to LARGE weights, "sdpa" above where the
            architecture has it. It is recorded as `module.config._attn_implementation`.

    Raises:
        UnknownNameError: no such model or dtype.
        NotCachedError: a Hub model that is not in the cache.
        UnsafeModelError: a folder that asks for code to be run or pickles to be read.
        ModelError: a folder that cannot be read, whose weights do not fit its configuration, or a model of which one
            position cannot be read.
    """
    if dtype not in DTYPES:
        raise UnknownNameError("dtype", dtype, DTYPES)
    source = resolve_model(name, commit)
    where = f"the model in {source.path}"
    with read_only_view(source.path, where) as (view, scanned, names):
        weights = [view / one for one in weight_files(names)]
        headers = read_headers(weights, where)
        masked = is_masked(scanned.config)
        large = headers.elements > LARGE
        try:
            tokenizer = read_tokenizer(view, source.path)
            if source.untrained:
                module = _untrained(view, source.path, seed)
            else:
                config = AutoConfig.from_pretrained(view, local_files_only=True, trust_remote_code=False)
                context_window(config)  # a configuration within that is none fails here, and not where it is used
                chosen = attention or attention_for(config, masked, large)
                placed = _straight_to(device, large)
                module = pretrained(view, config, masked, headers, where, chosen, _read_as(dtype), device_map=placed)
        except _EXHAUSTED:
            raise
        except IclgdError:
            raise
        except Exception as error:  # whatever a hostile folder makes transformers raise
            raise unreadable(source.path, error, view) from error
        module.config.name_or_path = tokenizer.name_or_path = str(source.path)
        _check_finite(module, name)
        if source.shuffled:
            shuffle(module, derive(seed, "shuffled", source.path.name))
        module = _placed(module.train(False).requires_grad_(False), device, DTYPES[dtype])
        check_readout(module, masked, where)
        if large and not (source.untrained or source.shuffled):
            read_from(module, [path.resolve() for path in weights])
    return CausalModel(name, module, tokenizer, masked)


def read_tokenizer(view: Path, path: Path) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a model; a fast one, whose ids do not depend on an optional package.

    Raises:
        ModelError: only a slow one can be made of its files.
    """
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
        view, local_files_only=True, trust_remote_code=False, use_fast=True
    )
    if not tokenizer.is_fast:
        raise ModelError(
            f"the model in {path} has a slow tokenizer ({type(tokenizer).__name__}) alone. Save it with a "
            "tokenizer.json; `AutoTokenizer.from_pretrained(...).save_pretrained(...)` writes one where it can."
        )
    return tokenizer


def attention_for(config: PretrainedConfig, masked: bool, large: bool) -> str:
    """Return the implementation of attention for a model: what both engines can use, or for large ones the leaner."""
    if momentum_of(config) is not None:
        return MOMENTUM
    auto = auto_class(masked)
    kind = auto._model_mapping[type(config)] if type(config) in auto._model_mapping else None
    return LARGE_ATTENTION if large and getattr(kind, "_supports_sdpa", False) else ATTENTION


def _untrained(view: Path, path: Path, seed: int) -> PreTrainedModel:
    """Build the architecture of the model at `path` with fresh weights from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "untrained", path.name))
        config = AutoConfig.from_pretrained(view, local_files_only=True, trust_remote_code=False)
        return fresh(config, ATTENTION)


def _read_as(dtype: str) -> torch.dtype:
    # float64 is read as float32 and widened, buffers of rotary positions included; others are read as they are used,
    # so that a large model is never held in another dtype as well
    return torch.float32 if dtype == "float64" else DTYPES[dtype]


def _straight_to(device: str, large: bool) -> dict[str, str] | None:
    """Return the device map with which weights are read straight to where they are used, without a copy in memory."""
    return {"": device} if large and device != "cpu" and is_accelerate_available() else None


def pretrained(
    view: Path,
    config: PretrainedConfig,
    masked: bool,
    headers: Headers,
    where: str,
    attention: str | None,
    dtype: torch.dtype,
    **placed: Any,
) -> PreTrainedModel:
    """Read the weights in a folder: every weight must be there, in the shape of the configuration, and be used.

    Args:
        view: the folder, one of `hub.view.read_only_view`.
        config: of the model, read from there.
        masked: whether it is a masked language model.
        headers: of its weight files.
        where: what the model is called in errors.
        attention: implementation of attention; None leaves the choice to transformers. A configuration with momentum
            gets that in any case.
        dtype: to read the weights in.
        **placed: where they go, as `from_pretrained` takes it; none: the CPU.

    Raises:
        ValueError: a configuration of many more weights than the files hold.
        ModelError: weights that are missing, of another shape, left out or tied in error (see `checkpoint`).
    """
    if momentum_of(config) is not None:
        attention = MOMENTUM
    empty = described(config, masked, headers)
    module, info = loaded(auto_class(masked), view, config=config, dtype=dtype, attn_implementation=attention, **placed)
    check_loaded(module, info, view, headers, where)
    tie(module, empty, where)
    return module


def _check_finite(module: PreTrainedModel, name: str) -> None:
    """Refuse weights that are not finite, a piece at a time."""
    for key, weight in module.named_parameters():
        pieces = torch.split(weight.detach().reshape(-1), _FINITE_AT_ONCE)
        if not all(bool(torch.isfinite(piece).all()) for piece in pieces):
            raise ModelError(f"model {name!r} has weights that are not finite, first in {key}. Save it again.")


def _placed(module: PreTrainedModel, device: str, dtype: torch.dtype) -> PreTrainedModel:
    """Return the module on its device, in its dtype."""
    torch.nn.Module.to(module, torch.device(device))
    return module if module.dtype == dtype else torch.nn.Module.to(module, dtype=dtype)


def unreadable(path: Path, error: Exception, view: Path | None = None) -> ModelError:
    """Return the error that a user sees where a model directory cannot be read."""
    said = str(error).replace(str(view), str(path)) if view is not None else str(error)
    reason = next((line for line in said.splitlines() if line.strip()), "").strip().rstrip(".")
    kind = "" if isinstance(error, OSError | ValueError | SafetensorError) else f"{type(error).__name__}: "
    return ModelError(
        f"the model in {path} cannot be read: {kind}{reason[:400] or type(error).__name__}. "
        "Check the directory or save it again."
    )
