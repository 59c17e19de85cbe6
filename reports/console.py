"""A console that draws into text, at a width of one's choice."""

from io import StringIO

from rich.console import Console

NARROWEST = 40


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
