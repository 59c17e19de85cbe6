"""What was measured in regression, kept on disk for other workers and runs; anew with another version of this code."""

import hashlib
from collections.abc import Callable

import numpy as np

from iclgd_core.lab.store import Store, source_version
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.tasks.regression.task import Floats

CODE = (
    "tasks/regression", "models/regression", "models/shuffling.py", "learners/linear",
    "learners/gd/regression_descent.py", "learners/gd/optimizers.py",
    "lab/base.py", "lab/regression.py", "lab/store/kept.py", "metrics/prediction_distance.py", "metrics/cosine.py",
    "studies/akyurek", "studies/garg", "studies/layer_readout.py",
)  # fmt: skip
"""What decides the numbers of a measurement in regression."""


def kept(store: Store | None, key: Key, compute: Callable[[], Arrays]) -> Arrays:
    """Return arrays from the store, measured if they are not there; without a store, measured.

    Args:
        store: where they are kept.
        key: everything that decides them apart from the code, which is added here.
        compute: measures them.
    """
    return compute() if store is None else store.measure({**key, "code": source_version(*CODE)}, compute)


def floats(arrays: Arrays, name: str) -> Floats:
    """Return one of the arrays as float64."""
    return arrays[name].astype(np.float64, copy=False)


def arrays_digest(*arrays: Floats) -> str:
    """Return the SHA-256 of shapes and values."""
    h = hashlib.sha256()
    for array in arrays:
        h.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return h.hexdigest()
