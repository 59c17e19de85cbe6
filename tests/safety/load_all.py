"""Program: load each folder that standard input names, with the network cut and memory bounded; report on each.

Every line in is JSON with `name`, `folder` and `canary`; every line out is JSON with what became of it. The network is
not asked to be off: HF_HUB_OFFLINE stays unset, and any attempt to connect is recorded.
"""

import json
import resource
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from iclgd_core.errors import IclgdError
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.language.preflight import reader_of

BYTES = 12 * 2**30
"""Address space: a folder that makes the loader ask for more ends in a MemoryError, not in a machine without memory."""

attempts: list[str] = []


def refuse(*args: Any, **more: Any) -> Any:
    attempts.append(repr(args[-1:])[:200])
    raise OSError("no network in this test")


def outcome(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = {"error": "", "clear": False, "message": "", "peak": 0}
    for step in (reader_of, load_model):
        try:
            step(folder)
        except IclgdError as error:
            found.update(error=type(error).__name__, clear=True, message=str(error))
        except BaseException as error:
            found.update(error=type(error).__name__, clear=False, message=traceback.format_exc()[-2000:])
            return found
    return found


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        setattr(socket, name, refuse)
    for line in sys.stdin:
        case = json.loads(line)
        attempts.clear()
        found = outcome(case["folder"])
        found.update(
            name=case["name"], attempts=list(attempts), sprung=Path(case["canary"]).exists(),
            peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )  # fmt: skip
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
