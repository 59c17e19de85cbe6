"""A world in which every claim of the suite holds, made of planted distributions at the quick tier's own sizes.

ICL is accurate, grows with the demonstrations, and depends on their order. GD gains a little over zero-shot (so that
the precondition holds as well where GD stands in for ICL), depends on no order where it is full-batch and little
where it is not, and needs 512 demonstrations to be as accurate as ICL. It follows random labels, which ICL does not
read. Other rules and losses (momentum, Nesterov's, Newton-like; keys and values) and exact posteriors go all the way
to where ICL's orders have their middle. Sizes differ in their draws alone, checkpoints in their weights and their
noise. Weights are those of a tiny random model, far from sparse.
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.lab import SHOTS, Lab, Series
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import OPTIMIZERS, get_optimizer
from iclgd_core.learners.bayes import RESTART
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.tasks.relabelled import RelabelledTask
from tests.studies.planted import OWN, VOCABULARY, Floats, Place, PlantedLab
from tests.tiny_models import tiny_model, tiny_task, tokens

Ints = NDArray[np.int64]

QUERIES = 8
OUTSIDE = VOCABULARY - 1
"""A token that is no label of any episode."""
TIER = replace(TIERS["quick"], queries=QUERIES)
TASK = tiny_task()

ZERO_SHOT = 0.4
ICL_ACCURACY = {1: 0.7, 2: 0.72, 4: 0.76, 8: 0.8}
GD_GAIN = {32: 0.25, 128: 0.4, 512: 1.5}
"""Of a GD that has gone all the way; with 8 demonstrations or fewer it is 0.12."""
BEST_RATE = {"adam": 1e-4, "sgd": 1e-3}
PART = {"whole": 1.0, "v_middle": 0.6, "v_deep": 0.8}
"""How far GD goes where it trains less than the whole model."""
ACCOUNTS = ("momentum", "nesterov", "newton")
"""Rules that go all the way to ICL; so does whatever trains keys and values."""
BEST_RESTART = 1e-3
FOLLOWED = slice(0, None, 2)
"""Queries for which GD says a random label of its demonstrations, with the mass of a prediction."""
SIZES = (57_120, 208_448, 793_728, 3_094_784)
STEPS = (250, 500, 1000, 1500, 2000)
STREAMS = {"queries": 0, "icl": 1, "gd": 2, "none": 3, "icl order": 4, "gd order": 5}


@dataclass(frozen=True, eq=False)
class SizedModel(CausalModel):
    """A tiny model that says that it is larger."""

    size: int = 0

    @property
    def n_parameters(self) -> int:
        return self.size


class Plants:
    """The planted distributions of one laboratory: which queries are difficult is the world's, the noise its own."""

    def __init__(self, model: CausalModel, noise: int) -> None:
        self.token = tokens(model)
        self.noise = noise
        self.icl, self.none, self.gd = (cache(plant) for plant in (self._icl, self._none, self._gd))
        self._episode = cache(self._drawn_episode)

    def _rng(self, what: str, at: Place, *more: int) -> np.random.Generator:
        seed = 0 if what == "queries" else self.noise
        return np.random.default_rng([seed, STREAMS[what], int(at.split == "tuning"), at.episode, *more])

    def _drawn_episode(self, split: str, index: int) -> tuple[Floats, Ints, Ints]:
        """Difficulty of each query in [0, 1), its right token, and a wrong one: a label, or, every third, none."""
        episode = TASK.episode(0, split, index, QUERIES)
        difficulty = self._rng("queries", Place(split, index, 0)).random(QUERIES)
        wrong = np.array([next(x for x in episode.label_set if x != answer) for answer in episode.answers])
        no_label = np.arange(QUERIES) % 3 == 2
        return difficulty, self.token[episode.answers], np.where(no_label, OUTSIDE, self.token[wrong])

    def _predictions(self, at: Place, who: str, accuracy: float, mass: Floats, tail: Floats) -> Floats:
        """Put `mass` on the right token of the easiest queries, a share `accuracy` but for noise; spread the rest."""
        difficulty, right, wrong = self._episode(at.split, at.episode)
        noisy = difficulty + 0.15 * (self._rng(who, at, 0).random(QUERIES) - 0.5)
        top = np.eye(VOCABULARY)[np.where(noisy < accuracy, right, wrong)]
        return np.asarray(mass[:, None] * top + (1.0 - mass[:, None]) * (0.99 * tail + 0.01 / VOCABULARY))

    def _tail(self, who: str, at: Place, *more: int) -> Floats:
        return self._rng(who, at, 1, *more).dirichlet(np.full(VOCABULARY, 0.5), size=QUERIES)

    def _icl(self, at: Place) -> Floats:
        mass = 0.5 + 0.2 * self._rng("icl order", at, at.order).random(QUERIES)
        tail = 0.7 * self._tail("icl", at) + 0.3 * self._tail("icl order", at, at.order)
        return self._predictions(at, "icl", ICL_ACCURACY[at.shots], mass, tail)

    def _none(self, at: Place) -> Floats:
        return self._predictions(at, "none", ZERO_SHOT, np.full(QUERIES, 0.6), self._tail("none", at))

    def _gd(self, at: Place) -> Floats:
        if at.labels != OWN:
            return self._following(self.gd(replace(at, labels=OWN)), at)
        if at.optimizer in ACCOUNTS or at.part == "kv":
            return self._account(at)
        best = BEST_RATE[get_optimizer(at.optimizer).rule]
        gone = PART[at.part] * at.epoch / (at.epoch + 3) * math.exp(-abs(math.log10(at.rate / best)))
        accuracy = min(ICL_ACCURACY[8], ZERO_SHOT + GD_GAIN.get(at.shots, 0.12) * gone)
        tail = (1.0 - 0.3 * gone) * self._tail("none", at) + 0.3 * gone * self._tail("icl", at)
        if at.optimizer != "gd":
            tail = 0.95 * tail + 0.05 * self._tail("gd order", at, list(OPTIMIZERS).index(at.optimizer), at.order)
        return self._predictions(at, "gd", accuracy, np.full(QUERIES, 0.6), tail)

    def _account(self, at: Place) -> Floats:
        return self._towards_icl(at, 1.0 - math.exp(-10.0 * at.rate * at.epoch), 0.05 * (at.optimizer == "sgd1"))

    def _towards_icl(self, at: Place, gone: float, ordered: float = 0.0) -> Floats:
        """Go from zero-shot towards the middle of ICL's orders; a share `ordered` of the tail is an order's own."""
        accuracy = ZERO_SHOT + (ICL_ACCURACY[at.shots] - ZERO_SHOT) * gone
        tail = (1.0 - gone) * self._tail("none", at) + gone * self._tail("icl", at)
        if ordered:
            tail = (1.0 - ordered) * tail + ordered * self._tail("gd order", at, at.order)
        return self._predictions(at, "icl", accuracy, np.full(QUERIES, 0.6), tail)

    def _following(self, own: Floats, at: Place) -> Floats:
        """Return predictions of which some say a random label of the demonstrations, a new one where there is one."""
        right, other = (
            task.episode(0, at.split, at.episode, QUERIES) for task in (TASK, RelabelledTask(TASK, at.labels))
        )
        given = other.labels[: at.shots]
        drawn = [*np.setdiff1d(given, right.labels[: at.shots]), *given, *right.label_set]
        said = self.token[[next(label for label in drawn if label != answer) for answer in right.answers]]
        out = own.copy()
        out[FOLLOWED] = 0.4 * own[FOLLOWED] + 0.6 * np.eye(VOCABULARY)[said[FOLLOWED]]
        return out

    def posterior(self, account: str, restart: float, at: Place) -> Floats:
        """Return the predictive of an exact posterior; the mixture's is best at one restart rate."""
        away = abs(math.log10(max(restart, 1e-12) / BEST_RESTART)) if account == "bayes-mixture" else 0.0
        return self._towards_icl(at, math.exp(-away))


def planted(model: CausalModel, directory: Path, noise: int) -> Lab:
    """Return a laboratory of the world."""
    return of_plants(Plants(model, noise), model, directory)


def of_plants(plants: Plants, model: CausalModel, directory: Path) -> Lab:
    return PlantedLab(model, TASK, TIER, 0, Store(directory), icl=plants.icl, none=plants.none, gd=plants.gd)


class World:
    """What the suite's claims ask for by argument, in the planted world."""

    def __init__(self, directory: Path) -> None:
        model = tiny_model()
        self.plants = Plants(model, 1)
        self.lab = self.weights = self.distribution = of_plants(self.plants, model, directory)
        self.family = tuple(
            planted(SizedModel(f"size-{size}", model.module, model.tokenizer, size=size), directory, 10 + i)
            for i, size in enumerate(SIZES)
        )
        self.series = Series(
            tuple(planted(moved(model, i), directory, 20 + i) for i in range(len(STEPS))),
            STEPS,
        )

    def posterior(
        self,
        lab: Lab,
        account: str,
        shots: int = SHOTS,
        split: str = "evaluation",
        n: int | None = None,
        restart: float = RESTART,
    ) -> LogProbs:
        """Return the planted predictives of a posterior, in place of `bayes_predictions`."""
        places = (Place(split, e, 0, shots=shots) for e in range(lab.count(split, n)))
        return np.log([self.plants.posterior(account, restart, at) for at in places]).astype(np.float32)


def moved(model: CausalModel, i: int) -> CausalModel:
    """Return a tiny model whose weights have moved by a twentieth since checkpoint i - 1."""
    other = tiny_model()
    with torch.no_grad():
        for weight in other.module.parameters():
            weight.mul_(1.05**i)
    return CausalModel(f"step-{STEPS[i]}", other.module, model.tokenizer)
