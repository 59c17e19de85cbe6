"""Gradient descent on one rank of a sharded model, in step with the other ranks.

Every batch of examples is split over the ranks. A rank's loss is sum CE_i / n over its own examples, n those of the
whole batch; the sum of gradients over ranks is then that of the mean cross-entropy, whatever the split. Ranks without
an example of their own take one of the batch with weight 0, since all ranks must gather and reduce together.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel

from iclgd_core.learners.gd.in_place.checkpointing import checkpointed
from iclgd_core.learners.gd.optimizers import Optimizer, set_gradients, torch_optimizer
from iclgd_core.learners.gd.run import Run
from iclgd_core.learners.gd.sharded.shards import local
from iclgd_core.models.language.answering import padded
from iclgd_core.models.language.predictions import LogProbs, concatenated, read_out
from iclgd_core.models.language.readout import at_least_float32, readout_at
from iclgd_core.tasks.prompts import Ints, Prompt


def share(n: int, ranks: int, rank: int) -> slice:
    """Return the stretch of n rows that is a rank's: together all of them, sizes that differ by one at most."""
    return slice(n * rank // ranks, n * (rank + 1) // ranks)


def passes(n: int, ranks: int, rank: int, rows: int) -> list[list[int]]:
    """Split a rank's share of n prompts into forward passes of at most `rows`.

    Equally many on every rank, since all must take part in each; some may be empty.
    """
    own = np.arange(n)[share(n, ranks, rank)]
    largest = -(-n // ranks)
    return [[int(row) for row in part] for part in np.array_split(own, -(-largest // rows))]


class RankDescent:
    """Runs on one rank.

    Attributes:
        module: the sharded model; its trained weights are as they were read whenever no run is under way.
        masks: this rank's masks of the trained parameters by name; None trains all of one.
        batch_tokens: most tokens of a forward pass.
        checkpointing: whether layers are computed again in the backward pass.
    """

    def __init__(
        self,
        module: PreTrainedModel,
        masks: dict[str, torch.Tensor | None],
        batch_tokens: int,
        checkpointing: bool,
        keep: torch.dtype,
    ) -> None:
        """Freeze what is not trained and keep the weights to start from; `keep` is a dtype that holds them exactly."""
        self.module, self.masks, self.batch_tokens, self.checkpointing = module, masks, batch_tokens, checkpointing
        self.ranks, self.rank = dist.get_world_size(), dist.get_rank()
        self.device = local(next(module.parameters())).device
        module.requires_grad_(False)
        parameters = dict(module.named_parameters())
        self.trained = {name: parameters[name].requires_grad_(True) for name in masks}
        self.start = {name: local(p).to("cpu", keep, copy=True) for name, p in self.trained.items()}

    def run(
        self, run: Run, optimizer: Optimizer, readouts: Sequence[int], labels: Ints
    ) -> tuple[list[LogProbs], list[float]]:
        """Train and answer this rank's share of the queries.

        Returns:
            Its answers at each readout, (its queries, V) each, and the training loss of each readout's epoch, that of
            all examples.
        """
        updater = torch_optimizer(
            optimizer, {name: local(p)[None] for name, p in self.trained.items()}, [run.learning_rate]
        )
        n = len(run.examples)
        batch = optimizer.batch or n
        answers: list[LogProbs] = []
        losses: list[float] = []
        try:
            for epoch in range(1, readouts[-1] + 1):
                total = torch.zeros((), device=self.device)
                for at in range(0, n, batch):
                    rows = slice(at, at + batch)
                    here = len(run.examples[rows])
                    total += self._backward(run.examples[rows], run.targets[rows]) * here / n
                    set_gradients(updater, self._gradients(), [run.learning_rate])
                    updater.step()
                if epoch in readouts:
                    dist.all_reduce(total)
                    losses.append(float(total))
                    answers.append(self._answer(run.queries, labels))
        finally:
            self._restore()
        return answers, losses

    def _backward(self, prompts: Sequence[Prompt], targets: Ints) -> torch.Tensor:
        """Set the gradient of a batch's mean loss; return this rank's part of that loss."""
        self._forget_gradients()
        loss = torch.zeros((), device=self.device)
        for rows in self._passes(prompts):
            chosen = rows or [0]
            with checkpointed(self.module, self.checkpointing):
                logits = self._logits([prompts[i] for i in chosen])
                wanted = torch.from_numpy(targets[chosen]).to(logits.device)
                each = torch.nn.functional.cross_entropy(logits, wanted, reduction="sum")
                part = each * ((1.0 if rows else 0.0) / len(prompts))
                torch.autograd.backward(part * self.ranks)  # FSDP takes the mean over ranks
            loss += part.detach()
        return loss

    def _gradients(self) -> dict[str, torch.Tensor]:
        """Return this rank's slices of the gradient, as stacks of one replica; zero where a mask says so."""
        found = {}
        for name, parameter in self.trained.items():
            weight, mask = local(parameter), self.masks[name]
            gradient = torch.zeros_like(weight) if parameter.grad is None else local(parameter.grad)
            found[name] = (gradient if mask is None else torch.where(mask, gradient, 0.0))[None]
        return found

    @torch.no_grad()
    def _answer(self, queries: Sequence[Prompt], labels: Ints) -> LogProbs:
        """Return predictions of this rank's share of the queries."""
        parts = []
        for rows in self._passes(queries):
            log_probs = self._logits([queries[i] for i in rows or [0]]).log_softmax(-1)
            parts.append(read_out(log_probs, labels)[: len(rows)])
        self._drop_gathered()
        return concatenated(parts)

    def _passes(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Return this rank's forward passes over some prompts."""
        rows = max(1, self.batch_tokens // max(len(prompt.ids) for prompt in prompts))
        return passes(len(prompts), self.ranks, self.rank, rows)

    def _logits(self, prompts: Sequence[Prompt]) -> torch.Tensor:
        """Return the logits at the readouts, (prompts, V), at least float32; shorter prompts are padded behind."""
        ids, readouts, _ = padded(prompts, 0, self.device)
        with readout_at(self.module, readouts):
            logits = self.module(ids, use_cache=False).logits
        return at_least_float32(logits[:, 0])

    def _restore(self) -> None:
        for name, parameter in self.trained.items():
            local(parameter).copy_(self.start[name])
        self._forget_gradients()

    def _forget_gradients(self) -> None:
        for parameter in self.trained.values():
            parameter.grad = None

    def _drop_gathered(self) -> None:
        """Drop the gathered weights of the root, which a forward pass without a backward one leaves behind."""
        if isinstance(self.module, FSDPModule):
            self.module.reshard()
