"""Whether a layer's gradient feels the layers above it: layer-causal GD against plain GD (arXiv 2311.07772, 4.4)."""

import copy
from collections.abc import Mapping

import numpy as np
import torch
from transformers import PreTrainedModel

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners.gd.layer_causal import layer_paths
from iclgd_core.learners.gd.objectives import sequence_loss, sequences
from iclgd_core.models.language.answering import padded
from iclgd_core.models.language.projections import projection_places
from iclgd_core.seeds import stream
from iclgd_core.studies.shen.invariance import LARGEST
from iclgd_core.tasks.prompts import EpisodePrompts

EPISODES = 2
PERTURBATION = 0.1
"""Size of the noise on every weight tensor of a layer, in root mean squares of the tensor."""

LOSSES = ("layer-causal", "layer-causal-code", "lm")
"""Layer-causal GD as printed and as coded, and plain GD on the same loss of all tokens."""


def invariant_study(lab: Lab, loss: str) -> Study:
    """Perturb each layer in turn, in float64, and compare the gradients of the layers below it.

    Args:
        lab: the laboratory.
        loss: one of LOSSES, on all demonstrations of an episode as one batch.

    Returns:
        By episode and pair of layers the relative change of a layer's gradient where a layer above it is perturbed; 0
        where the gradient of layer l does not depend on layer m:

            change(l, m) = |g_l' - g_l| / |g_l|,   g_l: gradient of W_K and W_V of layer l; m > l: the perturbed layer

    Raises:
        NotRunError: a masked or one-layer model, one too large for a copy in float64, or over several devices.
    """
    model = lab.model
    if model.masked or model.spread > 1 or model.n_parameters > LARGEST:
        raise NotRunError(
            f"the claim needs a causal model of at most {LARGEST:.2g} weights on one device, to be copied in float64; "
            f"{model.name!r} is not one."
        )
    lab.take_room_for_copy("float64", LOSSES[0])
    module = copy.deepcopy(model.module).double().requires_grad_(True)
    layers = [paths.layer for paths in layer_paths(module)]
    if len(layers) < 2:
        raise NotRunError(f"the claim compares layers; {model.name!r} has one.")
    change = {}
    for e, episode in enumerate(lab.episodes("evaluation", EPISODES)):
        before = _gradients(module, loss, episode, {})
        for m in range(1, len(layers)):
            after = _gradients(module, loss, episode, _perturbed(module, f"{layers[m]}.", lab.seed))
            for i in range(m):
                distance = torch.linalg.vector_norm(after[i] - before[i]) / torch.linalg.vector_norm(before[i])
                change[f"episode {e}, layer {i} below perturbed layer {m}"] = float(distance)
    return Study(
        numbers={pair: np.asarray(distance) for pair, distance in change.items()},
        details={"relative_change": dict(change)},
        fixed={
            "loss": loss,
            "perturbation": PERTURBATION,
            "dtype": "float64",
            "demonstrations": SHOTS,
            "episodes": EPISODES,
        },
    )


def _perturbed(module: PreTrainedModel, inside: str, seed: int) -> dict[str, torch.Tensor]:
    """Return the parameters of one layer with noise on them."""
    moved = {}
    for name, weight in module.named_parameters():
        if name.startswith(inside):
            noise = stream(seed, "perturbed layer", name).standard_normal(tuple(weight.shape))
            size = PERTURBATION * weight.detach().square().mean().sqrt()
            moved[name] = weight.detach() + size * torch.from_numpy(noise).to(weight)
    return moved


def _gradients(
    module: PreTrainedModel, loss: str, episode: EpisodePrompts, moved: Mapping[str, torch.Tensor]
) -> list[torch.Tensor]:
    """Return the gradient of W_K and W_V of every layer, flat; of a perturbed layer at its perturbed weights."""
    weights = {
        name: moved[name].requires_grad_(True) if name in moved else weight
        for name, weight in module.named_parameters()
    }
    order = np.arange(SHOTS)
    ids, last, _ = padded(sequences(episode.examples(order), episode.targets(order)), 0, module.device)
    places = projection_places(module)
    value = sequence_loss(loss, module, weights, ids, last)
    named = sorted({place.parameter for (_, which), place in places.items() if which in ("k", "v")})
    gradients = dict(zip(named, torch.autograd.grad(value, [weights[name] for name in named]), strict=True))
    return [
        torch.cat([places[i, which].read(gradients[places[i, which].parameter]).flatten() for which in ("k", "v")])
        for i in range(1 + max(i for i, _ in places))
    ]
