"""A console that draws into text, and how wide a terminal is."""

import shutil
from io import StringIO

from rich.console import Console

NARROWEST = 40
WITHOUT_TERMINAL = (100, 24)


def terminal_width() -> int:
    """Return the columns of the terminal, or of a log."""
    return shutil.get_terminal_size(WITHOUT_TERMINAL).columns


def text_console(width: int, colour: bool) -> Console:
    """Return a console that keeps what is printed; text from outside is shown as text."""
    return Console(
        file=StringIO(),
        width=max(width, NARROWEST),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def printed(console: Console) -> str:
    """Return what was printed, without blanks at the ends of lines."""
    assert isinstance(console.file, StringIO)  # noqa: S101  (made so above)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
