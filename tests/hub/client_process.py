"""A client of a Hub in its own process: huggingface_hub reads its environment when it is imported."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[2]

_SCRIPT = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from iclgd_core.errors import IclgdError
from iclgd_core.hub import ensure_available, resolve_model
from iclgd_core.hub.data import HubData, cached_data, fetch_data
from iclgd_core.hub.series import expand, series

def load_model(*args):
    from iclgd_core.models.language.loading import load_model
    return load_model(*args)

def evaluated(expression):
    try:
        return eval(expression)
    except IclgdError as error:
        return {"error": type(error).__name__, "says": str(error)}

questions = json.loads(sys.argv[1])
with ThreadPoolExecutor(int(sys.argv[2])) as pool:
    answers = dict(zip(questions, pool.map(evaluated, questions.values())))
print("ANSWERS " + json.dumps(answers, default=str))
"""


_PREFETCH = """
import json, sys
sys.stderr = sys.stdout
from iclgd_core.safety.command import run_commands
from fixtures.commands.prefetch import PREFETCH
for command in json.loads(sys.argv[1]):
    try:
        status = run_commands([PREFETCH], ["prefetch", *command])
    except SystemExit as end:
        status = end.code
    print("STATUS", status, flush=True)
"""


@dataclass(frozen=True)
class Finished:
    """What a client did."""

    answers: Any
    output: str
    status: int


def environment(endpoint: str, home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a client: its Hub, its cache, and nothing of the tester's own login.

    No answer is late by default: how fast a Hub is on a busy machine is not what a test is about.
    """
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING_FACE", "TRANSFORMERS"))
    }
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DOWNLOAD_TIMEOUT": f"{HANG:.0f}",
        "no_proxy": "*",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def client(questions: Mapping[str, str], env: Mapping[str, str], at_once: int = 1) -> Finished:
    """Evaluate expressions over the functions of iclgd_core.hub, so many at once; a user's error is an answer."""
    done = _run([sys.executable, "-c", _SCRIPT, json.dumps(dict(questions)), str(at_once)], env)
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWERS ")]
    assert lines, done.stdout + done.stderr
    return Finished(json.loads(lines[-1].removeprefix("ANSWERS ")), done.stdout + done.stderr, done.returncode)


def prefetch(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> list[Finished]:
    """Run `iclgd prefetch` with each of some lists of arguments, one after the other."""
    done = _run([sys.executable, "-c", _PREFETCH, json.dumps([list(command) for command in commands])], env)
    parts = done.stdout.split("STATUS ")
    assert len(parts) == len(commands) + 1, done.stdout + done.stderr
    statuses = [int(part.split()[0]) for part in parts[1:]]
    outputs = [parts[0], *(part.partition("\n")[2] for part in parts[1:])]
    return [Finished(None, output, status) for output, status in zip(outputs, statuses, strict=False)]


def _run(command: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=dict(env), capture_output=True, text=True, timeout=HANG, check=False, cwd=ROOT)
