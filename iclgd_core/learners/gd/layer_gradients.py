"""Gradients of several objectives at the start of training, layer by layer: how long, and in which direction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import grad, vmap

from iclgd_core.evidence.progress import with_progress
from iclgd_core.learners.gd.objectives import check_objective, sequence_loss, sequences
from iclgd_core.models.architectures.finding import WeightPlace
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import padded
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.projections import projection_places
from iclgd_core.tasks.prompts import EpisodePrompts, Prompt

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """Gradients of W_K and W_V at the model's own weights.

    Attributes:
        norms: of each demonstration's own gradient, (objectives, episodes, demonstrations, layers).
        inner: inner products between objectives of the gradients summed over an episode's demonstrations,
            (objectives, objectives, episodes, layers): to first order in the learning rate, those of the updates
            of one pass over the demonstrations.
    """

    norms: Floats
    inner: Floats

    def total_norms(self) -> Floats:
        """Return the norms over all layers together, (objectives, episodes, demonstrations)."""
        return np.asarray(np.sqrt((self.norms**2).sum(-1)))

    def cosines(self, a: int, b: int) -> Floats:
        """Return the cosine of the summed gradients of two objectives over all layers together, (episodes,)."""
        whole = self.inner.sum(-1)
        return np.asarray(whole[a, b] / np.sqrt(whole[a, a] * whole[b, b]))

    def layer_cosines(self, a: int, b: int) -> Floats:
        """Return the same in each layer, (episodes, layers)."""
        return np.asarray(self.inner[a, b] / np.sqrt(self.inner[a, a] * self.inner[b, b]))


def layer_gradients(
    model: CausalModel, episodes: Sequence[EpisodePrompts], shots: int, objectives: Sequence[str]
) -> LayerGradients:
    """Take the gradient of every demonstration alone, as the first step of SGD in batches of one does.

    Args:
        model: a causal model; its weights are not touched.
        episodes: in the model's tokens.
        shots: demonstrations of each, the first in its pool.
        objectives: of objectives.OBJECTIVES, without the labels'.

    Raises:
        NotRunError: a masked model, or one over several devices.
        ModelError: projections that were not found.
    """
    for objective in objectives:
        check_objective(objective, model.masked, model.spread)
    order = np.arange(shots)
    norms, inner = [], []
    for episode in with_progress(episodes, "episodes"):
        texts = sequences(episode.examples(order), episode.targets(order))
        taken = [_gradients(model, objective, texts) for objective in objectives]
        norms.append([torch.stack([layer.norm(dim=1) for layer in own], dim=1).tolist() for own in taken])
        sums = [[layer.sum(0) for layer in own] for own in taken]
        inner.append([[[float(x @ y) for x, y in zip(a, b, strict=True)] for b in sums] for a in sums])
    return LayerGradients(np.moveaxis(np.array(norms), 0, 1), np.moveaxis(np.array(inner), 0, 2))


def _gradients(model: CausalModel, objective: str, texts: Sequence[Prompt]) -> list[torch.Tensor]:
    """Return the gradient of W_K and W_V on each sequence, for every layer, (sequences, entries) in float64."""
    module, places = model.module, projection_places(model.module)
    names = sorted({place.parameter for (_, which), place in places.items() if which in ("k", "v")})
    own = {name: weight.detach() for name, weight in module.named_parameters()}
    ids, last, _ = padded(texts, 0, model.device)

    def loss(weights: dict[str, torch.Tensor], ids: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        return sequence_loss(objective, module, {**own, **weights}, ids[None], last[None])

    start = {name: own[name] for name in names}
    if model.behaviour.vectorises and is_plain(module.config._attn_implementation):
        found = vmap(grad(loss), in_dims=(None, 0, 0))(start, ids, last)
    else:
        found = _one_by_one(loss, start, ids, last)
    return [
        torch.cat([_flat(places[i, which], found[places[i, which].parameter]) for which in ("k", "v")], dim=1)
        for i in range(1 + max(i for i, _ in places))
    ]


def _one_by_one(
    loss: Callable[[dict[str, torch.Tensor], torch.Tensor, torch.Tensor], torch.Tensor],
    start: dict[str, torch.Tensor],
    ids: torch.Tensor,
    last: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """Return the gradients of each row, stacked, by ordinary autograd."""
    rows = []
    for one, at in zip(ids, last, strict=True):
        weights = {name: weight.clone().requires_grad_(True) for name, weight in start.items()}
        rows.append(torch.autograd.grad(loss(weights, one, at), list(weights.values())))
    return {name: torch.stack(taken) for name, taken in zip(start, zip(*rows, strict=True), strict=True)}


def _flat(place: WeightPlace, gradients: torch.Tensor) -> torch.Tensor:
    """Return the entries of one projection in stacked gradients of its parameter, (rows, entries) in float64."""
    return torch.stack([place.read(gradient).flatten() for gradient in gradients]).double()
