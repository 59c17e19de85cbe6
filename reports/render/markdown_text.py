"""Text from outside made harmless in Markdown, and documents that fit a number of bytes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .plain_text import plain

LIMIT = 2**20
"""A GitHub job summary above 1 MiB is dropped as a whole."""

LONGEST = 600
"""Characters of one text; the rest is cut."""

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "`": "&#96;", "$": "&#36;"}
BACKSLASHED = frozenset("\\*_[]~")
APART = "&#8203;"
"""A space of no width, after what would else become a mention, a link or a picture."""

LINKS = re.compile(r"(?i)(@|#|:(?=[a-z0-9_+/-])|\bwww|\bGH-)")


def escape(text: str) -> str:
    r"""Return Markdown that shows `text` as it is: no markup, HTML, links, mentions, formulas or emoji.

    For use within a line: what has a meaning at the start of a line alone (a list, a heading) is left as it is.

    >>> escape("a|b <b> @me\n*x* #1")
    'a&#124;b &lt;b&gt; @&#8203;me \\*x\\* #&#8203;1'
    """
    clean = plain(text)
    if len(clean) > LONGEST:
        clean = clean[: LONGEST - 1] + "…"
    parts = LINKS.split(clean)
    return "".join(_escaped(part) + (APART if i % 2 else "") for i, part in enumerate(parts))


def _escaped(text: str) -> str:
    return "".join(ENTITIES.get(c) or (f"\\{c}" if c in BACKSLASHED else c) for c in text)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; cells are Markdown already."""
    lines = [_row(heads), _row(["---"] * len(heads))]
    return [*lines, *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


@dataclass(frozen=True)
class TextPart:
    """A piece of a document.

    Attributes:
        head: lines that stand or fall together, with the first of `lines` if there is any.
        lines: what may be cut from the end.
        what: what a line is, for the note about what was cut.
    """

    head: tuple[str, ...]
    lines: tuple[str, ...] = ()
    what: str = "lines"


def size_of(parts: Sequence[TextPart]) -> int:
    """Return how many bytes of UTF-8 the parts have."""
    return len(_whole(parts).encode())


def _whole(parts: Sequence[TextPart]) -> str:
    return _joined(line for part in parts for line in (*part.head, *part.lines))


def fit(parts: Sequence[TextPart], limit: int) -> str:
    """Return the parts, the earlier the more important, in at most `limit` bytes of UTF-8.

    A last line says what was cut. A limit too small for that line gives an empty text.
    """
    if size_of(parts) <= limit:
        return _whole(parts)
    left = limit - len(_note([(part.what, _count(part.lines)) for part in parts]).encode())
    if left < 0:
        return ""
    kept: list[str] = []
    cut: list[tuple[str, int]] = []
    full = False
    for part in parts:
        head = _joined([*part.head, *part.lines[:1]]).encode()
        if full or len(head) > left:
            full = True
            cut.append((part.what, _count(part.lines)))
            continue
        kept += part.head
        left -= len(_joined(part.head).encode())
        taken = 0
        for line in part.lines:
            size = len(_joined([line]).encode())
            if size > left:
                full = True
                break
            left -= size
            taken += 1
        kept += part.lines[:taken]
        cut.append((part.what, _count(part.lines[taken:])))
    return _joined(kept) + _note(cut)


def _count(lines: Sequence[str]) -> int:
    return sum(map(bool, lines))


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _note(cut: Sequence[tuple[str, int]]) -> str:
    """Return the line that says what is missing; the fewer, the shorter."""
    missing = ", ".join(f"{n} {what}" for what, n in cut if n) or "some of it"
    return f"\n**Cut for size:** {missing} left out; claims.json has all.\n"
