"""SVG as escaped text: elements, texts, and the breaking of a text into lines."""

import textwrap

from markupsafe import Markup, escape

from ..plain_text import plain

Child = str | Markup
ELLIPSIS = "…"
NOT_XML = dict.fromkeys((0xFFFE, 0xFFFF))


def element(name: str, *children: Child, **attributes: str | float | None) -> Markup:
    """Return one element; an attribute's underscores become hyphens, and one that is None is left out.

    Text, in children and attributes, is escaped and freed of control characters; only Markup passes as it is.

    >>> element("text", "a < b", x=1.50, text_anchor="end")
    Markup('<text x="1.5" text-anchor="end">a &lt; b</text>')
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, Markup) else escape(_clean(child)) for child in children)
    return Markup(f"<{name}{given}>{inside}</{name}>")  # noqa: S704  (every part is escaped above)


def _clean(text: str) -> str:
    """Drop what neither a terminal nor XML may have."""
    return plain(text).translate(NOT_XML)


def _value(value: str | float) -> str:
    return str(escape(_clean(value))) if isinstance(value, str) else coordinate(value)


def coordinate(value: float) -> str:
    """Return a coordinate with at most two decimals.

    >>> coordinate(12.0), coordinate(0.126), coordinate(-0.001)
    ('12', '0.13', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def joined(parts: list[Markup]) -> Markup:
    """Return elements one after another."""
    return Markup("").join(parts)


def drawing(width: float, height: float, title: str, description: str, *children: Markup) -> Markup:
    """Return an SVG image that scales to its box, with its title and description for those who cannot see it."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        role="img",
        class_="chart",
    )


def lines(text: str, width: int, most: int) -> list[str]:
    """Break a text into at most `most` lines of at most `width` characters; what does not fit ends in an ellipsis.

    >>> lines("construction of a GD step", 14, 2)
    ['construction', 'of a GD step']
    >>> lines("one two three", 5, 1)
    ['one…']
    """
    clean = plain(text)[: width * (most + 1)]
    return textwrap.wrap(clean, width, max_lines=most, placeholder=ELLIPSIS) or [""]
