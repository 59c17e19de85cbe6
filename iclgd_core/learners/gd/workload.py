"""What a step of gradient descent asks of memory: micro-batches and checkpoints as the in-place learner makes them."""

from iclgd_core.devices import Skeleton, Workload
from iclgd_core.learners.gd.in_place.plan import Plan
from iclgd_core.learners.gd.objectives import LABELS, LAYER_CAUSAL, logits_a_token
from iclgd_core.learners.gd.optimizers import Optimizer


def step_workload(
    shape: Skeleton,
    optimizer: Optimizer,
    examples: int,
    tokens: int,
    part: tuple[str, ...] | None,
    keeps_scores: bool,
    objective: str = LABELS,
) -> Workload:
    """Return the workload of one step.

    Args:
        shape: of the model.
        optimizer: update rule and batch size.
        examples: demonstrations of the run.
        tokens: of the longest, its label included where the loss is over whole sequences.
        part: names of the trained parameters; None is all.
        keeps_scores: whether attention keeps its scores.
        objective: what is minimised, one of objectives.OBJECTIVES; all but the labels' need the logits of every token,
            and the layer-causal ones of every token and layer.
    """
    plan, batch = Plan(), min(examples, optimizer.batch or examples)
    logits = logits_a_token(objective, shape.layers)
    most = plan.tokens_at_once(shape.module.config, logits, shape.element)
    rows = max(1, min(batch, most // max(1, tokens)))
    micro_batches = -(-batch // rows)
    checkpoints = plan.checkpoints(shape.module.config, rows, tokens, shape.element)
    return Workload(
        "gd",
        rows,
        tokens,
        part,
        "adam" if optimizer.buffers else "sgd",  # momentum keeps half of what Adam does
        checkpointing=checkpoints and objective not in LAYER_CAUSAL,  # which InPlaceDescent does not checkpoint
        at_once=plan.updates_at_once(shape.bytes_of(part)) and optimizer.rule == "sgd" and micro_batches == 1,
        micro_batches=micro_batches,
        keeps_scores=keeps_scores,
        positions=max(1, logits * tokens),
    )
