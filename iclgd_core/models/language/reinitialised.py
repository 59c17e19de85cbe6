"""Untrained baselines that keep some of a model's trained weights (arXiv 2311.07772, section 3.3).

    trained-embeddings   embeddings, norms and output layer are kept; the paper's "Trained Embeddings"
    trained-norms        norms alone are kept: what the name of the published logs of "No Training" says
    no-training          nothing is kept: what the paper's text says of "No Training"

Everything else is drawn anew from the architecture's own initialisation. The model that is given is never written.
"""

import copy
from dataclasses import replace

import torch
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import ATTENTION, fresh
from iclgd_core.seeds import derive

KEPT = {
    "trained-embeddings": "trained-embeddings-",
    "trained-norms": "reinitialised-but-norms-",
    "no-training": "reinitialised-",
}
"""Baselines by what of the trained weights they keep, each with what precedes the model's name in its name."""


def reinitialised(model: CausalModel, kept: str, seed: int) -> CausalModel:
    """Return a model of the same architecture with all weights drawn anew but those that the baseline keeps.

    Args:
        model: the trained model, causal and on one device.
        kept: one of KEPT.
        seed: of the new weights.

    Raises:
        UnknownNameError: no such baseline.
        ModelError: a masked language model, or one over several devices.
    """
    if kept not in KEPT:
        raise UnknownNameError("untrained baseline", kept, KEPT)
    if model.masked or model.spread > 1:
        what = "a masked language model" if model.masked else f"spread over {model.spread} devices"
        raise ModelError(
            f"model {model.name!r} is {what}; untrained baselines are made of causal models on one device."
        )
    trained = model.module
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, kept, model.name))
        module = fresh(copy.deepcopy(trained.config), ATTENTION)
    torch.nn.Module.to(module.train(False).requires_grad_(False), model.device, trained.dtype)
    weights, names = dict(trained.named_parameters()), kept_parameters(trained, kept)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if name in names:
                weight.copy_(weights[name])
    return replace(model, name=KEPT[kept] + model.name, held=module, let_go=None)


def kept_parameters(module: PreTrainedModel, kept: str) -> frozenset[str]:
    """Return the names of the parameters that a baseline keeps.

    Norms are the modules whose class is called so (LayerNorm, LlamaRMSNorm, ...), embeddings those of token and
    position, the output layer is the model's output embedding with its bias.
    """
    if kept == "no-training":
        return frozenset()
    output = module.get_output_embeddings() if kept == "trained-embeddings" else None  # type: ignore[no-untyped-call]
    owners = [
        part
        for part in module.modules()
        if "norm" in type(part).__name__.lower()
        or (kept == "trained-embeddings" and (part is output or isinstance(part, torch.nn.Embedding)))
    ]
    own = {id(weight) for part in owners for weight in part.parameters(recurse=False)}
    return frozenset(name for name, weight in module.named_parameters() if id(weight) in own)
