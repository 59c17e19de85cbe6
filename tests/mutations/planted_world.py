"""A world in which every claim of the suite holds, made of planted distributions at the quick tier's own sizes.

ICL is accurate, grows with the demonstrations, and depends on their order. GD gains a little over zero-shot (so that
the precondition holds as well where GD stands in for ICL), depends on no order where it is full-batch and little
where it is not, and needs 512 demonstrations to be as accurate as ICL. Sizes differ in their draws alone, checkpoints
in their weights and their noise. Weights are those of a tiny random model, far from sparse.
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.lab import Lab, Series
from iclgd_core.learners import OPTIMIZERS, get_optimizer
from iclgd_core.measurements import Store
from iclgd_core.models import CausalModel
from iclgd_core.tiers import TIERS
from tests.studies.planted import VOCABULARY, Floats, Place, PlantedLab
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
        best = BEST_RATE[get_optimizer(at.optimizer).rule]
        gone = PART[at.part] * at.epoch / (at.epoch + 3) * math.exp(-abs(math.log10(at.rate / best)))
        accuracy = min(ICL_ACCURACY[8], ZERO_SHOT + GD_GAIN.get(at.shots, 0.12) * gone)
        tail = (1.0 - 0.3 * gone) * self._tail("none", at) + 0.3 * gone * self._tail("icl", at)
        if at.optimizer != "gd":
            tail = 0.95 * tail + 0.05 * self._tail("gd order", at, list(OPTIMIZERS).index(at.optimizer), at.order)
        return self._predictions(at, "gd", accuracy, np.full(QUERIES, 0.6), tail)


def planted(model: CausalModel, directory: Path, noise: int) -> Lab:
    """Return a laboratory of the world."""
    plants = Plants(model, noise)
    return PlantedLab(model, TASK, TIER, 0, Store(directory), icl=plants.icl, none=plants.none, gd=plants.gd)


class World:
    """What the suite's claims ask for by argument, in the planted world."""

    def __init__(self, directory: Path) -> None:
        model = tiny_model()
        self.lab = self.weights = planted(model, directory, 1)
        self.family = tuple(
            planted(SizedModel(f"size-{size}", model.module, model.tokenizer, size=size), directory, 10 + i)
            for i, size in enumerate(SIZES)
        )
        self.series = Series(
            tuple(planted(moved(model, i), directory, 20 + i) for i in range(len(STEPS))),
            STEPS,
        )


def moved(model: CausalModel, i: int) -> CausalModel:
    """Return a tiny model whose weights have moved by a twentieth since checkpoint i - 1."""
    other = tiny_model()
    with torch.no_grad():
        for weight in other.module.parameters():
            weight.mul_(1.05**i)
    return CausalModel(f"step-{STEPS[i]}", other.module, model.tokenizer)
