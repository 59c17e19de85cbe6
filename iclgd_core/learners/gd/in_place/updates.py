"""The update of each weight, in place, in its own precision or through float32."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from iclgd_core.learners.gd.in_place.entries import Entries
from iclgd_core.learners.gd.in_place.rounding import Rounding, round_stochastically
from iclgd_core.learners.gd.optimizers import ADAM_BETAS, ADAM_EPSILON, MOMENTUM, Optimizer
from iclgd_core.seeds import derive

CHUNK = 2**24
"""Entries updated at a time: bounds the temporaries of an update to a few hundred megabytes."""


def zeros_beside(values: torch.Tensor, count: int) -> list[torch.Tensor]:
    """Return what an update rule keeps of some trained entries to begin with, in float32 at least."""
    kind = torch.promote_types(values.dtype, torch.float32)
    return [torch.zeros(values.shape, dtype=kind, device=values.device) for _ in range(count)]


@dataclass(eq=False)
class Updater:
    """Applies gradients to the trained entries; made anew for each run.

    SGD keeps no state, momentum a velocity, Adam two moments, in float32 at least and for the trained entries alone, as
    does `master` its float32 copy.

    Attributes:
        entries: what is trained.
        optimizer: the update rule.
        learning_rate: the rate.
        rounding: see `Rounding`; of no effect on weights in float32 or float64.
        seed: of stochastic rounding; each (step, parameter) draws from its own stream, so that the order in which
            gradients arrive does not matter.
        written: updates of the current step so far; 0 means that the weights are still those before it.
    """

    entries: Mapping[str, Entries]
    optimizer: Optimizer
    learning_rate: float
    rounding: Rounding
    seed: int
    written: int = 0
    step: int = 0
    _state: dict[str, list[torch.Tensor]] = field(default_factory=dict)
    _master: dict[str, torch.Tensor] = field(default_factory=dict)
    _generators: dict[torch.device, torch.Generator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, entries in self.entries.items():
            values = entries.of(entries.parameter.detach())
            if self.rounding == "master" and values.dtype == torch.bfloat16:
                self._master[name] = values.float().contiguous()
            self._state[name] = zeros_beside(values, self.optimizer.buffers)

    def begin_step(self) -> None:
        """Start the next step."""
        self.step += 1
        self.written = 0

    @torch.no_grad()
    def apply_all(self, gradients: dict[str, torch.Tensor | None]) -> None:
        """Apply the gradient of every trained parameter; None stands for zero. Each is let go of once it is applied."""
        plain = [e.index is None and e.parameter.dtype != torch.bfloat16 for e in self.entries.values()]
        if self.optimizer.rule == "sgd" and all(plain):
            pairs = [(self.entries[name].parameter, g) for name, g in gradients.items() if g is not None]
            self.written += 1
            torch._foreach_add_([p for p, _ in pairs], [g for _, g in pairs], alpha=-self.learning_rate)
            gradients.clear()
            return
        for name in list(gradients):
            self.apply(name, gradients.pop(name))

    @torch.no_grad()
    def apply(self, name: str, gradient: torch.Tensor | None) -> None:
        """Apply the gradient of one trained parameter (of its whole shape); None stands for zero."""
        if gradient is None and self.optimizer.rule == "sgd":
            return
        self.written += 1
        entries = self.entries[name]
        weights = entries.of(entries.parameter)
        slope = torch.zeros_like(weights) if gradient is None else entries.of(gradient)
        together = [weights, slope]
        together += [self._master[name]] if name in self._master else []
        together += self._state[name]
        generator = self._generator(name, weights.device) if self._rounds_by_chance(weights) else None
        for chunks in _chunks(together):
            self._update(name, chunks, generator)
        entries.put(weights)

    def _update(self, name: str, chunks: Sequence[torch.Tensor], generator: torch.Generator | None) -> None:
        weights, slope, *state = chunks
        own = weights.dtype != torch.bfloat16
        precise = weights if own else state.pop(0) if name in self._master else weights.float()
        if self.optimizer.rule == "sgd":
            precise.add_(slope, alpha=-self.learning_rate)
        elif self.optimizer.rule == "adam":
            self._adam(precise, slope.to(precise.dtype), *state)
        else:
            self._momentum(precise, slope.to(precise.dtype), *state)
        if not own:
            weights.copy_(precise if generator is None else round_stochastically(precise, generator))

    def _adam(self, weights: torch.Tensor, slope: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> None:
        """Move by -lr m' / (sqrt(v') + eps), with the bias-corrected moments m' and v'."""
        beta, gamma = ADAM_BETAS
        first.lerp_(slope, 1 - beta)
        second.mul_(gamma).addcmul_(slope, slope, value=1 - gamma)
        spread = second.sqrt().div_(math.sqrt(1 - gamma**self.step)).add_(ADAM_EPSILON)
        weights.addcdiv_(first, spread, value=-self.learning_rate / (1 - beta**self.step))

    def _momentum(self, weights: torch.Tensor, slope: torch.Tensor, velocity: torch.Tensor) -> None:
        """Move by -lr v, or, by Nesterov's rule, by -lr (g + 0.9 v), with the velocity v <- 0.9 v + g."""
        velocity.mul_(MOMENTUM).add_(slope)
        if self.optimizer.rule == "nesterov":
            weights.add_(slope, alpha=-self.learning_rate).add_(velocity, alpha=-self.learning_rate * MOMENTUM)
        else:
            weights.add_(velocity, alpha=-self.learning_rate)

    def _rounds_by_chance(self, weights: torch.Tensor) -> bool:
        return weights.dtype == torch.bfloat16 and self.rounding == "stochastic"

    def _generator(self, name: str, device: torch.device) -> torch.Generator:
        if device not in self._generators:
            self._generators[device] = torch.Generator(device)
        return self._generators[device].manual_seed(derive(self.seed, "rounding", self.step, name))


def _chunks(together: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Yield the same stretch of each tensor, CHUNK entries at a time, as views; all at once where they are small."""
    if together[0].numel() <= CHUNK or not together[0].is_contiguous():
        yield list(together)
        return
    flat = [tensor.contiguous().view(-1) for tensor in together]
    for at in range(0, flat[0].numel(), CHUNK):
        yield [tensor[at : at + CHUNK] for tensor in flat]
