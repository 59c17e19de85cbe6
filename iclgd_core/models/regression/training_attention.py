"""Linear self-attention trained from scratch on the ICL objective (arXiv 2212.07677, section 3 and appendix A).

loss = 0.5 mean over tasks of (y_q - yhat(x_q; x_1, y_1, ..., x_N, y_N))^2,  fresh tasks at every step
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from iclgd_core.models.regression.linear_attention import MATRICES, Layer, attend
from iclgd_core.seeds import derive
from iclgd_core.tasks.regression.uniform import LINEAR, LINEAR_HALF, UniformLinear

Weights = dict[str, Tensor]
CUT = 0.87962566103423978
"""Standard deviation of a standard normal variable given that it is within two of 0."""


@dataclass(frozen=True)
class AttentionRecipe:
    """Everything that decides the weights of one model; settings are those of the source's notebook, unless said.

    Attributes:
        name: of the model and of its directory.
        layers: number of layers, each with weights of its own.
        task: what it is trained on.
        steps, batch: steps of so many fresh tasks with one query each.
        learning_rate: Adam's; constant, then linear to zero over the last `cooldown` of the steps (not in the source:
            without it the last weights carry the noise of the last steps).
        clip: norm to which gradients are clipped.
        initial: scale of the initial weights; their variance is initial / (layers x side), the side being the fan-in.
        betas: of Adam.
        seeds: one set of weights each; the first is the model, the others are its replicas.
    """

    name: str
    layers: int
    task: UniformLinear
    steps: int = 5000
    batch: int = 2048
    learning_rate: float = 1e-3
    cooldown: float = 0.2
    clip: float = 1e-3
    initial: float = 0.002
    betas: tuple[float, float] = (0.9, 0.98)
    seeds: tuple[int, ...] = (1, 2, 3)

    @property
    def side(self) -> int:
        """Side of each weight matrix, d + Ny; the key size too."""
        return self.task.inputs + self.task.outputs

    @property
    def initial_spread(self) -> float:
        """Standard deviation of the initial weights."""
        return math.sqrt(self.initial / (self.layers * self.side))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        AttentionRecipe("icl-objective-lsa-1", 1, LINEAR),
        AttentionRecipe("icl-objective-lsa-1-half", 1, LINEAR_HALF),
        AttentionRecipe("icl-objective-lsa-2", 2, LINEAR),
    )
}


def initial_weights(recipe: AttentionRecipe, seed: int) -> Weights:
    """Return fresh weights, float32, by `layer.matrix`: normal, cut at two standard deviations."""
    generator = torch.Generator().manual_seed(derive(seed, recipe.name, "weights"))
    return {
        f"{layer}.{name}": recipe.initial_spread * _truncated_normal(recipe.side, generator)
        for layer in range(recipe.layers)
        for name in MATRICES
    }


def _truncated_normal(side: int, generator: torch.Generator) -> Tensor:
    """Return a matrix of standard deviation 1, normal but for the cut at two of the uncut normal's deviations."""
    values = torch.empty(side, side)
    return torch.nn.init.trunc_normal_(values, 0.0, 1.0 / CUT, -2.0 / CUT, 2.0 / CUT, generator=generator)


def layers_of(weights: Weights) -> tuple[Layer, ...]:
    """Return the layers that weights by `layer.matrix` make."""
    count = len(weights) // len(MATRICES)
    return tuple(
        Layer(weights[f"{i}.W_K"], weights[f"{i}.W_Q"], weights[f"{i}.W_V"], weights[f"{i}.P"]) for i in range(count)
    )


def draw(task: UniformLinear, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return xs (batch, N, d), ys (batch, N, Ny), xq (batch, 1, d), yq (batch, 1, Ny) of fresh tasks, float32."""
    x = (2.0 * torch.rand(batch, task.shots + 1, task.inputs, generator=generator) - 1.0) * task.a
    y = x @ torch.randn(batch, task.inputs, task.outputs, generator=generator)
    return x[:, :-1], y[:, :-1], x[:, -1:], y[:, -1:]


@dataclass(frozen=True)
class AttentionTraining:
    """What one run gave: final weights (float32), the loss curve as (step, mean since the last entry), CPU seconds."""

    weights: Weights
    losses: tuple[tuple[int, float], ...]
    seconds: float


def train_attention(
    recipe: AttentionRecipe, seed: int, log: Callable[[str], None] = lambda line: None
) -> AttentionTraining:
    """Train one set of weights, on one CPU thread or as many as torch has."""
    began = time.process_time()
    weights = {name: w.requires_grad_() for name, w in initial_weights(recipe, seed).items()}
    optimizer = torch.optim.AdamW(weights.values(), recipe.learning_rate, recipe.betas, weight_decay=0.0)
    last = recipe.cooldown * recipe.steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (recipe.steps - step) / last))
    generator = torch.Generator().manual_seed(derive(seed, recipe.name, "data"))
    layers, start = layers_of(weights), torch.zeros(recipe.task.outputs, recipe.task.inputs)
    losses: list[tuple[int, float]] = []
    running: list[float] = []
    for step in range(1, recipe.steps + 1):
        xs, ys, xq, yq = draw(recipe.task, recipe.batch, generator)
        loss = 0.5 * (attend(layers, xs, ys, xq, start) - yq).square().sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights.values(), recipe.clip)
        optimizer.step()
        schedule.step()
        running.append(float(loss.detach()))
        if step % (recipe.steps // 50) == 0:
            losses.append((step, sum(running) / len(running)))
            running.clear()
            log(f"{recipe.name} seed {seed} step {step}/{recipe.steps} loss {losses[-1][1]:.4f}")
    final = {name: w.detach().clone() for name, w in weights.items()}
    return AttentionTraining(final, tuple(losses), time.process_time() - began)
