"""One run of gradient descent: what is trained on, in which order, and what is asked at the readouts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.tasks.prompts import Prompt

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Run:
    """One episode in one order at one learning rate.

    Attributes:
        examples: the demonstrations as zero-shot prompts, in the order in which mini-batches are taken.
        targets: token id of each one's label, (n,).
        queries: prompts without demonstrations, answered at each readout.
        learning_rate: the rate.
        seed: of whatever is random in an update (stochastic rounding).
    """

    examples: Sequence[Prompt]
    targets: Ints
    queries: Sequence[Prompt]
    learning_rate: float
    seed: int = 0
