"""Axes: from values to positions, and round ticks with readable labels."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LARGEST = 1.7e308
SMALLEST = 1e-300
"""Spans below this are treated as none: a tick's step would be lost in the denormal numbers."""

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic map from [low, high] to [start, end].

    Attributes:
        low, high: the values at the ends, low < high; both > 0 where log.
        start, end: their positions.
        log: whether logarithmic.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the position of a value; beyond the ends it stops at them."""
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            share = (math.log10(max(value, self.low)) - low) / (high - low)
        else:
            unit = max(abs(self.low), abs(self.high))
            share = (value / unit - self.low / unit) / (self.high / unit - self.low / unit)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def span(values: Iterable[float], pad: float = 0.05, log: bool = False) -> tuple[float, float]:
    """Return ends around the values, never equal: equal values, or none, get room on both sides.

    >>> span([2.0, 4.0], pad=0.5)
    (1.0, 5.0)
    >>> span([]), span([3.0])
    ((-1.0, 1.0), (1.5, 4.5))
    """
    known = list(values)
    if not known:
        return (0.1, 10.0) if log else (-1.0, 1.0)
    low, high = min(known), max(known)
    if log:
        decades = math.log10(high) - math.log10(low)
        factor = 10 ** (pad * decades) if decades > 0.01 else 2.0
        return max(low / factor, SMALLEST), min(high * factor, LARGEST)
    room = (high / 2 - low / 2) * 2 * pad if high / 2 - low / 2 < LARGEST / 4 else 0.0
    unit = max(abs(low), abs(high))
    if high / 2 - low / 2 <= max(SMALLEST, unit * 1e-12):
        room = 0.5 * unit if unit > SMALLEST else 1.0
    return max(low - room, -LARGEST), min(high + room, LARGEST)


def linear_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round values within [low, high], about as many as asked for and never more than twice that.

    >>> linear_ticks(0.0, 1.0)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    raw = high / about - low / about
    if not raw > SMALLEST:
        return [low, high]
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((power * s for s in STEPS if power * s >= raw * 0.999), power * 10)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)][: 2 * about] or [low, high]


def log_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return powers of ten within [low, high], thinned out; the ends where there are fewer than two.

    >>> log_ticks(1.0, 1e4, about=3)
    [1.0, 100.0, 10000.0]
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = list(range(first, last + 1))
    if len(powers) < 2:
        return [low, high]
    every = math.ceil(len(powers) / (about + 1))
    return [10.0**k for k in powers[::every]]


def tick_labels(values: Sequence[float], rounded: bool = False) -> list[str]:
    """Return labels with as few digits as say the values; where they may be rounded, as keep neighbours apart.

    >>> tick_labels([0.925, 0.95]), tick_labels([1e-6, 1e-4]), tick_labels([57120.0, 3094784.0], rounded=True)
    (['0.925', '0.95'], ['10⁻⁶', '10⁻⁴'], ['57k', '3.1M'])
    """
    powers = [_power(value) for value in values]
    if len(values) > 1 and min(values) < 1e-3 and None not in powers:
        return [f"10{str(k).translate(SUPERSCRIPT)}" if k else "1" for k in powers]
    for digits in (2, 3, 4, 6, 9, 17):
        labels = [compact(value, digits) for value in values]
        near = rounded or all(math.isclose(float(f"{v:.{digits}g}"), v, rel_tol=1e-9) for v in values)
        if near and len(set(labels)) == len(set(values)):
            break
    return labels


def _power(value: float) -> int | None:
    """Return k where the value is 10 to the k, else None."""
    k = round(math.log10(value)) if value > 0.0 else 0
    return k if math.isclose(value, 10.0**k, rel_tol=1e-9) else None


def compact(value: float, digits: int = 3) -> str:
    """Return a number in few characters: `0.25`, `57k`, `3.1M`, `2×10⁻⁶`.

    >>> [compact(v) for v in (0.0, -0.0291, 57120.0, 1e-6, 2.5e12, 200.0, -math.inf)]
    ['0', '-0.0291', '57.1k', '10⁻⁶', '2.5×10¹²', '200', '-∞']
    """
    size = abs(value)
    if math.isinf(size):
        return "∞" if value > 0.0 else "-∞"
    if size == 0.0 or 1e-3 <= size < 1e4:
        return _short(value, digits)
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if factor <= size < 1e12:
            return _short(value / factor, digits) + letter
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    front = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = "10" + str(int(exponent)).translate(SUPERSCRIPT)
    return {"1": power, "-1": f"-{power}"}.get(front, f"{front}×{power}")


def _short(value: float, digits: int) -> str:
    """Return significant digits, without an exponent and without trailing zeros."""
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    return text if "e" not in text else f"{value:f}".rstrip("0").rstrip(".")
