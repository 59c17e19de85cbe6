"""Versions of libraries with known holes, which are refused at the start of a run."""

from importlib.metadata import PackageNotFoundError, version

from packaging.version import InvalidVersion, Version

from iclgd_core.errors import IclgdError

FLOORS = {
    "transformers": ("5.3", "CVE-2026-4372: a key of config.json runs code of the Hub, remote code off or not"),
    "torch": ("2.6", "CVE-2025-32434: reading weights runs code"),
}
"""Oldest version of each library that is used, and the hole that an older one has."""


class VersionError(IclgdError):
    """An installed library has a known hole."""


def check_versions() -> None:
    """Refuse to work with libraries that have known holes.

    Raises:
        VersionError: an installed version is older than its floor, or its version cannot be told.
    """
    wrong = [told for name, (floor, why) in FLOORS.items() if (told := _too_old(name, floor, why))]
    if wrong:
        pins = " ".join(f"'{name}>={floor}'" for name, (floor, _) in FLOORS.items())
        raise VersionError(f"{' '.join(wrong)} Type `pip install --upgrade {pins}`.")


def _too_old(name: str, floor: str, why: str) -> str:
    try:
        installed = version(name)
    except PackageNotFoundError:
        return f"{name} is not installed."
    try:
        old = Version(installed) < Version(floor)
    except InvalidVersion:
        return f"{name} {installed!r} has no version that can be compared with {floor}, the oldest that is used."
    return f"{name} {installed} is older than {floor} and has a known hole ({why})." if old else ""
