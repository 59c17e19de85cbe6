"""Workers of nested runs that find torch and transformers in memory: forked from a process that imported them once.

A worker imports for seconds before its first test, and a nested run starts two. Here each is forked from a server that
has the libraries, and none of our own code, in memory. Nested runs that are about processes themselves (killed
controllers, devices, credentials, real claims) start workers of their own.

As a script: without arguments the client, which stands in a worker's place and ends with it; with a path, the server.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

PLACE = "ICLGD_TEST_WORKER_SERVER"
HEAVY = (
    "numpy", "torch", "torch._dynamo", "torch.distributed.tensor", "torch.func", "scipy.stats", "scipy.optimize",
    "transformers", "transformers.conversion_mapping", "transformers.integrations.flash_attention",
    "transformers.loss.loss_utils", "transformers.modeling_layers", "transformers.models.auto.modeling_auto", "jinja2",
    "jsonschema", "rich.console",
)  # fmt: skip
LONGEST_PATH = 100


class WorkerServer:
    """The server, started when the first worker is asked for."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "s"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def can_serve(self) -> bool:
        """Whether the system can fork a worker and reach it; the path of a socket has to be short."""
        return sys.platform == "linux" and len(os.fsencode(self.path)) < LONGEST_PATH

    def arguments(self, code: str) -> list[str]:
        """Return the command line of a worker that runs `code`."""
        if self._process is None:
            self._process = subprocess.Popen([sys.executable, __file__, str(self.path)], stdout=subprocess.PIPE)
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"ready\n"
        return [sys.executable, "-I", "-S", __file__, "-c", code]

    def stop(self) -> None:
        """End the server; workers end with their runs."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def client(code: str, path: str) -> None:
    """Have the server fork a worker with our streams, directory and environment; end when it does."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        request = json.dumps({"code": code, "cwd": os.getcwd(), "environment": dict(os.environ)}).encode()
        socket.send_fds(connection, [len(request).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(request)
        empty = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):
            os.dup2(empty, stream)
        connection.recv(1)  # nothing ever comes but the end of the worker


def serve(path: str) -> None:
    """Import, then fork a worker for each client until killed."""
    for name in HEAVY:
        with suppress(ImportError):
            import_module(name)
    signal.signal(signal.SIGCHLD, bury)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        print("ready", flush=True)
        while True:
            connection, _ = server.accept()
            size, streams, _, _ = socket.recv_fds(connection, 8, 3)
            with connection.makefile("rb") as sent:
                request = json.loads(sent.read(int.from_bytes(size, "big")))
            if os.fork() == 0:
                server.close()
                work(request, streams)
            connection.close()
            for stream in streams:
                os.close(stream)


def bury(number: int, frame: object) -> None:
    """Take leave of the workers that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def work(request: dict[str, object], streams: list[int]) -> None:
    """Become a worker, which keeps its end of the connection until it dies."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(dict(request["environment"]))  # type: ignore[call-overload]
    sys.argv = ["-c"]
    sys.path[0] = ""
    try:
        exec(str(request["code"]), {"__name__": "__main__"})  # noqa: S102
    finally:
        atexit._run_exitfuncs()  # as the interpreter does at its end, which `_exit` skips
        os._exit(0)


def replaced(server: WorkerServer, code: str) -> Callable[[object], list[str]]:
    """Return a stand-in for execnet's `popen_args`."""
    return lambda _: server.arguments(code)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    else:
        client(sys.argv[-1], os.environ[PLACE])
