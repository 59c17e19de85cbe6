"""GINC, the generative in-context learning data set: a mixture of hidden Markov models.

Source: Xie et al., arXiv 2111.02080, appendix F, and its released generator.

A hidden state is a pair (value v, slot s). Within one HMM h the two parts move independently:
T_h[(v, s), (v', s')] = V[v, v'] S_h[s, s'], with V shared by all HMMs and S_h drawn for each. The emission is
deterministic: state (v, s) emits memory[v, s]; slot 0 always emits the delimiter, symbol 0.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DELIMITER = 0


@dataclass(frozen=True)
class GincConfig:
    """Parameters of the generator; the defaults are those released with arXiv 2111.02080, 150 symbols.

    Attributes:
        n_symbols: vocabulary size, the delimiter included.
        n_values: entities v.
        n_slots: properties s; slot 0 is the delimiter.
        n_hmms: HMMs in the world.
        n_in_mixture: the first so many of them generate the pretraining documents.
        value_identity: weight of the identity in V, in [0, 1]: how long an entity is kept.
        transition_temperature: temperature of the mixture of permutations that makes a transition block.
        start_temperature: temperature of the start distribution; 10 makes it nearly uniform.
        seed: seed of the world (not of the documents drawn from it). Worlds differ in how much demonstrations tell;
            11 was taken because a pilot (57k weights, 1,000 steps) gained most accuracy from 8 demonstrations in
            it, 0.085 on the mean over k = 3, 5, 8, 10, of the seeds 0, 2, 3, 4, 5, 11. No GD was run for this.
    """

    n_symbols: int = 150
    n_values: int = 10
    n_slots: int = 10
    n_hmms: int = 10
    n_in_mixture: int = 5
    value_identity: float = 0.9
    transition_temperature: float = 0.1
    start_temperature: float = 10.0
    seed: int = 11

    def __post_init__(self) -> None:
        if min(self.n_symbols, self.n_values, self.n_slots) < 2:
            raise SettingsError(
                f"a GINC world needs at least 2 symbols, values and slots; got n_symbols={self.n_symbols}, "
                f"n_values={self.n_values}, n_slots={self.n_slots}."
            )
        if self.n_hmms < 1 or not min(self.transition_temperature, self.start_temperature) > 0:
            raise SettingsError(
                f"a GINC world needs at least one HMM and positive temperatures; got n_hmms={self.n_hmms}, "
                f"temperatures {self.transition_temperature} and {self.start_temperature}."
            )
        if not 1 <= self.n_in_mixture <= self.n_hmms:
            raise SettingsError(f"n_in_mixture must be in 1..{self.n_hmms}; got {self.n_in_mixture}.")
        if not 0.0 <= self.value_identity <= 1.0:
            raise SettingsError(f"value_identity must be in [0, 1]; got {self.value_identity}.")


VARIANTS: dict[str, GincConfig] = {
    "vic0": GincConfig(value_identity=0.0),
    "v50": GincConfig(n_symbols=50),
    "v100": GincConfig(n_symbols=100),
}
"""Other worlds of arXiv 2111.02080 (section 4.2), by the name that their tasks bear: entities that change at every
step, and smaller vocabularies. The seed is that of the default world."""


@dataclass(frozen=True, eq=False)
class GincWorld:
    """The HMMs of one configuration.

    Attributes:
        config: what it was made from.
        value_transition: V, (n_values, n_values), rows sum to 1.
        slot_transition: S, (n_hmms, n_slots, n_slots), rows sum to 1.
        start: (n_hmms, n_values, n_slots), each sums to 1.
        memory: emitted symbol of each state, (n_values, n_slots); column 0 is the delimiter.
    """

    config: GincConfig
    value_transition: Floats
    slot_transition: Floats
    start: Floats
    memory: Ints

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the symbols: the delimiter '/', then a, b, ..., z, aa, ab, ..."""
        return ("/", *(_letters(i) for i in range(self.config.n_symbols - 1)))

    def step(self, hmm: Ints, values: Ints, slots: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Draw the next hidden state of many chains at once; all arrays have shape (chains,)."""
        return (
            _draw_rows(self.value_transition[values], rng),
            _draw_rows(self.slot_transition[hmm, slots], rng),
        )

    def documents(self, n: int, length: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Draw n documents, each from one HMM of the mixture.

        Returns:
            The symbols (n, length) and the HMM of each document (n,).
        """
        hmm = rng.integers(self.config.n_in_mixture, size=n)
        state = _draw_rows(self.start.reshape(self.config.n_hmms, -1)[hmm], rng)
        values, slots = np.divmod(state, self.config.n_slots)
        out = np.empty((n, length), dtype=np.int64)
        for t in range(length):
            out[:, t] = self.memory[values, slots]
            values, slots = self.step(hmm, values, slots, rng)
        return out, hmm

    def examples(self, hmm: int, slot: int, k: int, n: int, rng: np.random.Generator) -> Ints:
        """Draw n runs of k states of one HMM, each from a uniform value at `slot`; shape (n, k), symbols."""
        chains = np.full(n, hmm)
        values, slots = rng.integers(self.config.n_values, size=n), np.full(n, slot)
        out = np.empty((n, k), dtype=np.int64)
        for t in range(k):
            out[:, t] = self.memory[values, slots]
            values, slots = self.step(chains, values, slots, rng)
        return out

    def next_symbol(self, hmm: int, slot: int, x: Ints) -> Floats:
        """Return p(next symbol | x) under one HMM, start value uniform at a known slot (forward algorithm).

        Args:
            hmm: which HMM.
            slot: the slot of the first symbol.
            x: observed symbols, (batch, length).

        Returns:
            (batch, n_symbols), rows sum to 1.

        Raises:
            SettingsError: an x that this HMM cannot emit from that slot.
        """
        alpha = np.zeros((len(x), self.config.n_values, self.config.n_slots))
        alpha[:, :, slot] = 1.0 / self.config.n_values
        for t in range(x.shape[1]):
            alpha = alpha * (self.memory[None] == x[:, t, None, None])
            mass = alpha.sum(axis=(1, 2), keepdims=True)
            if not mass.all():
                raise SettingsError(f"HMM {hmm} cannot emit the given symbols from slot {slot}.")
            alpha = np.einsum("bvs,vw,sr->bwr", alpha / mass, self.value_transition, self.slot_transition[hmm])
        emits = np.eye(self.config.n_symbols)[self.memory.ravel()]
        return np.asarray(alpha.reshape(len(x), -1) @ emits)


@lru_cache(maxsize=8)
def ginc_world(config: GincConfig) -> GincWorld:
    """Draw the world of a configuration; the same configuration always gives the same world."""
    shared = stream(config.seed, "ginc", "shared")
    identity = np.eye(config.n_values)
    mixed = _permutation_mixture(config.n_values, config.transition_temperature, shared)
    value_transition = (1.0 - config.value_identity) * mixed + config.value_identity * identity
    memory = shared.integers(1, config.n_symbols, size=(config.n_values, config.n_slots))
    memory[:, 0] = DELIMITER
    slots, starts = [], []
    for h in range(config.n_hmms):
        own = stream(config.seed, "ginc", "hmm", h)
        slots.append(_permutation_mixture(config.n_slots, config.transition_temperature, own))
        starts.append(_softmax((own.random((config.n_values, config.n_slots)) - 0.5) / config.start_temperature))
    return GincWorld(config, value_transition, np.stack(slots), np.stack(starts), memory)


def _permutation_mixture(n: int, temperature: float, rng: np.random.Generator) -> Floats:
    """Mix n random permutation matrices with weights softmax((U[0,1] - 0.5) / temperature): doubly stochastic."""
    weights = _softmax((rng.random(n) - 0.5) / temperature)
    block = np.zeros((n, n))
    for weight in weights:
        block[np.arange(n), rng.permutation(n)] += weight
    return block


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max())
    return np.asarray(shifted / shifted.sum())


def _draw_rows(probabilities: Floats, rng: np.random.Generator) -> Ints:
    """Draw one index for each row of `probabilities` (rows, outcomes) by inversion."""
    cumulative = probabilities.cumsum(axis=1)
    below = rng.random((len(probabilities), 1)) * cumulative[:, -1:] >= cumulative
    return np.asarray(below.sum(axis=1), dtype=np.int64)


def _letters(i: int) -> str:
    """Name of the i-th letter string: 0 -> a, 25 -> z, 26 -> aa.

    >>> [_letters(i) for i in (0, 25, 26, 51, 52)]
    ['a', 'z', 'aa', 'az', 'ba']
    """
    name = ""
    i += 1
    while i:
        i, rest = divmod(i - 1, 26)
        name = chr(ord("a") + rest) + name
    return name
