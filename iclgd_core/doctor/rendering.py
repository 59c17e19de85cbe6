"""A diagnosis as a table for a terminal, lines for a log, and JSON for a program."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from iclgd_core.doctor.findings import Section
from iclgd_core.evidence.plain import Json
from iclgd_core.safety.redaction import redact

SCHEMA = "iclgd-doctor/1"
STYLES = {"ok": "green", "note": "yellow", "problem": "bold red"}


def works(sections: Sequence[Section]) -> bool:
    """Return whether nothing that was asked for has a problem."""
    return all(section.works for section in sections)


def document(sections: Sequence[Section]) -> dict[str, Json]:
    """Return the diagnosis as plain JSON."""
    wired: list[Json] = [
        {
            "title": plain(section.title),
            "findings": [{name: plain(text) for name, text in one.wire().items()} for one in section.findings],
        }
        for section in sections
    ]
    return {"schema": SCHEMA, "works": works(sections), "sections": wired}


def show(sections: Sequence[Section], console: Console) -> None:
    """Write tables on a terminal, and one line a finding elsewhere."""
    for section in sections:
        if console.is_terminal:
            console.print(_table(section))
            continue
        console.print(plain(section.title), markup=False, highlight=False, soft_wrap=True)
        for one in section.findings:
            hint = f" [{one.hint}]" if one.hint else ""
            line = f"  {one.state:<8}{one.name}: {one.value}{hint}"
            console.print(plain(line), markup=False, highlight=False, soft_wrap=True)
    last = "Nothing stands in the way." if works(sections) else "Some of it cannot work; see the problems above."
    console.print(last, markup=False, highlight=False)


def _table(section: Section) -> Table:
    table = Table(title=Text(plain(section.title)), title_justify="left", show_header=False, expand=False)
    table.add_column(style="bold", overflow="fold")
    table.add_column()
    table.add_column(overflow="fold")
    for one in section.findings:
        value = Text(plain(one.value))
        if one.hint:
            value.append(f"\n{plain(one.hint)}", style="dim")
        table.add_row(Text(plain(one.name)), Text(one.state, style=STYLES[one.state]), value)
    return table


def plain(text: str) -> str:
    """Return a text without control characters and credentials: names of models and files are other people's."""
    return redact("".join(c if c.isprintable() else " " for c in text))
