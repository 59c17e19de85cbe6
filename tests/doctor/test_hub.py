"""`iclgd doctor` in a process of its own, against a Hub on loopback: a model that is not here yet, and nobody there."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.hub.client_process import ROOT, environment
from tests.hub.hub_server import HubServer, one_commit, serving
from tests.text_models import save_text_model
from tests.waiting import HANG

DOCTOR = """
import sys
from iclgd_core.safety.command import run_commands
from fixtures.commands.doctor import DOCTOR
sys.exit(run_commands([DOCTOR], ["doctor", "--device=cpu", "--json", *sys.argv[1:]]))
"""
TOKEN = "hf_" + "PlantedTokenThatNobodyMaySee12345"


def asked(env: Mapping[str, str], *arguments: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Return the exit status, the findings by section and name, and everything that was printed."""
    done = subprocess.run(
        [sys.executable, "-c", DOCTOR, *arguments],
        env=dict(env), capture_output=True, text=True, timeout=HANG, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout, done.stderr
    read = json.loads(done.stdout)
    sections = {s["title"]: {one["name"]: one for one in s["findings"]} for s in read["sections"]}
    return done.returncode, sections, done.stdout + done.stderr


def test_a_model_that_is_not_here_is_judged_from_its_configuration(tmp_path: Path) -> None:
    saved = save_text_model(tmp_path / "model", ["a few words about sports"])
    files = {path.name: path.read_bytes() for path in saved.iterdir()}
    files["model.safetensors"] += b"\0" * (1 << 20)
    hub = HubServer({"someone/tiny": one_commit(files), "someone/closed": one_commit(files)}, gated={"someone/closed"})
    with serving(hub):
        env = environment(hub.endpoint, tmp_path / "home", HF_TOKEN=TOKEN)
        models = ("someone/tiny", "someone/closed", "someone/none")
        status, said, printed = asked(env, *(f"--model={name}" for name in models))
    network = said["Hugging Face Hub"]
    assert network["reachable"]["value"].startswith("answers")
    assert network["token"]["value"] == "present"
    tiny = said["someone/tiny on ginc-k5, quick tier"]
    assert tiny["model"]["state"] == "note"
    assert "GB to download first" in tiny["model"]["value"]
    assert tiny["prompts"]["value"].startswith("assumed")
    assert tiny["memory, GD on the whole model"]["state"] == "ok"
    assert "gated" in said["someone/closed on ginc-k5, quick tier"]["model"]["value"]
    assert "no model 'someone/none'" in said["someone/none on ginc-k5, quick tier"]["model"]["value"]
    assert status == 1
    assert hub.gets("config.json")
    assert not hub.gets("model.safetensors")
    questions = [one for one in hub.seen if one.path.partition("?")[0] == "/api/models"]
    assert questions
    assert not any("authorization" in {name.lower() for name in one.headers} for one in questions)
    assert TOKEN not in printed


def test_without_a_hub_the_default_run_works(tmp_path: Path) -> None:
    status, said, _ = asked(environment("http://127.0.0.1:9", tmp_path / "home"))
    assert status == 0
    assert said["Hugging Face Hub"]["reachable"]["state"] == "note"
    assert f"no answer within {HANG:g} s" in said["Hugging Face Hub"]["reachable"]["value"]
    assert said["Folders"]["embedded models"]["state"] == "ok"
