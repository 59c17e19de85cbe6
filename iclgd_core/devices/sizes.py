"""Amounts of memory as text: read from an option, shown in a message."""

import re

from iclgd_core.errors import SettingsError

KIB, MIB, GIB = 2**10, 2**20, 2**30

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12} | {
    "kib": KIB,
    "mib": MIB,
    "gib": GIB,
    "tib": 2**40,
}
_AMOUNT = re.compile(r"(?P<number>\d+(\.\d+)?) *(?P<unit>[a-z]*)", re.IGNORECASE)


def parse_bytes(what: str, text: str) -> int:
    """Return the bytes that a text such as `20GB`, `1.5 GiB` or `4096` means; at least one byte.

    Args:
        what: name of the option, for the error.
        text: a number, and B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).

    Raises:
        SettingsError: anything else, or zero.

    >>> parse_bytes("--iclgd-max-memory", "1.5 GiB")
    1610612736
    """
    match = _AMOUNT.fullmatch(text.strip())
    unit = _UNITS.get(match["unit"].lower()) if match else None
    if match is None or unit is None or float(match["number"]) * unit < 1:
        raise SettingsError(
            f"{what} is {text!r}. Allowed: an amount of memory above zero, such as 20GB, 1.5GiB or a number of bytes."
        )
    return int(float(match["number"]) * unit)


def shown(amount: int) -> str:
    """Return an amount of memory for a reader, in powers of 1024.

    >>> shown(14 * GIB), shown(3 * MIB + MIB // 2), shown(12)
    ('14.0 GiB', '3.5 MiB', '12 B')
    """
    for name, size in (("TiB", 2**40), ("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if abs(amount) >= size:
            return f"{amount / size:.1f} {name}"
    return f"{amount} B"
