"""Names at the ends of lines, pushed apart so that none covers another."""

from collections.abc import Sequence


def push_apart(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Return the middle of each label, as near to where it is wanted as room allows.

    Labels keep the order of the wanted places, do not overlap, and lie within [low, high] where all of them fit;
    where they do not, they start at low and run on below high.

    >>> push_apart([10.0, 11.0], [6.0, 6.0], 0.0, 100.0)
    [7.5, 13.5]
    """
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    blocks: list[list[int]] = []
    starts: list[float] = []

    def start(block: Sequence[int]) -> float:
        """Top of a block of touching labels whose middles are, on average, where they are wanted."""
        offset, total = 0.0, 0.0
        for i in block:
            total += wanted[i] - (offset + heights[i] / 2)
            offset += heights[i]
        return max(low, min(total / len(block), high - offset))

    for i in order:
        blocks.append([i])
        starts.append(start([i]))
        while len(blocks) > 1 and starts[-2] + sum(heights[j] for j in blocks[-2]) > starts[-1]:
            merged = blocks[-2] + blocks[-1]
            blocks[-2:], starts[-2:] = [merged], [start(merged)]
    out = [0.0] * len(wanted)
    for block, top in zip(blocks, starts, strict=True):
        for i in block:
            out[i] = top + heights[i] / 2
            top += heights[i]
    return out
