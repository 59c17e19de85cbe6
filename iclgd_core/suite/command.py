"""The `iclgd` command: wiring of its subcommands, which lie in the folders of the suite."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from pkgutil import resolve_name

from iclgd_core.evidence.code_version import VERSION, commit
from iclgd_core.safety.command import Command, run_commands
from iclgd_core.suite import PREFIX

COMMANDS: Mapping[str, str] = {
    "calibrate": "fixtures.commands.calibrate:CALIBRATE",
    "compare": "reports.commands.compare:COMPARE",
    "doctor": "fixtures.commands.doctor:DOCTOR",
    "episodes": "reports.commands.episodes:EPISODES",
    "prefetch": "fixtures.commands.prefetch:PREFETCH",
    "pretrain": "fixtures.commands.pretrain:PRETRAIN",
    "report": "reports.commands.report:REPORT",
}
"""Each subcommand by its entry point: what reads saved reports need not wait seconds for torch and transformers."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; return its exit status."""
    given = sys.argv[1:] if argv is None else argv
    named = [given[0]] if given and given[0] in COMMANDS else COMMANDS
    return run_commands([command(name) for name in named], given, version)


def command(name: str) -> Command:
    """Load one of COMMANDS."""
    found: Command = resolve_name(f"{PREFIX}{COMMANDS[name]}")
    return found


def version() -> str:
    """Return the version, and the commit where the code lies in a checkout: `iclgd 0.1.0, commit 0123456789ab`."""
    found = commit(Path(__file__).parents[2])
    changed = " with uncommitted changes" if found["dirty"] else ""
    at = f", commit {str(found['commit'])[:12]}{changed}" if found["commit"] else ""
    return f"iclgd {VERSION}{at}"


if __name__ == "__main__":
    sys.exit(main())
