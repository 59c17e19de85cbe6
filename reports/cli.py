"""The `iclgd` command: wiring of its subcommands, as conftest.py is that of the plugins."""

import sys
from collections.abc import Sequence

from iclgd_core.command import run_commands
from iclgd_core.commands.calibrate import CALIBRATE
from iclgd_core.commands.doctor import DOCTOR
from iclgd_core.commands.prefetch import PREFETCH
from iclgd_core.commands.pretrain import PRETRAIN
from reports.commands.compare import COMPARE
from reports.commands.report import REPORT

COMMANDS = (CALIBRATE, COMPARE, DOCTOR, PREFETCH, PRETRAIN, REPORT)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; return its exit status."""
    return run_commands(COMMANDS, argv)


if __name__ == "__main__":
    sys.exit(main())
