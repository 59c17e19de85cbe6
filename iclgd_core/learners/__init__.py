"""Ways to use demonstrations: in the prompt, or by gradient descent. Asked for many runs in one call."""

from iclgd_core.learners.gradient_descent import Runs, Schedule, gradient_descent
from iclgd_core.learners.in_context import in_context
from iclgd_core.learners.optimizers import OPTIMIZERS, Optimizer, get_optimizer

__all__ = ["OPTIMIZERS", "Optimizer", "Runs", "Schedule", "get_optimizer", "gradient_descent", "in_context"]
