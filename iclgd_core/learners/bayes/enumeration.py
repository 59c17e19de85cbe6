"""The posterior predictive by brute force: every hidden path is written out and summed; no recursion, no scaling.

A reference for the forward algorithm. Its cost grows with the product, over the symbols, of the states that can emit
each; a prompt of a dozen symbols has some thousand paths.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from iclgd_core.learners.bayes.filtering import Chains

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def enumerated(chains: Chains, runs: list[Ints], last: Ints) -> Floats:
    """Return p(next symbol behind `last` | all runs) under a uniform prior over the chains, (n_symbols,).

        p(y) = sum_c [ prod_r P_c(r) ] P_c(last, y) / sum_y' ...,    P_c(x) = sum over paths z that emit x of
        start_c(z_1) T_c(z_1, z_2) ... T_c(z_{T-1}, z_T)

    Args:
        chains: the hypotheses.
        runs: symbols of runs that start anew, each (length,); none for a single run.
        last: symbols of the run whose next symbol is asked for, (length,).
    """
    world = chains.world
    total = np.zeros(world.config.n_symbols)
    for c in range(len(chains.start)):
        slots = chains.slot_transition[c]
        whole = np.kron(world.value_transition, slots)
        whole = (1.0 - chains.restart) * whole + chains.restart / len(whole)
        start = chains.start[c].ravel()
        before = np.prod([_paths(start, whole, world.memory, run).sum() for run in runs])
        after = before * (_paths(start, whole, world.memory, last) @ whole)
        np.add.at(total, world.memory.ravel(), after)
    return np.asarray(total / total.sum())


def _paths(start: Floats, transition: Floats, memory: Ints, symbols: Ints) -> Floats:
    """Return the probability of all paths that emit the symbols, by the state that they end in, (states,)."""
    ends = np.zeros(memory.size)
    for path in product(*(np.flatnonzero(memory.ravel() == x) for x in symbols)):
        states = np.array(path)
        ends[states[-1]] += start[states[0]] * transition[states[:-1], states[1:]].prod()
    return ends
