"""Gradient descent for large models: the one model in memory is trained, asked and restored, one run at a time.

`training` runs many; `descent` is one run. A step: `batches` (examples in micro-batches), `gradients` (of their mean
loss, layers made again by `checkpointing`), `updates` (in place, with the `rounding` of bfloat16, of the `entries` that
are trained). `snapshot` puts the weights back; `plan` says how a run is fitted into memory.
"""

from iclgd_core.learners.gd.in_place.descent import InPlaceDescent
from iclgd_core.learners.gd.in_place.plan import Plan, activation_bytes, gd_bytes
from iclgd_core.learners.gd.in_place.rounding import Rounding
from iclgd_core.learners.gd.in_place.snapshot import RestoreError
from iclgd_core.learners.gd.in_place.training import in_place_weights, train_in_place

__all__ = [
    "InPlaceDescent",
    "Plan",
    "RestoreError",
    "Rounding",
    "activation_bytes",
    "gd_bytes",
    "in_place_weights",
    "train_in_place",
]
