"""A folder with nothing but what may be read of a model: this is what transformers is shown.

Whatever else lies in a model's folder (Python files, pickles, adapters, generation settings, chat templates) is not
there for transformers to find, and its JSON is what `scan` left of it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import constants

from iclgd_core.errors import StorageError
from iclgd_core.evidence.plain import Json
from iclgd_core.hub.files import CONFIG, TOKENIZER_CONFIG, files_of, weight_files
from iclgd_core.hub.headers import check_sizes, read_headers
from iclgd_core.hub.scan import Scanned, scan


@contextmanager
def read_only_view(path: Path, where: str) -> Iterator[tuple[Path, Scanned, tuple[str, ...]]]:
    """Yield a folder to hand to transformers, what `scan` found, and the names of the files in it.

    While it is open, huggingface_hub is offline, so that no key can make a library fetch anything.

    Raises:
        ModelError, UnsafeModelError: the folder cannot be used (see `files_of`, `scan` and `check_sizes`).
        StorageError: no temporary folder can be made.
    """
    names, scanned = files_of(path, where), scan(path, where)
    check_sizes(scanned.config, read_headers([path / name for name in weight_files(names)], where), where)
    cleaned: dict[str, Mapping[str, Json]] = {CONFIG: scanned.config, TOKENIZER_CONFIG: scanned.tokenizer}
    try:
        folder = TemporaryDirectory(prefix="iclgd-model-")
    except OSError as error:
        raise StorageError(f"no temporary folder can be made: {error}. Set TMPDIR to one that is writable.") from error
    with folder as made, _offline():
        view = Path(made)
        for name in names:
            if name in cleaned:
                (view / name).write_text(json.dumps(cleaned[name]), encoding="utf-8")
            else:
                (view / name).symlink_to((path / name).resolve())
        yield view, scanned, names


@contextmanager
def _offline() -> Iterator[None]:
    """Let huggingface_hub refuse every request; it reads this at each one."""
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
