"""An independent reference for a GINC world: joint transition matrices and sums over all hidden paths."""

from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from iclgd_core.tasks import GincWorld

Floats = NDArray[np.float64]


def joint_transition(world: GincWorld, hmm: int) -> Floats:
    """Return T over states (value, slot), by its definition, state = value * n_slots + slot."""
    v, s = world.config.n_values, world.config.n_slots
    out = np.zeros((v * s, v * s))
    for a, b, c, d in product(range(v), range(s), range(v), range(s)):
        out[a * s + b, c * s + d] = world.value_transition[a, c] * world.slot_transition[hmm, b, d]
    return out


def emission(world: GincWorld) -> Floats:
    """Return the deterministic emission, (states, symbols), of zeros and ones."""
    symbols = world.memory.ravel()
    out = np.zeros((len(symbols), world.config.n_symbols))
    for state, symbol in enumerate(symbols):
        out[state, symbol] = 1.0
    return out


def start_at(world: GincWorld, slot: int) -> Floats:
    """Return the start distribution of an example: any value alike, at one slot."""
    out = np.zeros((world.config.n_values, world.config.n_slots))
    out[:, slot] = 1.0 / world.config.n_values
    return out.ravel()


def next_by_enumeration(world: GincWorld, hmm: int, slot: int, x: NDArray[np.int64]) -> Floats:
    """Return p(next symbol | x), adding up the probability of every path that emits x."""
    start, step, symbols = start_at(world, slot), joint_transition(world, hmm), world.memory.ravel()
    out = np.zeros(world.config.n_symbols)
    for path in product(range(len(symbols)), repeat=len(x) + 1):
        if any(symbols[state] != seen for state, seen in zip(path, x, strict=False)):
            continue
        p = start[path[0]]
        for before, after in pairwise(path):
            p *= step[before, after]
        out[symbols[path[-1]]] += p
    return np.asarray(out / out.sum())
