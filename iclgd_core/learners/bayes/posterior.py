"""Three readings of a GINC prompt: as pretraining text, as text with free restarts, and as what it is.

All three have the true HMMs of the pretraining mixture, uniform prior. They differ in what they make of the prompt.

- Mixture (arXiv 2111.02080, section 2): the whole prompt, delimiters included, is one run of one HMM. A delimiter
  stands behind k symbols whatever the HMM wants there. Many slots never lead to slot 0, nor slot 0 to many slots, so
  the likelihood of such a prompt is exactly 0 under every HMM, and its posterior undefined. So the state is drawn anew
  with probability `restart` at every step. At RESTART, far below any other transition, nothing changes where the prompt
  is possible, and elsewhere the HMM that needs the fewest restarts wins.
- Free restarts: as the mixture, but the state is drawn anew, at no cost, behind every delimiter that the format forces.
- Structure: examples are independent given HMM and start slot, their first value uniform, delimiters carry nothing.
  This is how prompts are drawn (`tasks.ginc.task`), so no predictor gives the next symbol more log-probability on
  average. The right answer of a query is another thing, the argmax of the true HMM's distribution: the most accurate
  guess at it is its posterior mode, which the argmax of the predictive need not be.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from iclgd_core.errors import SettingsError
from iclgd_core.learners.bayes.filtering import (
    Belief,
    beginning,
    chains_by_start_slot,
    mixture_of_hmms,
    next_symbols,
    read,
)
from iclgd_core.tasks.ginc.world import DELIMITER, GincWorld

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESTART = 1e-12
"""Far below every possible transition of the released configuration (at least 1e-9): decides only where all are 0."""


@dataclass(frozen=True, eq=False)
class Likelihoods:
    """What a reading makes of each prompt of a group.

    Attributes:
        world: the world.
        belief: behind the prompts, (queries, K, ...).
        per_hmm: hypotheses of each HMM, which stand together: K = HMMs per_hmm.
    """

    world: GincWorld
    belief: Belief
    per_hmm: int = 1

    @property
    def impossible(self) -> NDArray[np.bool_]:
        """Whether no hypothesis can have made the prompt, so that its posterior is undefined, (queries,)."""
        return np.asarray(np.isneginf(self.belief.log_likelihood).all(axis=1))

    @property
    def posterior(self) -> Floats:
        """p(hypothesis | prompt), (queries, K), rows sum to 1.

        Raises:
            SettingsError: a prompt that no hypothesis can have made.
        """
        if self.impossible.any():
            raise SettingsError(
                f"{int(self.impossible.sum())} of {len(self.impossible)} prompts cannot come from any HMM of this "
                "world, so their posterior is undefined. Allow restarts, or take prompts of this world's own task."
            )
        return np.asarray(softmax(self.belief.log_likelihood, axis=1))

    @property
    def hmms(self) -> Floats:
        """p(HMM | prompt), (queries, HMMs)."""
        posterior = self.posterior
        return np.asarray(posterior.reshape(len(posterior), -1, self.per_hmm).sum(axis=2))

    @property
    def next_symbol(self) -> Floats:
        """p(next symbol | prompt), (queries, n_symbols), rows sum to 1."""
        return next_symbols(self.world, self.belief, self.posterior)


def mixture_likelihoods(world: GincWorld, demonstrations: Ints, queries: Ints, restart: float = RESTART) -> Likelihoods:
    """Read each prompt d_1 / d_2 / ... / q as one run of one HMM, delimiters included.

    Args:
        world: the world.
        demonstrations: with their labels, (n, k).
        queries: (q, length).
        restart: probability, at every step, that the state is drawn anew.
    """
    chains = mixture_of_hmms(world, restart)
    prefix = np.pad(demonstrations, ((0, 0), (0, 1)), constant_values=DELIMITER).reshape(1, -1)
    return Likelihoods(world, read(chains, read(chains, beginning(chains), prefix), queries))


def free_restart_likelihoods(world: GincWorld, demonstrations: Ints, queries: Ints) -> Likelihoods:
    """Read each example as a run of one HMM from any state; a forced delimiter costs and tells nothing."""
    chains = mixture_of_hmms(world)
    return Likelihoods(world, _independent(read(chains, beginning(chains), demonstrations),
                                           read(chains, beginning(chains), queries)))  # fmt: skip


def structure_likelihoods(world: GincWorld, demonstrations: Ints, queries: Ints) -> Likelihoods:
    """Read the examples as independent runs of one HMM from one start slot, both unknown.

    p(h, s | prompt) = p(q | h, s) prod_i p(d_i | h, s) / normalisation,    first value uniform
    """
    chains = chains_by_start_slot(world)
    examples, asked = (read(chains, beginning(chains), x) for x in (demonstrations, queries))
    return Likelihoods(world, _independent(examples, asked), world.config.n_slots - 1)


def _independent(examples: Belief, asked: Belief) -> Belief:
    return Belief(asked.state, asked.log_likelihood + examples.log_likelihood.sum(axis=0))
