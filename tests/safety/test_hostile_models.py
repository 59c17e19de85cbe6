"""Hostile model folders: one clear error, or success without the hostile part; no code run, nothing fetched."""

import json
import os
import pickle
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.project import ROOT
from tests.safety import kernels_trap, planted
from tests.safety.folder_damage import AUTO_MAP, Bomb, trap
from tests.safety.hostile_models import ESCAPES, HOSTILE, REMOTE, build
from tests.waiting import HANG

MOST_MEBIBYTES = 2048
"""Memory of the loading process: torch and transformers take 0.4 GiB of it, the models next to nothing."""


@dataclass(frozen=True)
class Loaded:
    """What became of all folders.

    Attributes:
        cases: by name, as `load_all` reports them.
        kernels: what the stand-in for the package `kernels` was asked for.
        status: exit status of the process; `errors` its standard error.
    """

    cases: dict[str, dict[str, Any]]
    kernels: str
    status: int
    errors: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a subprocess that has a login to steal and no word that the Hub is not to be asked."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    return {**inherited, "PYTHONPATH": str(ROOT), "HF_HOME": str(home), "HF_TOKEN": planted.BY_FORM, **more}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Every hostile folder, loaded by one process."""
    root = tmp_path_factory.mktemp("hostile")
    canary = root / "kernel-canary"
    path = os.pathsep.join([str(ROOT), str(kernels_trap.install(root / "path"))])
    lines = [
        json.dumps({"name": name, "folder": str(build(name, root / f"m{i}", root / f"c{i}")), "canary": f"{root}/c{i}"})
        for i, name in enumerate(HOSTILE)
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.safety.load_all"],
        input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=HANG, cwd=root,
        env=environment(root / "home", PYTHONPATH=path, KERNEL_CANARY=str(canary)),
    )  # fmt: skip
    cases = {case["name"]: case for case in map(json.loads, done.stdout.splitlines())}
    return Loaded(cases, canary.read_text() if canary.exists() else "", done.returncode, done.stderr)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_folder_does_no_harm(loaded: Loaded, name: str) -> None:
    assert name in loaded.cases, f"the process ended before this folder, with {loaded.status}: {loaded.errors[-2000:]}"
    case, says = loaded.cases[name], HOSTILE[name].says
    assert not case["sprung"], "its code was run"
    assert case["attempts"] == [], "it made the loader connect"
    assert case["clear"] or not case["error"], f"{case['error']} instead of an error that a user can read"
    if says is None:
        assert not case["error"], case["message"]
    else:
        assert re.search(says, case["message"]), case["message"] or "it was loaded"
    assert case["peak"] < MOST_MEBIBYTES
    assert not [c for c in case["message"] if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]


def test_no_kernel_was_asked_for(loaded: Loaded) -> None:
    assert loaded.kernels == ""
    assert loaded.status == 0
    assert planted.BY_FORM not in loaded.errors


CONTROL = """
import sys
from transformers import AutoConfig, AutoModelForCausalLM
AutoConfig.from_pretrained(sys.argv[1], trust_remote_code=True)
AutoModelForCausalLM.from_pretrained(sys.argv[1], attn_implementation={remote!r})
"""


def test_the_traps_work(tmp_path: Path) -> None:
    """The control: loaded as one should not, a folder does run its code, and a kernel is asked for."""
    folder = build("auto_map", tmp_path / "model", tmp_path / "canary")
    path = os.pathsep.join([str(ROOT), str(kernels_trap.install(tmp_path / "path"))])
    done = subprocess.run(
        [sys.executable, "-c", CONTROL.format(remote=REMOTE), str(folder)], capture_output=True, text=True,
        env=environment(tmp_path / "home", PYTHONPATH=path, KERNEL_CANARY=str(tmp_path / "kernel")), timeout=HANG,
    )  # fmt: skip
    assert (tmp_path / "canary").exists(), done.stderr
    assert (tmp_path / "kernel").exists(), done.stderr


def test_the_bomb_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "canary"))).close()  # noqa: S301  (our own)
    assert (tmp_path / "canary").exists()
    compile(trap(tmp_path), "modeling_evil.py", "exec")


ALL_AT_ONCE = (
    "auto_map", "auto_map of the tokenizer", "custom_generate", "generation_config", "pickle beside", "chat template",
    "trust_remote_code", "_attn_implementation_internal of the Hub", "use_kernels",
)  # fmt: skip

S1T = "claims/shen/test_s1t_order_invariance.py"
NO_NETWORK = """
import os, socket
def refuse(*args, **more):
    with open(os.environ["NETWORK_CANARY"], "a") as file:
        file.write(repr(args) + "\\n")
    raise OSError("no network in this test")
for name in ("getaddrinfo", "create_connection"):
    setattr(socket, name, refuse)
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Any]:
    """Run the project's own claims on a folder, in a process that records whoever looks up a host."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "sitecustomize.py").write_text(NO_NETWORK)

    def claims(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
        arguments = [f"--iclgd-model={folder}", "--iclgd-device=cpu", "-p", "no:cacheprovider", *more]
        places = [f"--iclgd-report={tmp_path / 'report'}", f"--iclgd-cache={tmp_path / 'cache'}"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", S1T, *arguments, *places],
            cwd=ROOT, capture_output=True, text=True, timeout=HANG,
            env=environment(
                tmp_path / "home", NETWORK_CANARY=str(tmp_path / "network"),
                PYTHONPATH=os.pathsep.join([str(ROOT), str(tmp_path / "path")]),
            ),
        )  # fmt: skip

    yield claims
    assert not (tmp_path / "network").exists(), (tmp_path / "network").read_text()


def harmless(text: str) -> bool:
    return not [c for c in text if c not in "\n\t\r" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]


def test_claims_on_a_folder_full_of_traps(run: Any, tmp_path: Path) -> None:
    folder, canary = build("a good model", tmp_path / "model", tmp_path / "canary"), tmp_path / "canary"
    for name in ALL_AT_ONCE:
        HOSTILE[name].damage(folder, canary)
    assert json.loads((folder / "config.json").read_text())["auto_map"] == AUTO_MAP
    done = run(folder, "-n0")
    assert not canary.exists()
    assert "Traceback" not in done.stdout + done.stderr
    report = json.loads((tmp_path / "report" / "claims.json").read_text())
    assert {claim["verdict"] for claim in report["claims"]} <= {"supported", "inconclusive", "refuted"}, done.stdout


def test_claims_on_a_folder_that_is_refused_and_has_a_hostile_name(run: Any, tmp_path: Path) -> None:
    folder = build("pickle alone", tmp_path / ESCAPES.replace("/", "|"), tmp_path / "canary")
    done = run(folder, "-n0")
    shown = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, shown
    assert shown.count("ERROR: --iclgd-model") == 1, shown
    assert "pickled weights are not read" in shown
    assert "Traceback" not in shown
    assert harmless(shown), repr(shown)
    assert not (tmp_path / "canary").exists()


def test_claims_on_a_folder_whose_settings_are_escapes(run: Any, tmp_path: Path) -> None:
    done = run(build("names with escapes", tmp_path / "model", tmp_path / "canary"), "-n0")
    assert done.returncode in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.TESTS_FAILED)
    assert "Traceback" not in done.stdout + done.stderr
    assert harmless(done.stdout + done.stderr), repr(done.stdout + done.stderr)
