"""Predictions with a planted truth: ICL, ICL in another order, zero-shot and a learner, over a small vocabulary."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

VOCABULARY = 40
QUERIES = 4
ORDERS = 4


def base_logits(rng: np.random.Generator, studies: int, episodes: int) -> Floats:
    """Draw what all learners of an episode share, (studies, episodes, queries, vocabulary)."""
    return np.asarray(2.0 * rng.normal(size=(studies, episodes, QUERIES, VOCABULARY)), dtype=np.float64)


def episode_scale(rng: np.random.Generator, studies: int, episodes: int) -> Floats:
    """Draw how unsure an episode is, (studies, episodes, 1, 1): episodes differ, its learners share it."""
    return np.asarray(np.exp(0.5 * rng.normal(size=(studies, episodes, 1, 1))), dtype=np.float64)


def perturbed(rng: np.random.Generator, base: Floats, size: Floats | float) -> Floats:
    """Return log-probabilities of a learner whose logits are the shared ones plus normal noise of the given size."""
    return np.asarray(log_softmax(base + size * rng.normal(size=base.shape), axis=-1), dtype=np.float64)


def in_orders(rng: np.random.Generator, base: Floats, size: Floats | float) -> Floats:
    """Return log-probabilities in several orders, (studies, episodes, orders, queries, vocabulary)."""
    wide = np.repeat(base[:, :, None], ORDERS, axis=2)
    scale = size if isinstance(size, float) else size[:, :, None]
    return perturbed(rng, wide, scale)


def right_with(rng: np.random.Generator, answers: Ints, probability: float) -> Floats:
    """Return log-probabilities whose most probable token is the answer with the given probability."""
    wrong = (answers + rng.integers(1, VOCABULARY, size=answers.shape)) % VOCABULARY
    chosen = np.where(rng.random(answers.shape) < probability, answers, wrong)
    peaked = np.full((*answers.shape, VOCABULARY), np.log(0.5 / (VOCABULARY - 1)))
    np.put_along_axis(peaked, chosen[..., None], np.log(0.5), axis=-1)
    return peaked
