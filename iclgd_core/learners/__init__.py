"""Ways to use demonstrations: in the prompt, or by gradient descent. Asked for many runs in one call."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.learners.gd.objectives import OBJECTIVES
from iclgd_core.learners.gd.optimizers import OPTIMIZERS, Optimizer, get_optimizer
from iclgd_core.learners.gd.run import Run, Runs, Schedule
from iclgd_core.learners.gd.trained_weights import trained_weights
from iclgd_core.learners.in_context import in_context

__all__ = [
    "OBJECTIVES",
    "OPTIMIZERS",
    "Optimizer",
    "Run",
    "Runs",
    "Schedule",
    "get_optimizer",
    "gradient_descent",
    "in_context",
    "trained_weights",
]
