"""Real claims on a small embedded model: the same in every mode, and through a corrupt store."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = ("claims/shen/test_s1t_order_invariance.py", "claims/shen/test_s5_checkpoints.py")
MODES = {"serial": ("-p", "no:xdist"), "n2": ("-n2", "--dist=worksteal")}
ACCURACY = (CLAIMS[1], "-k", "accuracy", "-p", "no:xdist")


def run(out: Path, cache: Path, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Run claims as a user does; return exit status, the claims of the report without their times, and the output."""
    options = (f"--iclgd-report={out}", f"--iclgd-cache={cache}", "-p", "no:cacheprovider")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    claims = json.loads((out / "claims.json").read_text())["claims"]
    return done.returncode, [{**row, "seconds": None} for row in claims], done.stdout


def test_serial_and_parallel_runs_agree_to_the_last_digit(tmp_path: Path) -> None:
    found = {
        mode: run(tmp_path / mode, tmp_path / f"{mode}-cache", *CLAIMS, *arguments) for mode, arguments in MODES.items()
    }
    status, claims, output = found["serial"]
    assert status == 0, output
    assert len(claims) >= 6
    assert found["n2"][:2] == (status, claims)


def test_a_corrupt_measurement_is_measured_again(tmp_path: Path) -> None:
    """Every other one has a bit flipped, the others are cut short; a flipped one that is taken changes the result."""
    first = run(tmp_path / "report", tmp_path / "cache", *ACCURACY)
    stored = sorted((tmp_path / "cache").rglob("*.safetensors"))
    assert len(stored) >= 2
    for number, path in enumerate(stored):
        data = bytearray(path.read_bytes())
        data[-9] ^= 1
        path.write_bytes(data[:20] if number % 2 else data)
    again = run(tmp_path / "report", tmp_path / "cache", *ACCURACY)
    assert first[0] == 0, first[2]
    assert again[:2] == first[:2], again[2]
    assert "corrupt" in again[2]
