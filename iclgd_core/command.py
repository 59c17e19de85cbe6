"""A subcommand of `iclgd`, and the running of one."""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from iclgd_core.errors import IclgdError
from iclgd_core.harmless_text import harmless
from iclgd_core.redacted_output import redacted_output

FAULT = 1
USER_MISTAKE = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Command:
    """One subcommand.

    Attributes:
        name: as it is typed.
        help: what it does, in a line.
        configure: adds its arguments.
        run: does it, and returns the exit status.
        when_interrupted: what is lost, for the message after Ctrl-C.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Console], int]
    when_interrupted: str = "nothing was written"


def run_commands(commands: Sequence[Command], argv: Sequence[str] | None = None) -> int:
    """Run the one that `argv` names; return its exit status, 2 for a user's mistake, 130 after Ctrl-C.

    Nothing that is printed meanwhile, tracebacks included, holds a credential.
    """
    with redacted_output():
        return _run(commands, argv)


def _run(commands: Sequence[Command], argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="iclgd", description="Is in-context learning gradient descent?")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands:
        command.configure(choices.add_parser(command.name, help=command.help, description=command.help))
    args = parser.parse_args(argv)
    command = next(command for command in commands if command.name == args.command)
    errors = Console(stderr=True)
    try:
        return command.run(args, Console())
    except KeyboardInterrupt:
        errors.print(f"iclgd: interrupted; {command.when_interrupted}.", markup=False, highlight=False)
        return INTERRUPTED
    except IclgdError as error:
        errors.print(f"iclgd: {harmless(str(error))}", markup=False, highlight=False, soft_wrap=True)
        return USER_MISTAKE
    except Exception:  # a fault of ours: its traceback may quote anything
        sys.stderr.write(harmless(traceback.format_exc()))
        return FAULT
