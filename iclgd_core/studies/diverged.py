"""Diverged runs are an outcome: they stop a verdict and say so; they are never dropped."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError


def refuse_diverged(diverged: NDArray[np.bool_], what: str) -> None:
    """Raise DivergedError if any run diverged, with how many of how many."""
    if diverged.any():
        raise DivergedError(
            f"{int(diverged.sum())} of {diverged.size} runs of {what} diverged on the evaluation episodes; "
            "their outputs are undefined."
        )
