"""Coins: one GINC input, two of its labels as outcomes 0 and 1, shown again and again (arXiv 2406.00793, section 4).

The prompt is the model's own format, x z_1 / x z_2 / ... / x, with the same x everywhere; what is read is the model's
prediction restricted to the two labels and renormalised.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from iclgd_core.devices import Workload
from iclgd_core.errors import NotRunError
from iclgd_core.lab import Lab
from iclgd_core.lab.store import source_version
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners.bayes import POSTERIORS, structure_likelihoods
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs
from iclgd_core.seeds import stream
from iclgd_core.studies.xie.bayes_predictions import ginc_task
from iclgd_core.tasks import Episode, GincTask, GincWorld
from iclgd_core.tasks.ginc.prompts import GincPrompts
from iclgd_core.tasks.prompts import Prompt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COINS = 60
"""Units; a third for each probability."""
THETAS = (0.3, 0.5, 0.7)
"""Probabilities of outcome 1, as in the paper."""
LONGEST = 64
"""Outcomes drawn for each coin."""
IDENTIFYING = 64
"""Demonstrations from which an episode's HMM and slot are read off, so that its two likeliest labels are known."""

_READING = ("studies/falck/coins.py",)
"""What decides a probability that is read off, besides learners, models and tasks."""


@dataclass(frozen=True, eq=False)
class Coin:
    """One unit of a martingale study.

    Attributes:
        task: the task.
        x: the input, symbols, (k - 1,).
        labels: symbols of outcome 0 and outcome 1, (2,).
        theta: probability of outcome 1.
        outcomes: data, drawn with it, (LONGEST,).
        token: token id of each symbol.
        separator: symbols between outcomes and the next input.
    """

    x: Ints
    labels: Ints
    theta: float
    outcomes: Ints
    token: Ints
    separator: Ints

    @property
    def tokens(self) -> Ints:
        """Token ids of outcome 0 and outcome 1."""
        return np.asarray(self.token[self.labels])

    @property
    def between(self) -> Ints:
        """Token ids from behind one outcome to the next."""
        return np.asarray(self.token[np.concatenate([self.separator, self.x])])

    def shown(self, outcomes: Ints) -> Episode:
        """Return the episode whose demonstrations are x with these outcomes and whose query is x."""
        repeated = np.tile(self.x, (len(outcomes), 1))
        labels = self.labels[np.asarray(outcomes, dtype=np.int64)]
        return Episode("coin", 0, "evaluation", repeated, labels, self.x[None], self.labels[:1], self.separator)

    def prompts(self, outcomes: Ints) -> GincPrompts:
        """Return that episode in the model's tokens."""
        return GincPrompts(self.shown(outcomes), self.token)

    def prompt(self, outcomes: Ints) -> Prompt:
        """Return the prompt x z_1 / ... / x."""
        return self.prompts(outcomes).prompts(np.arange(len(outcomes)))[0]


def coins(lab: Lab, count: int = COINS) -> tuple[Coin, ...]:
    """Return the laboratory's coins: the first query of each evaluation episode, its two likeliest labels.

    Which of the two is outcome 1 is drawn; the probabilities take turns.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    task = ginc_task(lab)
    where = "tuning" if lab.plan else "evaluation"
    drawn = lab.episodes("evaluation", count)
    tokens = [episode.token for episode in drawn if isinstance(episode, GincPrompts)]
    return tuple(
        Coin(x, labels, theta, outcomes, tokens[i], separator)
        for i, (x, labels, theta, outcomes, separator) in enumerate(_drawn(task, lab.seed, where, count))
    )


@lru_cache(maxsize=8)
def _drawn(task: GincTask, seed: int, where: str, count: int) -> tuple[tuple[Ints, Ints, float, Ints, Ints], ...]:
    found = []
    for index in range(count):
        episode = task.episode(seed, where, index, 1)
        pool = np.concatenate([episode.demonstrations, episode.labels[:, None]], axis=1)[:IDENTIFYING]
        chances = structure_likelihoods(task.world, pool, episode.queries).next_symbol[0]
        rng = stream(seed, task.name, where, index, "coin")
        labels = rng.permutation(np.argsort(-chances, kind="stable")[:2])
        theta = THETAS[index % len(THETAS)]
        outcomes = (rng.random(LONGEST) < theta).astype(np.int64)
        found.append((episode.queries[0], labels, theta, outcomes, episode.separator))
    return tuple(found)


def chance_of_one(log_probs: LogProbs, tokens: Ints) -> Floats:
    """Return the probability of outcome 1 among the two outcomes: log-probs (..., V) -> (...).

    Args:
        log_probs: (coins, prompts, V).
        tokens: token ids of the outcomes of each coin, (coins, 2).
    """
    if isinstance(log_probs, TopLogProbs):
        raise NotRunError(
            f"outcomes are read off a whole distribution, which is kept up to 4096 tokens; this vocabulary has "
            f"{log_probs.vocabulary}."
        )
    both = np.take_along_axis(log_probs.astype(np.float64), tokens[:, None, :], axis=-1)
    return np.asarray(expit(both[..., 1] - both[..., 0]))


def model_chances(lab: Lab, flips: tuple[Coin, ...], histories: list[list[Ints]]) -> Floats:
    """Return the model's probability of outcome 1 behind each history of each coin, (coins, histories), measured once.

    Raises:
        InsufficientMemoryError, OutOfMemoryError: the device has less memory than is needed.
    """
    shown = [[coin.prompts(z) for z in own] for coin, own in zip(flips, histories, strict=True)]
    groups = [[one.prompts(np.arange(one.pool))[0] for one in own] for own in shown]
    tokens = np.stack([coin.tokens for coin in flips])

    def compute() -> Arrays:
        return {"chances": chance_of_one(lab.model.log_probs(groups, np.unique(tokens)), tokens)}

    longest = max(len(prompt.ids) for own in groups for prompt in own)
    work = Workload("icl", len(groups[0]), longest, keeps_scores=True)
    episodes = [one for own in shown for one in own]
    settings: Key = {"outcomes": tokens.ravel().tolist(), "reading": source_version(*_READING)}
    found = lab.stored("outcome_chances", episodes, settings, work, compute)["chances"]
    return found.astype(np.float64)


def posterior_chances(lab: Lab, posterior: str, flips: tuple[Coin, ...], histories: list[list[Ints]]) -> Floats:
    """Return an exact posterior's probability of outcome 1 behind each history of each coin, (coins, histories).

    Computed once and stored, as `model_chances`.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    world = ginc_task(lab).world

    def compute() -> Arrays:
        found = [_odds(world, posterior, coin, z) for coin, own in zip(flips, histories, strict=True) for z in own]
        return {"chances": np.array(found).reshape(len(flips), -1)}

    key: Key = {
        "learner": f"outcome_chances of {posterior}",
        "reading": source_version("learners/bayes", *_READING),
        "world": str(world.config),
        "episodes": [coin.shown(z).digest for coin, own in zip(flips, histories, strict=True) for z in own],
        "outcomes": np.stack([coin.labels for coin in flips]).ravel().tolist(),
    }
    return lab.store.measure(key, compute)["chances"].astype(np.float64)


def _odds(world: GincWorld, posterior: str, coin: Coin, outcomes: Ints) -> float:
    """Return an exact posterior's probability of outcome 1 behind the outcomes of one coin."""
    shown = coin.shown(outcomes)
    runs = np.concatenate([shown.demonstrations, shown.labels[:, None]], axis=1)
    zero, one = POSTERIORS[posterior](world, runs, shown.queries).next_symbol[0, coin.labels]
    return float(one / (zero + one))
