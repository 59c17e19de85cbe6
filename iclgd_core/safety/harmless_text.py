"""Text from outside made harmless for a terminal, without changing what it says."""

import re
import unicodedata

_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")


def harmless(text: str, keep: str = "\n\t") -> str:
    r"""Drop control, format and unpaired surrogate characters, those to `keep` and colours excepted.

    What is dropped can move a cursor, set a title, turn the direction of writing or hide a text. The sequences that
    change colours alone (SGR) stay: pytest puts them into the differences that it shows.

    >>> harmless("\x1b]0;owned\x07 \x1b[31mred\x1b[0m \u202eback")
    ']0;owned \x1b[31mred\x1b[0m back'
    """
    if text.isascii() and text.isprintable():
        return text
    parts = _COLOUR.split(text)
    return "".join(part if i % 2 else _plain(part, keep) for i, part in enumerate(parts))


def _plain(text: str, keep: str) -> str:
    return "".join(c for c in text if c in keep or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
