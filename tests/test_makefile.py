"""`make` installs what was tested, again where that changed, and the build of torch that fits the machine.

Run on a copy of the Makefile with a stand-in for pip that writes down how it was called.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("cksum", "cut", "make", "rm", "sed", "sh", "touch")
PIP = """#!/bin/sh
echo "pip $*" >> {log}
case "$*" in *--index-url*) exit {by_index};; esac
"""
LOCKED = (
    "pip install --quiet --require-hashes --no-deps -r requirements/pip.txt",
    "pip install --quiet --require-hashes --no-deps -r requirements/lock.txt",
)
PROJECT = ("pip install --quiet --no-deps --no-build-isolation -e .", "pip check")
CPU = "pip install --quiet --no-deps --retries 2 --timeout 15 --index-url https://download.pytorch.org/whl/cpu"


class Checkout:
    """A copy of what `make` reads, and an environment of stand-ins."""

    def __init__(self, path: Path) -> None:
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:
            pytest.skip(f"not run: {', '.join(missing)} not found")
        self.path, self.log, self.tools = path, path / "log", path / "tools"
        shutil.copytree(ROOT / "requirements", path / "requirements")
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, path)
        (path / ".venv" / "bin").mkdir(parents=True)
        self.tools.mkdir()
        for tool in TOOLS:
            (self.tools / tool).symlink_to(str(shutil.which(tool)))
        self.pip(by_index=0)
        self._script(self.tools / "python3", "#!/bin/sh\n")
        self._script(path / ".venv" / "bin" / "pytest", "#!/bin/sh\n")

    def pip(self, by_index: int) -> None:
        """Set how an installation from an index of its own ends."""
        self._script(self.path / ".venv" / "bin" / "pip", PIP.format(log=self.log, by_index=by_index))

    def driver(self) -> None:
        """Have an NVIDIA driver."""
        self._script(self.tools / "nvidia-smi", "#!/bin/sh\n")

    def make(self, *arguments: str) -> tuple[str, list[str]]:
        """Return the output of `make claims` and the calls of pip; a `make` that runs the tests passes nothing on."""
        self.log.write_text("")
        done = subprocess.run(
            ["make", "claims", *arguments], cwd=self.path, env={"PATH": str(self.tools)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout, self.log.read_text().splitlines()

    @staticmethod
    def _script(path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def torch() -> str:
    """The torch of the lock."""
    lines = (ROOT / "requirements" / "torch.txt").read_text(encoding="utf-8").splitlines()
    (found,) = [line.partition(" ")[0] for line in lines if line.startswith("torch==")]
    return found


def test_without_a_driver_torch_is_the_build_for_cpus(checkout: Checkout, torch: str) -> None:
    text, calls = checkout.make()
    assert calls == [
        *LOCKED, f"{CPU} {torch}", f"pip install --quiet -c requirements/torch.txt {torch}", *PROJECT,
    ]  # fmt: skip
    assert "No CPU build" not in text


def test_out_of_reach_of_that_build_pip_chooses_and_it_is_said(checkout: Checkout, torch: str) -> None:
    checkout.pip(by_index=1)
    text, calls = checkout.make()
    assert calls[-3] == f"pip install --quiet -c requirements/torch.txt {torch}"
    assert f"No CPU build of {torch} from https://download.pytorch.org/whl/cpu: installing" in text


def test_with_a_driver_torch_is_pips_choice(checkout: Checkout, torch: str) -> None:
    checkout.driver()
    _, calls = checkout.make()
    assert calls == [*LOCKED, f"pip install --quiet -c requirements/torch.txt {torch}", *PROJECT]


def test_another_torch_is_free_of_the_lock_and_installed_at_once(checkout: Checkout, torch: str) -> None:
    checkout.driver()
    checkout.make()
    _, calls = checkout.make("TORCH=torch==2.9.1")
    assert calls == [*LOCKED, "pip install --quiet torch==2.9.1", *PROJECT]
    assert checkout.make("TORCH=torch==2.9.1")[1] == []
    assert checkout.make()[1][2].endswith(torch), "and back"


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements/lock.txt", "requirements/torch.txt"])
def test_what_changed_is_installed_and_what_did_not_is_not(checkout: Checkout, name: str) -> None:
    checkout.make()
    assert checkout.make()[1] == []
    stamp = next((checkout.path / ".venv").glob(".ready-*")).stat().st_mtime
    os.utime(checkout.path / name, (stamp + 1, stamp + 1))
    _, calls = checkout.make()
    assert calls[:2] == list(LOCKED)
