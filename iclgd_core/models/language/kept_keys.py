"""Keys and values that a model keeps of what it has read, under the name that its release of transformers gives them.

Up to 5.23 the argument and the field of the output are called `past_key_values`; from 5.24 on `cache`, and the older
name is announced to go in 5.40. What counts is what the class itself takes, not the release: architectures differ.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from iclgd_core.errors import ModelError

NAMES = ("cache", "past_key_values")
"""Newest first: a class that takes both warns of the older one."""


def kept_argument(module: torch.nn.Module, kept: Any) -> dict[str, Any]:
    """Return the argument that hands `kept` to a model, by the name in the signature of its class."""
    return {_name(type(module).forward): kept}


def kept_by(output: Any) -> Any:
    """Return the keys and values in a model's output.

    Raises:
        ModelError: there are none, as for a masked model; reading on without them would answer half a prompt.
    """
    kept = next((getattr(output, name) for name in NAMES if hasattr(output, name)), None)
    if kept is None:
        raise ModelError(f"a model that answers with a {type(output).__name__} keeps no keys and values of a prefix.")
    return kept


@cache
def _name(forward: Callable[..., Any]) -> str:
    """Return the first of the names that a class's `forward` takes; the oldest for one that names neither."""
    taken = inspect.signature(forward).parameters
    return next((name for name in NAMES if name in taken), NAMES[-1])
