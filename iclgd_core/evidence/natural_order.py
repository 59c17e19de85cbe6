"""The order in which things are named: numbers within names count by their size, so that V2 comes before V10."""

import re

from iclgd_core.evidence.record import Evidence

Natural = tuple[tuple[tuple[int, str], ...], str]
RUNS = re.compile(r"[0-9]+|[^0-9]+")


def natural(text: str) -> Natural:
    """Return a key that sorts names by their runs of digits and of other characters, digits by their number.

    A claim's id is sorted by its letters, then its number, then what follows. Names that differ have keys that differ.

    >>> sorted(["S10", "S2a", "S1t", "S2", "S1", "V10", "V2"], key=natural)
    ['S1', 'S1t', 'S2', 'S2a', 'S10', 'V2', 'V10']
    """
    return tuple(_number(run) if run[0] in "0123456789" else (-1, run) for run in RUNS.findall(text)), text


def by_claim(item: Evidence) -> tuple[Natural, object]:
    """Return the key of a report's order: the claim's id, then model, task and parameters."""
    return natural(item.id), item.key


def _number(digits: str) -> tuple[int, str]:
    """Return a key for a number of any length: of those without leading zeros, the longer one is larger."""
    significant = digits.lstrip("0")
    return len(significant), significant
