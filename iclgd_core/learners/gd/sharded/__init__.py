"""Gradient descent of one model over several devices: FSDP2 in a child process, killed when it hangs."""

from iclgd_core.learners.gd.sharded.descend import descend_sharded
from iclgd_core.learners.gd.sharded.job import ShardedError
from iclgd_core.learners.gd.sharded.launch import ShardedMemoryError, ShardedTimeOut
from iclgd_core.learners.gd.sharded.memory import sharded_bytes
from iclgd_core.learners.gd.sharded.training import train_sharded

__all__ = ["ShardedError", "ShardedMemoryError", "ShardedTimeOut", "descend_sharded", "sharded_bytes", "train_sharded"]
