"""Whether a model computes with what its files hold: no weight missing or of another shape, and none left out.

transformers leaves out every tensor that the architecture of config.json has no place for, with a warning. Heads of
other uses and buffers that are computed now are rightly left out. Biases, norms or LoRA factors inside modules that
the model has are part of its function: without them another model would be measured.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PretrainedConfig, PreTrainedModel
from transformers.utils.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled

from iclgd_core.errors import ModelError
from iclgd_core.hub.headers import Headers
from iclgd_core.models.language.leftovers import ADAPTER, Leftovers, canonical
from iclgd_core.safety.harmless_text import harmless

MOST_COMPUTED = 2**26
"""Numbers in masks and tables of positions, which are computed and not read, that even a small model may have."""

SHOWN = 3
"""Names of weights in an error; of more, how many."""

LoadingInfo = Mapping[str, Collection[Any]]
"""What transformers says of a load: its missing, mismatched and unexpected keys."""


def auto_class(masked: bool) -> Any:
    """Return the class of transformers that makes masked, or else causal, language models."""
    return AutoModelForMaskedLM if masked else AutoModelForCausalLM


def described(config: PretrainedConfig, masked: bool, headers: Headers) -> PreTrainedModel:
    """Build the model that a configuration describes without memory (torch's meta device).

    Raises:
        ValueError: it has many more weights than the files hold, so that memory must not be taken for them.
    """
    with torch.device("meta"):
        empty: PreTrainedModel = auto_class(masked).from_config(config, trust_remote_code=False)
    needed = sum(one.numel() for one in empty.parameters())
    if needed > headers.elements * 1.01 + 1_000_000:
        raise ValueError(f"config.json describes {needed:,} weights, and the files hold {headers.elements:,}")
    computed = sum(one.numel() for one in empty.buffers())
    if computed > 4 * headers.elements + MOST_COMPUTED:
        raise ValueError(
            f"config.json describes tables of {computed:,} numbers for weight files that hold {headers.elements:,}"
        )
    return empty


def loaded(kind: Any, folder: Path | None, **settings: Any) -> tuple[PreTrainedModel, LoadingInfo]:
    """Let transformers load a model; return it and what became of the weights.

    transformers' own report of the load is not shown: `check_loaded` judges the same facts.

    Args:
        kind: the class of the model, or one that finds it by the configuration (`auto_class`).
        folder: of safetensors that it is loaded from; None where `settings` give a `state_dict`.
        **settings: of `from_pretrained`.
    """
    with _quietly():
        module, info = kind.from_pretrained(
            folder,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            **settings,
        )
    return module, info


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep transformers from printing a table of weights, and a bar, while it loads."""
    logger, bar = logging.getLogger("transformers.modeling_utils"), is_progress_bar_enabled()
    before, logger.disabled = logger.disabled, True
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logger.disabled = before
        if bar:
            enable_progress_bar()  # type: ignore[no-untyped-call]


def check_headers(view: Path, config: PretrainedConfig, masked: bool, headers: Headers, where: str) -> tuple[str, ...]:
    """Check, from the headers of its files alone, that a model has a place for its weights and they fill it.

    transformers is given tensors of the announced shapes that take no memory, and asked what it would do with them.

    Args:
        view: the folder, one of `hub.view.read_only_view`.
        config: of the model, read from there.
        masked: whether it is a masked language model.
        headers: of its weight files.
        where: what the model is called in errors.

    Returns:
        Names of the weights that are left out, and may be (see `Leftovers`).

    Raises:
        ValueError: as `described`.
        ModelError: as `check_loaded`.
    """
    kind = type(described(config, masked, headers))
    nothing = torch.zeros(())
    hollow = {name: nothing.expand(one.shape) for name, one in headers.held.items()}
    module, info = loaded(kind, None, config=deepcopy(config), state_dict=hollow, dtype=torch.float32)
    return check_loaded(module, info, view, headers, where)


def check_loaded(
    module: PreTrainedModel, info: LoadingInfo, view: Path, headers: Headers, where: str
) -> tuple[str, ...]:
    """Check what transformers did with the weights of a model's files; return those that may be left out.

    Args:
        module: the model that was loaded.
        info: its loading info.
        view: the folder that it was loaded from.
        headers: of its weight files.
        where: what the model is called in errors.

    Raises:
        ModelError: weights that are missing, of another shape, quantised, there twice, or left out though the model
            has the module that they belong to.
    """
    left = Leftovers(module, headers, view)
    unexpected = sorted(map(str, info["unexpected_keys"]))
    harmful = [name for name in unexpected if not left.harmless(name)]
    if adapters := [name for name in harmful if ADAPTER.search(name)]:
        raise ModelError(
            f"{where} holds weights of an adapter that was not merged into the model ({named(adapters)}); they would "
            "be left out, and another model measured. Merge the adapter (`merge_and_unload` of PEFT) and save the "
            "model that this returns."
        )
    _check_filled(module, info, headers, where)
    if harmful:
        raise ModelError(
            f"{where} would be read without {len(harmful)} weights that its files hold inside modules of the model "
            f"({named(harmful)}), and another model measured. {left.advice(harmful)}"
        )
    return tuple(unexpected)


def tie(module: PreTrainedModel, empty: PreTrainedModel, where: str) -> None:
    """Make one matrix of what the configuration says is one, where the files hold it twice; refuse two different ones.

    Left alone, transformers uses both (older releases even equal ones), and other ways to build the model one.

    Args:
        module: the model that was loaded.
        empty: what its configuration describes, from `described`.
        where: what the model is called in errors.

    Raises:
        ModelError: two matrices that differ.
    """
    own, one = dict(module.named_parameters()), {id(p): name for name, p in empty.named_parameters()}
    tied = {name: one[id(p)] for name, p in empty.named_parameters(remove_duplicate=False) if one[id(p)] != name}
    apart = {name: tied[name] for name in own.keys() & tied.keys()}
    if not apart or any(weight.is_meta for weight in own.values()):  # on disk, nothing tells whether they are equal
        return
    if different := sorted(name for name, other in apart.items() if not torch.equal(own[name], own[other])):
        raise ModelError(
            f"{where} holds {named(different)} with other numbers than {named([apart[different[0]]])}, to which "
            'config.json ties it. Write "tie_word_embeddings": false into config.json if both are meant; else leave it '
            "out of the files."
        )
    module.tie_weights()


def named(names: Iterable[str]) -> str:
    """Return the first names of weights, fit for a terminal, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(_shown, names[:SHOWN])) + more


def _check_filled(module: PreTrainedModel, info: LoadingInfo, headers: Headers, where: str) -> None:
    """Refuse a model that some weights are missing of, or that two or unfit tensors of the files would fill."""
    if missing := sorted(map(str, info["missing_keys"])):
        raise ModelError(
            f"{where} cannot be read: {len(missing)} weights are missing from its files, and would be drawn at random "
            f"({named(missing)}). Give the config.json that belongs to the weights, or save the model again."
        )
    if mismatched := sorted(_mismatch(one) for one in info["mismatched_keys"]):
        raise ModelError(
            f"{where} cannot be read: {len(mismatched)} weights are of another shape than config.json says "
            f"({named(mismatched)}). Give the config.json that belongs to the weights, or save the model again."
        )
    weights = dict(module.named_parameters())
    seen: dict[str, str] = {}
    for name, held in headers.held.items():
        place = canonical(module, name, weights)
        if place not in weights:
            continue
        if held.whole_numbers:
            raise ModelError(
                f"{where} holds whole numbers ({held.dtype}) for the weight {_shown(name)}: quantised weights are not "
                "read, since they compute another function. Use the model in a floating-point format."
            )
        if place in seen:
            raise ModelError(
                f"{where} holds one weight twice, as {_shown(seen[place])} and as {_shown(name)}, of which one would "
                "be left out. Save the model again."
            )
        seen[place] = name


def _mismatch(one: Any) -> str:
    """Return a weight's name and, where transformers tells them, its shape in the files and in the model."""
    if not isinstance(one, tuple):
        return str(one)
    name, *shapes = one
    there = " by config.json, ".join(str(tuple(shape)) for shape in reversed(shapes))
    return f"{name}: {there} in the files" if shapes else str(name)


def _shown(name: str) -> str:
    return harmless(name[:200], keep="")
