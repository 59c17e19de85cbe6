"""A subcommand of `iclgd`, and the running of one."""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from iclgd_core.errors import IclgdError
from iclgd_core.safety.harmless_text import harmless
from iclgd_core.safety.redacted_output import redacted_output

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


def run_commands(commands: Sequence[Command], argv: Sequence[str], version: Callable[[], str] = str) -> int:
    """Run the one that `argv` names; return its exit status, 2 for a user's mistake, 130 after Ctrl-C.

    Nothing that is printed meanwhile, tracebacks included, holds a credential. An empty value of any option or argument
    is refused: an unset variable gives one, and means neither the current directory nor that nothing was asked for.

    Args:
        commands: to choose from.
        argv: arguments, without the name of the program.
        version: the line that `--version` prints, made when it is asked for.
    """
    with redacted_output():
        return _run(commands, argv, version)


def _run(commands: Sequence[Command], argv: Sequence[str], version: Callable[[], str]) -> int:
    parser = argparse.ArgumentParser(prog="iclgd", description="Is in-context learning gradient descent?")
    parser.add_argument("--version", action=_Shown, made=version, help="Show the version and commit, and exit")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands:
        command.configure(choices.add_parser(command.name, help=command.help, description=command.help))
    errors = Console(stderr=True)
    if empty := _empty(argv):
        hint = "An unset variable gives an empty one: set it, or leave the option out."
        errors.print(f"iclgd: {harmless(empty)} is empty. Allowed: a value. {hint}", markup=False, soft_wrap=True)
        return USER_MISTAKE
    args = parser.parse_args(argv)
    command = next(command for command in commands if command.name == args.command)
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


def _empty(argv: Sequence[str]) -> str:
    """Return which value is empty, by its option or its place; an empty text if none is."""
    for i, given in enumerate(argv):
        before = argv[i - 1] if i else ""
        if not given.strip():
            return before if before.startswith("-") and "=" not in before else f"argument {i + 1}"
        name, equals, value = given.partition("=")
        if name.startswith("--") and equals and not value.strip():
            return name
    return ""


class _Shown(argparse.Action):
    """Prints a line that is made only when it is asked for, and exits."""

    def __init__(self, made: Callable[[], str], **more: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **more)
        self.made = made

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(f"{self.made()}\n")
        parser.exit()
