"""Correction for several tests of one claim."""

import math
from collections.abc import Sequence

from iclgd_core.errors import SettingsError


def holm(p_values: Sequence[float], family_size: int | None = None) -> list[float]:
    """Return Holm's step-down adjusted p-values, in the order of the input.

    With p_(1) <= ... <= p_(k) the given p-values in ascending order and m the size of the family,

        adjusted_(i) = max over j <= i of min(1, (m - j + 1) p_(j)).

    Rejecting where adjusted <= alpha keeps the probability of any false rejection in the family at or below
    alpha, whatever the dependence between the tests. Equal p-values get equal adjusted ones.

    Args:
        p_values: (k,), each in [0, 1]; may be empty.
        family_size: m >= k; the m - k members that are missing count as p = 1. None means m = k.

    Returns:
        (k,), each in [p, min(1, m p)].

    Raises:
        SettingsError: a p-value outside [0, 1] or NaN; a family smaller than the number of p-values.

    Source: Holm 1979, Scandinavian Journal of Statistics 6, section 3.

    >>> holm([0.0625, 0.015625, 0.03125])
    [0.0625, 0.046875, 0.0625]
    >>> holm([0.0625], family_size=8)
    [0.5]
    """
    for i, p in enumerate(p_values):
        if not (math.isfinite(p) and 0.0 <= p <= 1.0):
            raise SettingsError(f"a p-value lies in [0, 1]; number {i} is {p!r}.")
    size = len(p_values) if family_size is None else family_size
    if size < len(p_values):
        raise SettingsError(f"a family of {size} cannot hold {len(p_values)} p-values; give that size or more.")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (size - rank) * float(p_values[i])))
        adjusted[i] = highest
    return adjusted


def holm_steps(p_values: Sequence[float], family_size: int | None = None, alpha: float = 0.05) -> list[int]:
    """Return for each p-value the divisor k of the step at which Holm's procedure decides on it: at level alpha / k.

    The procedure asks the smallest p-value at alpha / m, the next at alpha / (m - 1), and so on; at the first that it
    does not reject it stops, and rejects none of the rest. So, with r = rank (the lowest of equal p-values) and R = how
    many are rejected,

        k = m - r + 1 for a rejected one,   k = m - R for the others,

    and a p-value is rejected exactly where p <= alpha / k.

    Args and errors are those of `holm`.

    >>> holm_steps([0.0625, 0.015625, 0.03125])
    [2, 3, 2]
    """
    adjusted = holm(p_values, family_size)
    size = len(p_values) if family_size is None else family_size
    rejected = sum(p <= alpha for p in adjusted)
    return [
        size - (sum(other < p for other in p_values) if corrected <= alpha else rejected)
        for p, corrected in zip(p_values, adjusted, strict=True)
    ]
