"""The forward algorithm over several hidden Markov models at once, each symbol exact, in float64."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.ginc.world import GincWorld

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Chains:
    """Hypotheses about where symbols come from: K Markov chains over hidden states (value v, slot s).

        T_c[(v, s), (v', s')] = (1 - restart) V[v, v'] S_c[s, s'] + restart / (values slots)

    Attributes:
        world: the world; its V is shared by all chains, its memory says what a state emits.
        slot_transition: S_c, (K, slots, slots).
        start: distribution of the first state, (K, values, slots), each sums to 1.
        restart: probability, at every step, that the state is drawn anew from all; 0 for the chain itself.
    """

    world: GincWorld
    slot_transition: Floats
    start: Floats
    restart: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.restart <= 1.0:
            raise SettingsError(f"the probability of a restart lies in [0, 1]; got {self.restart!r}.")


@dataclass(frozen=True, eq=False)
class Belief:
    """What is known behind some symbols, for each hypothesis apart.

    Attributes:
        state: p(next state | symbols, hypothesis), (batch, K, values, slots); zeros where they are impossible.
        log_likelihood: log p(symbols | hypothesis), (batch, K); -inf where they are impossible.
    """

    state: Floats
    log_likelihood: Floats


def mixture_of_hmms(world: GincWorld, restart: float = 0.0) -> Chains:
    """Return one chain for each HMM of the pretraining mixture, at a random place of its text.

    The first state is uniform: V and all S are doubly stochastic, so that is the stationary distribution.
    """
    slots = world.slot_transition[: world.config.n_in_mixture]
    return Chains(world, slots, np.full((len(slots), *world.memory.shape), 1.0 / world.memory.size), restart)


def chains_by_start_slot(world: GincWorld) -> Chains:
    """Return one chain for each (HMM of the mixture, start slot in 1..slots-1), its first value uniform.

    Chain c is HMM c // (slots - 1) from slot 1 + c % (slots - 1).
    """
    hmms, (values, slots) = world.config.n_in_mixture, world.memory.shape
    start = np.zeros((slots - 1, values, slots))
    start[np.arange(slots - 1), :, np.arange(1, slots)] = 1.0 / values
    return Chains(world, np.repeat(world.slot_transition[:hmms], slots - 1, axis=0), np.tile(start, (hmms, 1, 1)))


def beginning(chains: Chains) -> Belief:
    """Return what is known before any symbol, (1, K, ...)."""
    return Belief(chains.start[None], np.zeros((1, len(chains.start))))


def read(chains: Chains, belief: Belief, symbols: Ints) -> Belief:
    """Return what is known behind further symbols.

        a_t(state) = 1[memory[state] = x_t] p(state | x_<t, c),   p(x_t | x_<t, c) = sum a_t,
        p(next state | x_<=t, c) = (a_t / sum a_t) T_c

    Args:
        chains: the hypotheses.
        belief: what is known before them, of one row or of as many as there are rows of symbols.
        symbols: (batch, length).

    Returns:
        The belief behind them, (batch, K, ...).
    """
    value, memory = chains.world.value_transition, chains.world.memory
    state, found = belief.state, np.array(np.broadcast_to(belief.log_likelihood, (len(symbols), len(chains.start))))
    for x in symbols.T:
        seen = state * (memory == x[:, None, None])[:, None]
        mass = seen.sum(axis=(2, 3))
        with np.errstate(divide="ignore"):
            found += np.log(mass)
        possible = mass[:, :, None, None]
        seen = np.divide(seen, possible, out=np.zeros_like(seen), where=possible > 0.0)
        moved = value.T @ (seen @ chains.slot_transition)
        state = (1.0 - chains.restart) * moved + chains.restart * (possible > 0.0) / memory.size
    return Belief(np.broadcast_to(state, (len(symbols), *state.shape[1:])), found)


def next_symbols(world: GincWorld, belief: Belief, weights: Floats) -> Floats:
    """Return p(next symbol) as the hypotheses' average, (batch, n_symbols), rows sum to 1.

    Args:
        world: the world.
        belief: behind what was read.
        weights: probability of each hypothesis, (batch, K).
    """
    states = np.einsum("bk,bkvs->bvs", weights, belief.state).reshape(len(weights), -1)
    return np.asarray(states @ np.eye(world.config.n_symbols)[world.memory.ravel()])
