"""A store that is read and never filled."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import IclgdError
from iclgd_core.lab.store import Store
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays


class NotStoredError(IclgdError):
    """Something would have to be measured."""


class StoredOnly(Store):
    """The measurements under one directory, which need not exist; what is not there is an error."""

    def __init__(self, root: Path) -> None:
        """Open it; nothing is made or written."""
        self.root, self.fresh, self._run = root, False, ""

    def find(self, key: Key) -> Arrays:
        """Return the measurement under `key`.

        Raises:
            NotStoredError: it is not there, or does not verify.
        """
        found = super().find(key)
        if found is None:
            raise NotStoredError(
                f"{key.get('learner', 'a measurement')} is not stored in {str(self.root)!r}, at least not with these "
                "weights, episodes and settings, this code and these versions of torch, transformers and tokenizers."
            )
        return found

    def measure(self, key: Key, compute: Callable[[], Mapping[str, NDArray[np.generic]]]) -> Arrays:
        """Return the measurement under `key`, as `find`; `compute` is not called."""
        return self.find(key)
