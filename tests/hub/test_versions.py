"""Versions with known holes."""

from importlib.metadata import PackageNotFoundError

import pytest

from iclgd_core.hub import versions
from iclgd_core.hub.versions import FLOORS, VersionError, check_versions

INSTALLED = {"transformers": "5.23.0", "torch": "2.13.0+cpu"}


def pretend(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    there = INSTALLED | changes

    def version(name: str) -> str:
        if not there[name]:
            raise PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(versions, "version", version)


def test_what_is_installed_here_is_used() -> None:
    check_versions()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("transformers", ["5.3", "5.3.0", "5.10.1", "6.0.dev0"], ["5.2.9", "4.57.1", "5.3.0.dev0", "5.3rc1"]),
        ("torch", ["2.6", "2.6.0+cu124", "2.13.0+cpu", "3.0"], ["2.5.1", "2.5.1+cu121", "2.6.0rc1", "1.13"]),
    ],
)
def test_each_floor_from_both_sides(
    name: str, good: list[str], bad: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for installed in good:
        pretend(monkeypatch, **{name: installed})
        check_versions()
    for installed in bad:
        pretend(monkeypatch, **{name: installed})
        with pytest.raises(VersionError, match=r"CVE-20\d\d-\d+") as caught:
            check_versions()
        assert f"{name} {installed} is older than {FLOORS[name][0]}" in str(caught.value)
        assert "pip install --upgrade" in str(caught.value)


def test_all_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, torch="", transformers="git-abc")
    with pytest.raises(VersionError, match=r"'git-abc' has no version.* torch is not installed"):
        check_versions()
