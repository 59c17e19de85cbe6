"""What a step of gradient descent asks of memory: micro-batches and checkpoints as the in-place learner makes them."""

from iclgd_core.devices import Skeleton, Workload
from iclgd_core.learners.in_place.plan import Plan
from iclgd_core.learners.optimizers import Optimizer


def step_workload(
    shape: Skeleton,
    optimizer: Optimizer,
    examples: int,
    tokens: int,
    part: tuple[str, ...] | None,
    keeps_scores: bool,
    every_token: bool = False,
) -> Workload:
    """Return the workload of one step.

    Args:
        shape: of the model.
        optimizer: update rule and batch size.
        examples: demonstrations of the run.
        tokens: of the longest.
        part: names of the trained parameters; None is all.
        keeps_scores: whether attention keeps its scores.
        every_token: whether the loss predicts every token, and not the label alone.
    """
    plan, batch = Plan(), min(examples, optimizer.batch or examples)
    most = plan.tokens_at_once(shape.module.config, every_token, shape.element)
    rows = max(1, min(batch, most // max(1, tokens)))
    micro_batches = -(-batch // rows)
    return Workload(
        "gd",
        rows,
        tokens,
        part,
        "adam" if optimizer.buffers else "sgd",  # momentum keeps half of what Adam does
        checkpointing=plan.checkpoints(shape.module.config, rows, tokens, shape.element),
        at_once=plan.updates_at_once(shape.bytes_of(part)) and optimizer.rule == "sgd" and micro_batches == 1,
        micro_batches=micro_batches,
        keeps_scores=keeps_scores,
    )
