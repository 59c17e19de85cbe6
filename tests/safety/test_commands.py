"""What `iclgd` prints: no credential of the user, whatever a command, a library or a Hub says."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from rich.console import Console

from iclgd_core.errors import SettingsError
from iclgd_core.safety.command import USER_MISTAKE, Command, run_commands
from iclgd_core.safety.redaction import MARK
from tests.plugin.project import ROOT
from tests.safety import planted
from tests.safety.hostile_models import ESCAPES
from tests.waiting import HANG

SHOWN = " and ".join(planted.ALL)


def refusing(console: Console) -> int:
    raise SettingsError(f"refused: {SHOWN}")


def failing(console: Console) -> int:
    raise RuntimeError(f"failed: {SHOWN}")


def printing(console: Console) -> int:
    console.print(f"said: {SHOWN}", markup=False, soft_wrap=True)
    console.file.write(f"written: {SHOWN}\n")
    print("printed:", SHOWN)
    print("printed:", SHOWN, file=sys.stderr)
    logging.getLogger("leak").error("logged: %s", SHOWN)
    return 0


def interrupted(console: Console) -> int:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(("run", "status"), [(refusing, USER_MISTAKE), (failing, 1), (printing, 0), (interrupted, 130)])
def test_no_command_prints_a_credential(
    capfd: pytest.CaptureFixture[str], run: Callable[[Console], int], status: int
) -> None:
    command = Command("leak", "Leak.", lambda parser: None, lambda args, console: run(console), f"lost {SHOWN}")
    assert run_commands([command], ["leak"]) == status
    captured = capfd.readouterr()
    assert MARK in captured.out + captured.err
    assert not any(part in captured.out + captured.err for part in (*planted.ALL, *planted.FRAGMENTS))


@pytest.mark.usefixtures("credentials")
def test_a_credential_that_was_typed_is_not_repeated(capfd: pytest.CaptureFixture[str]) -> None:
    command = Command("leak", "Leak.", lambda parser: None, lambda args, console: 0)
    with pytest.raises(SystemExit):
        run_commands([command], ["leak", "--token", planted.BY_FORM])
    captured = capfd.readouterr()
    assert MARK in captured.err
    assert planted.BY_FORM not in captured.err


def test_an_error_cannot_act_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    def quoting(console: Console) -> int:
        raise SettingsError(f"no model of the name {ESCAPES}.\nType another.")

    command = Command("quote", "Quote.", lambda parser: None, lambda args, console: quoting(console))
    assert run_commands([command], ["quote"]) == USER_MISTAKE
    said = capfd.readouterr().err
    assert "<script>" in said
    assert not any(c in said for c in "\x1b\x07\x9b\u202e\u2066\u200b")


STATUSES = (400, 401, 403, 404, 500)


class Echo(BaseHTTPRequestHandler):
    """A Hub that answers each repository with the status in its name, and repeats the credential that it was sent."""

    sent: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        sent = self.headers.get("Authorization", "nothing")
        status = next((status for status in STATUSES if f"s{status}" in self.path), 400)
        body = f'{{"error": "refused {sent} at https://me:{sent}@hub.example"}}'.encode()
        self.send_response(status, f"refused {sent}")
        for name, value in {
            "X-Error-Message": f"refused {sent}", "Retry-After": "0", "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.sent.append(sent)

    do_HEAD = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def endpoint() -> Iterator[str]:
    """The address of such a Hub on loopback."""
    Echo.sent.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


PREFETCH = """
import sys
from iclgd_core.safety.command import run_commands
from fixtures.commands.prefetch import PREFETCH
sys.exit(max(run_commands([PREFETCH], ["prefetch", "--model", name]) for name in sys.argv[1:]))
"""


def test_a_hub_that_repeats_the_token(endpoint: str, credentials: Path, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    done = subprocess.run(
        [sys.executable, "-c", PREFETCH, *(f"someone/s{status}" for status in STATUSES)],
        cwd=tmp_path, capture_output=True, text=True, timeout=HANG,
        env=kept | {"PYTHONPATH": str(ROOT), "HF_HOME": str(credentials), "HF_TOKEN": planted.BY_FORM,
                    "HF_ENDPOINT": endpoint, "HF_DEBUG": "1", "HF_HUB_DOWNLOAD_TIMEOUT": f"{HANG:.0f}"},
    )  # fmt: skip
    shown = done.stdout + done.stderr
    assert done.returncode in (1, USER_MISTAKE), shown
    assert any(planted.BY_FORM in one for one in Echo.sent), "the Hub was asked with the token, so it could repeat it"
    assert all(f"someone/s{status}" in shown for status in STATUSES)
    assert MARK in shown
    assert not any(part in shown for part in (planted.BY_FORM, *planted.FRAGMENTS)), shown
