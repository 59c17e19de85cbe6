"""What a pretrained model can do: validation loss, and accuracy by number of demonstrations."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import torch

from iclgd_core.learners.in_context import in_context
from iclgd_core.metrics import correct
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.tasks import GincConfig, GincTask

SHOTS = (0, 2, 4, 8, 16)
LENGTHS = (3, 5, 8, 10)
EPISODES = 100
QUERIES = 16


def accuracy_by_shots(
    model: CausalModel, world: GincConfig, lengths: Sequence[int] = LENGTHS, episodes: int = EPISODES, seed: int = 0
) -> dict[str, dict[int, float]]:
    """Return whole-vocabulary accuracy in [0, 1] by task and number of demonstrations.

    Numbers of demonstrations that do not fit the context window are left out. Episodes come
    from the split "validation", which no claim uses.
    """
    out: dict[str, dict[int, float]] = {}
    for k in lengths:
        task = GincTask(k, world)
        drawn = [task.episode(seed, "validation", i, QUERIES) for i in range(episodes)]
        encoded = [task.encode(episode, model.reader) for episode in drawn]
        answers = np.stack([episode.answers for episode in encoded])
        out[task.name] = {}
        for n in (n for n in SHOTS if task.prompt_length(n) <= model.context_window):
            orders = np.tile(np.arange(n), (episodes, 1, 1))
            out[task.name][n] = float(correct(in_context(model, encoded, orders)[:, 0], answers).mean())
    return out


@torch.inference_mode()
def validation_loss(model: CausalModel, batches: Iterator[torch.Tensor], n: int = 8) -> float:
    """Return the mean next-token loss over n batches, in nats a token."""
    losses = [float(model.module(b, labels=b, use_cache=False).loss) for b in islice(batches, n)]
    return sum(losses) / len(losses)
