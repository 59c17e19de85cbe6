"""`iclgd doctor`: what it says, as lines and as JSON, and its exit status."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import constants
from rich.console import Console
from safetensors.torch import load_file, save_file
from transformers import AutoConfig

from fixtures.commands.doctor import DOCTOR
from fixtures.doctor import diagnosis, hardware, network, software
from fixtures.doctor.hardware import Device, device_of_run
from fixtures.doctor.network import HubState, ask_hub
from fixtures.doctor.places import places
from fixtures.doctor.rendering import plain, show
from fixtures.doctor.subject import Described
from iclgd_core.errors import SettingsError
from iclgd_core.models.embedded import MODELS_DIR
from iclgd_core.safety.command import run_commands
from iclgd_core.suite import FOLDER
from tests.devices.conftest import Smi

CLAIMS = FOLDER / "claims"
TOKEN = "hf_" + "PlantedTokenThatNobodyMaySee12345"
OFFLINE = HubState(False, False, "not asked: HF_HUB_OFFLINE is set")

TORCH = version("torch")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, no half-second measurement, a directory of its own."""
    monkeypatch.setattr(diagnosis, "ask_hub", lambda: OFFLINE)
    monkeypatch.setattr("fixtures.doctor.prognosis.throughput", lambda *arguments: 1e12)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str, claims: Path = CLAIMS / "shen") -> int:
    return run_commands([DOCTOR], ["doctor", str(claims), "--device=cpu", *arguments])


def found(
    capsys: pytest.CaptureFixture[str], *arguments: str, claims: Path = CLAIMS / "shen"
) -> tuple[int, dict[str, dict[str, tuple[str, str]]]]:
    """Return the exit status, and (state, value) by section and name."""
    status = run("--json", *arguments, claims=claims)
    read = json.loads(capsys.readouterr().out)
    assert read["schema"] == "iclgd-doctor/1"
    assert read["works"] is (status == 0)
    return status, {
        section["title"]: {one["name"]: (one["state"], one["value"]) for one in section["findings"]}
        for section in read["sections"]
    }


def test_the_default_run_works(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = found(capsys)
    assert status == 0
    assert said["Software"]["torch"] == ("ok", TORCH)
    assert said["Software"]["known holes"][0] == "ok"
    assert said["Hardware"]["a run computes on"] == ("ok", "the CPU")
    assert said["Folders"]["embedded models"][0] == "ok"
    model = said["ginc-llama-794k on ginc-k5, quick tier"]
    assert model["model"] == ("ok", "llama, causal, on this machine")
    assert model["number format"][1].startswith("float32")
    assert model["engine of GD"][1].startswith("replicas")
    assert "weights 3.0 MiB" in model["memory, GD on the whole model"][1]
    assert model["time of S1, S2, S2a, S2b"][1].startswith("not estimated")
    claims = {name: value for name, (_, value) in model.items() if name.startswith("S")}
    assert list(claims) == ["S1", "S1t", "S2", "S2a", "S2b", "S2n", "S3", "S4", "S5"]
    assert all(value.startswith("runs: ") for value in claims.values())


def test_one_size_without_checkpoints_leaves_some_claims_out(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = found(capsys, "--model", "ginc-llama-794k", claims=CLAIMS)
    (model,) = (lines for title, lines in said.items() if title.startswith("ginc"))
    left_out = {name.split()[0]: value for name, (state, value) in model.items() if state == "note"}
    assert status == 0
    built_in = "not run: it compares built-in models, so it runs where no model is named"
    too_few = "not run: 1 of the 4 sizes that a trend needs"
    assert left_out == {
        **dict.fromkeys(("D7", "O3", "O3g"), built_in),
        **dict.fromkeys(("S4", "X4", "X7", "O4"), too_few),
        "S5": "not run: ginc-llama-794k has no kept checkpoints",
        "O6": "not run: it needs the task linear-digits",
    }
    _, said = found(
        capsys, "--model", "ginc-llama-208k", *(f"--model=ginc-llama-{size}" for size in ("57k", "3.1m", "794k"))
    )
    lines = said["ginc-llama-208k on ginc-k5, quick tier"]
    assert all(state == "ok" for name, (state, _) in lines.items() if name.startswith("S"))


@pytest.mark.parametrize(
    ("arguments", "title", "told"),
    [
        (("--model", "no-such-model"), "no-such-model on ginc-k5, quick tier", "not on this machine"),
        (("--model", "someone/a-model"), "someone/a-model on ginc-k5, quick tier", "not on this machine"),
        (("--model", "family:nobody"), "family:nobody", "unknown family"),
        (("--task", "no_such_task"), "ginc-llama-794k on no_such_task", "unknown task"),
    ],
)
def test_what_cannot_work_is_a_problem(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], title: str, told: str
) -> None:
    status, said = found(capsys, *arguments)
    assert status == 1
    ((state, value),) = said[title].values()
    assert state == "problem"
    assert told in value


def test_weights_that_do_not_fit_the_model_are_a_problem(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Known from the headers of the weight files, before any weight is read."""
    folder = shutil.copytree(MODELS_DIR / "ginc-llama-57k", tmp_path / "with-lora")
    file = folder / "model.safetensors"
    factor = {"model.layers.0.self_attn.q_proj.lora_A.weight": torch.ones(2, 2)}
    save_file(load_file(file) | factor, file, metadata={"format": "pt"})
    status, said = found(capsys, "--model", str(folder))
    assert status == 1
    (title,) = [title for title in said if "with-lora" in title]
    ((state, value),) = said[title].values()
    assert state == "problem"
    assert "adapter that was not merged" in value


def test_too_little_memory_is_a_problem_and_says_how_much(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "device_of_run", lambda asked: Device("cpu", 1, 13 * 2**20))
    status, said = found(capsys)
    lines = said["ginc-llama-794k on ginc-k5, quick tier"]
    assert status == 1
    assert lines["memory, GD on the whole model"][0] == "ok"
    state, value = lines["memory, Adam on the whole model"]
    assert state == "problem"
    assert value.startswith("does not fit: 18.4 MiB")
    assert all(lines[id][1].startswith("error: in-context learning needs") for id in ("S1", "S2", "S3"))
    assert lines["workers"][1].startswith("1 fit on the CPU")


@pytest.mark.parametrize("wrong", [("--tier", "huge"), ("--device", "tpu"), ("--dtype", "float16")])
def test_a_users_mistake_is_told(capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]) -> None:
    status = run_commands([DOCTOR], ["doctor", *wrong])
    told = capsys.readouterr()
    assert status in (1, 2)
    assert "Traceback" not in told.out + told.err
    assert wrong[1] in told.out + told.err


def test_a_gpu_that_is_not_there_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(SettingsError, match="PyTorch sees 0 GPUs here"):
        device_of_run("cuda")
    assert device_of_run("auto").name == "cpu"


def test_a_pretended_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(hardware, "free_memory", lambda name: {"cuda:0": 80, "cuda:1": 70}[name] * 2**30)
    assert device_of_run("auto") == Device("cuda", 2, 70 * 2**30)
    assert device_of_run("cuda:0") == Device("cuda:0", 1, 80 * 2**30)
    with pytest.raises(SettingsError, match="sees 2 GPUs"):
        device_of_run("cuda:2")


def test_a_gpu_that_pytorch_cannot_use_is_told(smi: Smi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = {one.name: one for one in hardware.hardware(Device("cpu", 1, None)).findings}
    assert said["GPU GPU-bbbb-2"].value == "NVIDIA A100-SXM4-80GB, 39.1 GiB free of 80.0 GiB, driver 570.86.15"
    assert (said["GPU use"].value, said["GPU use"].state) == ("PyTorch cannot start CUDA", "problem")
    monkeypatch.setattr(hardware, "is_built_for_gpus", lambda: False)
    said = {one.name: one for one in hardware.hardware(Device("cpu", 1, None)).findings}
    assert (said["GPU use"].value, said["GPU use"].state) == ("this PyTorch is built for the CPU", "note")


def test_old_and_missing_libraries_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "_version", lambda name: "" if name in ("pyarrow", "scipy") else "1.0")

    def refuse() -> None:
        raise SettingsError("transformers 4.0 is older than 5.3 and has a known hole")

    monkeypatch.setattr(software, "check_versions", refuse)
    said = {one.name: one.state for one in software.software().findings}
    assert (said["pyarrow"], said["scipy"], said["numpy"], said["known holes"]) == ("note", "problem", "ok", "problem")


def test_folders_that_cannot_be_written_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".iclgd").write_text("a file")
    monkeypatch.setattr("fixtures.doctor.places.embedded_names", lambda: ())
    said = {one.name: one for one in places().findings}
    assert said["measurements folder"].state == said["report folder"].state == "problem"
    assert "--iclgd-cache DIR" in said["measurements folder"].hint
    assert said["embedded models"].state == "problem"
    assert list(tmp_path.iterdir()) == [tmp_path / ".iclgd"]


def test_the_hub_is_asked_as_patiently_as_by_a_run_and_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    codes = iter((200, 401, 503))

    class Session:
        def get(self, url: str, **more: object) -> object:
            asked.append(more)
            return SimpleNamespace(status_code=next(codes))

    monkeypatch.setattr(network, "get_session", Session)
    monkeypatch.setattr(network, "online", lambda: True)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 77)
    assert [ask_hub().answers for _ in range(3)] == [True, True, False]
    assert asked == [{"timeout": 77.0}] * 3
    monkeypatch.setattr(network, "online", lambda: False)
    assert not ask_hub().asked
    assert len(asked) == 3


def test_a_hub_that_is_not_there_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(network, "online", lambda: True)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 77)
    hub = ask_hub()
    assert (hub.asked, hub.answers) == (True, False)
    assert hub.message.startswith("no answer within 77 s: ConnectError")
    assert network.network(hub).works


def test_a_token_is_present_and_never_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "ENDPOINT", f"https://me:{TOKEN}@hub.example")
    run()
    run("--json", "--model", f"x/{TOKEN}")
    said = capsys.readouterr()
    assert "token: present" in said.out
    assert "hub.example" in said.out
    assert TOKEN not in said.out + said.err


def test_lines_in_a_log_and_a_table_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run()
    log = capsys.readouterr().out
    assert "\x1b" not in log
    assert f"  ok      torch: {TORCH}" in log.splitlines()
    assert log.splitlines()[-1] == "Nothing stands in the way."
    terminal = Console(force_terminal=True, width=120, record=True)
    show([software.software()], terminal)
    assert TORCH in terminal.export_text()


def test_names_from_outside_are_harmless() -> None:
    assert plain("a\x1b[2Jb\u202ec\nd") == "a [2Jb c d"


def test_a_seven_billion_model_is_judged_without_its_weights(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = AutoConfig.for_model("llama")
    config.num_hidden_layers, config.vocab_size = 32, 32000
    monkeypatch.setattr(
        "fixtures.doctor.prognosis.describe",
        lambda name, may_ask: Described(config, masked=False, here=False, download=13_500_000_000),
    )
    monkeypatch.setattr(diagnosis, "device_of_run", lambda asked: Device("cuda", 1, 80 * 2**30))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    status, said = found(capsys, "--model", "huggyllama/llama-7b")
    lines = said["huggyllama/llama-7b on ginc-k5, quick tier"]
    assert lines["model"] == ("note", "llama, causal, 13.5 GB to download first")
    assert lines["prompts"][1].startswith("assumed: up to 1024 tokens")
    assert lines["number format"][1].startswith("bfloat16 (6.74 B parameters")
    assert lines["attention"][1] == "sdpa"
    assert lines["engine of GD"][1].startswith("in place")
    assert lines["memory, GD on the whole model"][0] == "ok"
    assert lines["memory, GD on W_V of one layer"][0] == "ok"
    assert "GiB" in lines["memory, in-context learning"][1]
    assert lines["time of S1, S2, S2a, S2b"][1].endswith("at 4.0e+11 a second)")
    assert "within a factor of 3" in lines["time of S1, S2, S2a, S2b"][1]
    problems = [name for name, (state, _) in lines.items() if state == "problem"]
    assert (status == 0) is (problems == [])
