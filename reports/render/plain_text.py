"""Text from outside made harmless for a terminal: no control, escape or direction-changing characters."""

import unicodedata


def plain(text: str) -> str:
    r"""Replace each line break by a space and drop other control, format and unpaired surrogate characters.

    >>> plain("red \x1b[31m and \u202e back")
    'red [31m and  back'
    """
    joined = " ".join(text.splitlines())
    return "".join(c for c in joined if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def plain_lines(text: str) -> str:
    """Clean a text line by line."""
    return "\n".join(plain(line) for line in text.split("\n"))
