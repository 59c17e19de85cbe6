"""No call in our own packages runs what a file says, and no option takes a credential."""

import argparse
from pathlib import Path

import pytest
import torch
import transformers
from packaging.version import Version

from fixtures.option_list import OPTIONS
from iclgd_core.suite import command
from tests.plugin.project import ROOT, Project
from tests.safety.call_sites import found

PACKAGES = ("iclgd_core", "fixtures", "reports", "claims", "benchmarks")


def sources() -> dict[str, Path]:
    paths = [ROOT / "conftest.py", *(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): path for path in paths}


def test_nothing_runs_what_a_file_says() -> None:
    assert len(sources()) > 100
    wrong = {name: found(path.read_text(encoding="utf-8")) for name, path in sources().items()}
    assert {name: calls for name, calls in wrong.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.load('x')",
        "from torch import load\nload('x')",
        "from torch import load as read\nread('x')",
        "import pickle",
        "from pickle import loads",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "eval('1')",
        "exec(text)",
        "import os\nos.system('ls')",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import yaml\nyaml.load(x)",
        "AutoConfig.from_pretrained(x)",
        "AutoConfig.from_pretrained(x, trust_remote_code=flag)",
        "load(x, trust_remote_code=True)",
        "model(x, use_kernels=True)",
    ],
)
def test_the_search_finds(source: str) -> None:
    assert found(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.compile('x')",
        "model.eval()",
        "import numpy as np\nnp.load('x')",
        "AutoConfig.from_pretrained(x, trust_remote_code=False)",
        "import json\njson.loads(x)",
    ],
)
def test_the_search_lets_pass(source: str) -> None:
    assert found(source) == []


def test_versions_with_known_holes_are_not_installed() -> None:
    assert Version(transformers.__version__) >= Version("5.3"), "CVE-2026-4372"
    assert Version(torch.__version__) >= Version("2.6"), "CVE-2025-32434"


def flags_of(parser: argparse.ArgumentParser) -> list[str]:
    return [flag for action in parser._actions for flag in (*action.option_strings, action.dest)]


def test_no_option_takes_a_token() -> None:
    flags = [option.flag for option in OPTIONS] + [option.dest for option in OPTIONS]
    for name in command.COMMANDS:
        parser = argparse.ArgumentParser()
        command.command(name).configure(parser)
        flags += flags_of(parser)
    assert len(flags) > 30
    assert [f for f in flags if any(word in f.lower() for word in ("token", "password", "secret", "credential"))] == []


CLAIMS = """
@stated("A")
def test_one(judge):
    judge(found())

@stated("B")
def test_two(judge):
    raise RuntimeError("no")

@stated("C")
def test_three(judge):
    judge(found(0.9, 0.1))
"""


def test_the_environment_is_not_recorded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("SOME_SECRET", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "HF_CANARY", "ICLGD_CANARY")
    for name in names:
        monkeypatch.setenv(name, f"canary-of-{name.lower()}")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "summary.md"))
    project.claim(CLAIMS)
    result = project.run("claims", "--showlocals", "-rA", "--junitxml=junit.xml")
    written = [path for path in project.path.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    assert {"claims.json", "index.html", "claims.md", "junit.xml", "summary.md"} <= {path.name for path in written}
    texts = {str(path): path.read_text(encoding="utf-8") for path in written}
    texts |= {"standard output": result.stdout.str(), "standard error": result.stderr.str()}
    assert [name for name, text in texts.items() if "canary-of-" in text] == []
