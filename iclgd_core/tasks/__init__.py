"""What is learned: tasks, the episodes drawn from them, and the GINC generator."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
from iclgd_core.tasks.episode import Episode
from iclgd_core.tasks.ginc.task import GincTask
from iclgd_core.tasks.ginc.world import GincConfig, GincWorld, ginc_world
from iclgd_core.tasks.registry import TASKS, Task, get_task

__all__ = ["TASKS", "Episode", "GincConfig", "GincTask", "GincWorld", "Task", "get_task", "ginc_world"]
