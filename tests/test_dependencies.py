"""What is installed is what was tested: the lock holds all that pyproject.toml asks for, by hash, and no address."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from iclgd_core.hub.versions import FLOORS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ASKED = [
    Requirement(line)
    for line in (
        *PROJECT["project"]["dependencies"],
        *(line for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines),
        *PROJECT["build-system"]["requires"],
    )
]
BY_VERSION = re.compile(r"(torch|triton|(cuda|nvidia)-.+)$")
"""Torch and its CUDA libraries, whose builds differ by platform."""

FILES = ("lock.txt", "pip.txt", "torch.txt", "oldest.txt")
PYTHONS = ("3.11", "3.12", "3.13")


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Return requirements and hashes of a file."""
    text = (FOLDER / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split("--hash=") for line in text.splitlines() if line and not line.startswith("#")]
    return [(Requirement(first), [one.strip() for one in hashes]) for first, *hashes in lines]


def pinned(name: str, python: str = "3.11") -> dict[str, Version]:
    """Return the version of each package that a file has for Linux."""
    environment = {
        "python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux",
        "platform_system": "Linux", "platform_machine": "x86_64",
    }  # fmt: skip
    found: dict[str, Version] = {}
    for requirement, _ in entries(name):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (exact,) = requirement.specifier
            assert exact.operator == "=="
            assert requirement.name not in found
            found[canonicalize_name(requirement.name)] = Version(exact.version)
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_lock_holds_what_is_asked_for(asked: Requirement, python: str) -> None:
    locked = {**pinned("lock.txt", python), **pinned("torch.txt", python)}
    assert asked.specifier.contains(locked[canonicalize_name(asked.name)])


@pytest.mark.parametrize("name", ["lock.txt", "pip.txt"])
def test_each_package_is_held_by_hash(name: str) -> None:
    found = entries(name)
    assert found
    for requirement, hashes in found:
        assert hashes, requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in hashes)
        assert not BY_VERSION.match(requirement.name)


def test_torch_and_its_cuda_libraries_alone_are_held_by_version() -> None:
    found = entries("torch.txt")
    assert "torch" in {requirement.name for requirement, _ in found}
    for requirement, hashes in found:
        assert hashes == []
        assert BY_VERSION.match(requirement.name)


@pytest.mark.parametrize("name", FILES)
def test_no_address_is_in_a_lock(name: str) -> None:
    assert not re.search(r"://|index-url|find-links|@", (FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_oldest_that_are_tested_are_the_floors(asked: Requirement) -> None:
    (floor,) = [Version(one.version) for one in asked.specifier if one.operator == ">="]
    assert pinned("oldest.txt")[canonicalize_name(asked.name)] == floor


def test_nothing_is_admitted_that_is_refused_for_a_hole() -> None:
    for name, (refused_below, _) in FLOORS.items():
        assert pinned("oldest.txt")[name] >= Version(refused_below)
