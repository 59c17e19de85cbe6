"""How long a run would take: operations counted from the tier, over a throughput measured in half a second.

A forward pass takes 2 operations a weight and token, a backward pass 4 more, and 2 again where activations are made
anew. Counted are ICL and GD of the claims S1, S2, S2a and S2b, most of a run's time; S2n, which trains on up to 512
demonstrations, and S3 to S5 come on top. The throughput is that of a product of matrices as wide as the model; a
Transformer reaches about 0.4 of it. What claims share is counted once, as far as it can be told apart here. So the
time is meant to be right within a factor of about 3 for models above 100 million weights, which was not compared with a
run on a GPU. Below, other things than arithmetic decide it, and no time is given.
"""

import time
from dataclasses import dataclass

import torch

from iclgd_core.doctor.subject import SHOTS, Lengths
from iclgd_core.lab.tiers import Tier
from iclgd_core.learners import Schedule

SECONDS = 0.5
EFFICIENCY = 0.4
FACTOR = 3.0
"""The time is right within this factor, above LARGE weights."""

S1_RULES = ("sgd", "sgd", "sgd", "sgd", "adam")
S2_RULES = ("sgd", "adam")
S2B_SHOTS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Tokens:
    """Tokens that pass a model forward, and forward and backward.

    Attributes:
        forward: read alone.
        trained: trained on.
    """

    forward: int
    trained: int

    def operations(self, parameters: int, checkpointing: bool) -> float:
        """Return the operations that they take."""
        return float(parameters) * (2 * self.forward + (8 if checkpointing else 6) * self.trained)


def tokens_of(tier: Tier, lengths: Lengths) -> Tokens:
    """Return the tokens of the claims S1, S2, S2a and S2b on one model and task."""
    asked = tier.queries * lengths.example
    shown = max(0, lengths.prompt - lengths.example) + asked
    prompts = tier.order_episodes * tier.orders + 2 * tier.episodes + tier.tuning_episodes
    forward = prompts * shown + len(S2B_SHOTS) * tier.accuracy_episodes * shown + tier.accuracy_episodes * asked
    trained = 0

    def descend(runs: int, schedule: Schedule, shots: int = SHOTS) -> None:
        nonlocal forward, trained
        trained += runs * schedule.readouts[-1] * shots * lengths.example
        forward += runs * len(schedule.readouts) * asked

    small = tier.minibatch_tuning_episodes * tier.tuning_orders
    for rule in S1_RULES:
        schedule = tier.schedule(rule)
        descend(small * len(schedule.learning_rates) + tier.order_episodes * tier.orders, schedule)
    for rule in S2_RULES:
        schedule = tier.schedule(rule)
        descend(tier.minibatch_episodes, schedule)
    for _ in range(3):  # full-batch GD of the whole model, of W_V in the middle, of W_V deep down
        descend(tier.tuning_episodes * len(tier.sgd.learning_rates) + tier.episodes, tier.sgd)
    for shots in S2B_SHOTS:
        descend(tier.tuning_episodes * len(tier.sgd.learning_rates) + tier.accuracy_episodes, tier.sgd, shots)
    return Tokens(forward, trained)


def throughput(width: int, dtype: torch.dtype, device: str, seconds: float = SECONDS) -> float:
    """Return the operations a second of products of matrices as wide as a model.

    Args:
        width: hidden units.
        dtype: number format.
        device: torch device; on CUDA it is started.
        seconds: how long to measure, after one product that is not counted.
    """
    where = torch.device(device)
    rows = 1024 if where.type == "cpu" else 8192
    left, right = (torch.ones(shape, dtype=dtype, device=where) for shape in ((rows, width), (width, 4 * width)))

    def wait() -> None:
        if where.type == "cuda":
            torch.cuda.synchronize(where)

    torch.mm(left, right)
    wait()
    done, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds or done < 2:
        torch.mm(left, right)
        wait()
        done += 1
    return done * 2.0 * rows * width * 4 * width / passed


def shown_time(seconds: float) -> str:
    """Return a duration for a reader.

    >>> shown_time(40), shown_time(400), shown_time(40_000), shown_time(400_000)
    ('40 s', '7 min', '11 h', '4.6 days')
    """
    for name, size, limit in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < limit:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds / 86_400:.1f} days"
