"""Golden files: what a renderer wrote once, looked at by a person, and must write again."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden_files"
WRITE = "write"
VARIABLE = "ICLGD_GOLDEN"


def check_golden(name: str, text: str) -> None:
    """Hold `text` to the golden file of that name; with `ICLGD_GOLDEN=write` make the file anew."""
    path = FOLDER / name
    if os.environ.get(VARIABLE) == WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), f"{path} is missing. Make it with {VARIABLE}={WRITE}, look at it, and keep it."
    golden = path.read_bytes().decode()
    again = f"{path} holds another text. If the new one is right, make it with {VARIABLE}={WRITE} and look at it."
    assert text == golden, again
