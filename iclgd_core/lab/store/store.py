"""The store: one safetensors file a measurement, written once, verified on every read.

Correctness rests on atomic renames and content keys; the lock only keeps two workers from measuring the same thing
at the same time. A file whose key or payload does not verify is put aside and measured again.
"""

import errno
import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from iclgd_core.errors import StorageError
from iclgd_core.evidence.progress import tell
from iclgd_core.lab.store.key import Key, canonical, digest_of, environment

Arrays = dict[str, NDArray[np.generic]]


class CorruptMeasurementWarning(UserWarning):
    """A stored measurement did not verify; it was put aside and measured again."""


class Store:
    """Measurements under one directory.

    Attributes:
        root: the directory.
        fresh: measure again what was stored before this store was opened.
    """

    def __init__(self, root: Path, fresh: bool = False, run: str = "") -> None:
        """Open the store.

        Args:
            root: directory, made if needed.
            fresh: ignore what earlier runs stored.
            run: identifier shared by the workers of one run; with `fresh` they share what the run itself stored.

        Raises:
            StorageError: the directory cannot be made or written.
        """
        self.root, self.fresh = root, fresh
        self._run = run or f"{os.getpid()}"
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=root):
                pass
        except OSError as error:
            raise StorageError(
                f"measurements cannot be stored in {str(root)!r}: {error.strerror}. "
                "Give a directory that can be written with --iclgd-cache DIR."
            ) from error

    def measure(self, key: Key, compute: Callable[[], Mapping[str, NDArray[np.generic]]]) -> Arrays:
        """Return the measurement under `key`, computing and storing it if it is not there.

        A full disk does not lose the measurement in hand: it is returned, with a warning that it was not kept.

        Args:
            key: everything that decides the numbers but libraries and the code of language models, which are added
                here; of other measurements it says the code itself, as `code`.
            compute: makes the arrays.
        """
        full: Key = {**environment(), **key}
        path = self.path(full)
        with self._lock(path):
            found = self._read(path, full)
            if found is not None:
                return found
            tell(str(key.get("learner", "measuring")).replace("_", " "))
            arrays = {name: np.ascontiguousarray(array) for name, array in compute().items()}
            try:
                self._write(path, full, arrays)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG):
                    raise
                warnings.warn(f"a measurement was not kept: {error.strerror} ({path})", stacklevel=2)
            return arrays

    def find(self, key: Key) -> Arrays | None:
        """Return the measurement under `key` if it is there and verifies, without waiting for anyone.

        A file that does not verify is left for `measure`, which repairs it under its lock.
        """
        full: Key = {**environment(), **key}
        path = self.path(full)
        found = self._checked(path, full) if path.exists() else None
        return None if isinstance(found, str) else found

    @contextmanager
    def _lock(self, path: Path) -> Iterator[None]:
        """Hold the file's lock; a directory that cannot be written any more is a StorageError."""
        try:
            path.parent.mkdir(exist_ok=True, mode=0o700)
            lock = FileLock(path.with_suffix(".lock"))
            lock.acquire()
        except OSError as error:
            raise StorageError(
                f"measurements cannot be stored in {str(self.root)!r}: {error.strerror}. "
                "Give a directory that can be written with --iclgd-cache DIR."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def path(self, full: Key) -> Path:
        """Return the file of a complete key."""
        name = digest_of(full)
        return self.root / name[:2] / f"{name}.safetensors"

    def _read(self, path: Path, full: Key) -> Arrays | None:
        """Return what a file holds; one that does not verify is put aside. Under the file's lock alone."""
        if not path.exists():
            return None
        found = self._checked(path, full)
        return self._put_aside(path, found) if isinstance(found, str) else found

    def _checked(self, path: Path, full: Key) -> Arrays | str | None:
        """Return what a file holds, why it does not verify, or None for one that this run is to measure again."""
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                arrays: Arrays = {name: file.get_tensor(name) for name in file.keys()}
        except (SafetensorError, OSError, ValueError) as error:
            return f"it cannot be read ({error})"
        if metadata.get("key") != canonical(full):
            return "its key is another one"
        if metadata.get("payload") != _payload(arrays):
            return "its content does not match its checksum"
        if self.fresh and metadata.get("run") != self._run:
            return None
        return arrays

    @staticmethod
    def _put_aside(path: Path, why: str) -> None:
        aside = path.with_suffix(".corrupt")
        path.replace(aside)
        warnings.warn(
            f"a stored measurement is corrupt: {why}. It was moved to {aside} and is measured again.",
            CorruptMeasurementWarning,
            stacklevel=4,
        )

    def _write(self, path: Path, full: Key, arrays: Arrays) -> None:
        data = save(arrays, metadata={"key": canonical(full), "payload": _payload(arrays), "run": self._run})
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _payload(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes."""
    h = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        h.update(f"{name}:{array.dtype}:{array.shape}".encode())
        h.update(np.ascontiguousarray(array).tobytes())
    return h.hexdigest()
