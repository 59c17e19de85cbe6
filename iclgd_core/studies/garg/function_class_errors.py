"""Errors of the baselines on each function class, one number an episode (arXiv 2208.01066, sections 3 and 4)."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.study import Study
from iclgd_core.lab.store import Store
from iclgd_core.lab.store.kept import arrays_digest, floats, kept
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners.linear.baselines import (
    LASSO_ALPHAS,
    Baseline,
    averaging,
    averaging_error,
    lasso,
    least_squares_error,
    nearest_neighbours,
    ordinary_least_squares,
    ridge,
)
from iclgd_core.learners.linear.greedy_tree import greedy_tree
from iclgd_core.learners.linear.solvers import least_squares
from iclgd_core.learners.linear.two_layer_net import two_layer_net
from iclgd_core.seeds import derive
from iclgd_core.tasks.regression.function_classes import DecisionTree, FunctionClass, Linear, ReluNet
from iclgd_core.tasks.regression.task import Floats

DIMENSION = 20
"""Of the inputs, as in the paper."""
EPISODES = 192
BATCHES, BATCH = 64, 144
"""Of the comparison with closed forms: means over batches, for single errors of averaging are far from normal."""
TUNING_EPISODES = 128
QUERIES = 8
SEED = 0


@dataclass(frozen=True)
class Contest:
    """A function class, how many points are seen, and the learner that the paper holds against it.

    Attributes:
        function_class: the class; points: demonstrations.
        learners: the learner made for the class, at each of its settings.
    """

    function_class: FunctionClass
    points: int
    learners: dict[str, Baseline]


NOISE = 1.0
CONTESTS: dict[str, Contest] = {
    "sparse-linear": Contest(
        Linear(DIMENSION, nonzero=3), 10, {f"Lasso, alpha {alpha:g}": lasso(alpha) for alpha in LASSO_ALPHAS}
    ),
    "noisy-linear": Contest(Linear(DIMENSION, noise=NOISE), 30, {"ridge, sigma^2 / tau^2": ridge(NOISE**2)}),
    "decision-tree": Contest(DecisionTree(DIMENSION), 100, {"greedy tree, depth 4": greedy_tree}),
    "relu-net": Contest(ReluNet(DIMENSION), 100, {"two-layer net by Adam": two_layer_net}),
}
RIVALS: dict[str, Baseline] = {
    "least-squares": ordinary_least_squares,
    "nearest-neighbours": nearest_neighbours,
    "averaging": averaging,
}


def contest(name: str, rival: str, store: Store | None = None) -> Study:
    """Hold the learner made for a function class against one of RIVALS on the same episodes.

    Numbers: squared error / scale of each evaluation episode, mean over queries, of the "learner", at its best setting
    on tuning episodes, and of the "rival".

    Args:
        name: one of CONTESTS.
        rival: one of RIVALS.
        store: keeps errors on disk for other workers and runs; None keeps them in this process alone.

    Raises:
        UnknownNameError: no such class or rival.
    """
    for kind, asked, known in (("function class", name, CONTESTS), ("rival", rival, RIVALS)):
        if asked not in known:
            raise UnknownNameError(kind, asked, known)
    against = CONTESTS[name]
    best = next(iter(against.learners))
    if len(against.learners) > 1:
        tuned = {setting: float(errors(name, setting, "tuning", store).mean()) for setting in against.learners}
        best = min(tuned, key=lambda setting: tuned[setting])
    learner, other = errors(name, best, "evaluation", store), errors(name, rival, "evaluation", store)
    return Study(
        {"learner": learner, "rival": other},
        {
            "error_of_learner": float(learner.mean()),
            "error_of_rival": float(other.mean()),
            "learner": best,
            "rival": rival,
        },
        {
            "function_class": name,
            "dimension": DIMENSION,
            "points": against.points,
            "scale": against.function_class.scale,
            "episodes": EPISODES,
            "queries": QUERIES,
            "seed": SEED,
        },
        {
            "split": "tuning",
            "episodes": TUNING_EPISODES if len(against.learners) > 1 else 0,
            "settings": list(against.learners),
            "criterion": "least mean squared error",
        },
    )


@cache
def errors(name: str, learner: str, split: str, store: Store | None = None) -> Floats:
    """Return squared error / scale of a learner on a class's episodes of a split, mean over queries, (episodes,).

    Args:
        name: one of CONTESTS.
        learner: one of the class's learners, by its setting, or one of RIVALS.
        split: "tuning" or "evaluation".
        store: as in `contest`.
    """
    against, (x, y, queries, answers) = CONTESTS[name], _drawn(name, split)
    predict = (against.learners | RIVALS)[learner]

    def measured() -> Arrays:
        return {"errors": np.square(predict(x, y, queries) - answers).mean(1) / against.function_class.scale}

    key: Key = {"learner": learner, "function_class": name, "episodes": arrays_digest(x, y, queries, answers)}
    return floats(kept(store, key, measured), "errors")


@cache
def _drawn(name: str, split: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Return demonstrations, their answers, queries and theirs."""
    against = CONTESTS[name]
    generator = torch.Generator().manual_seed(derive(SEED, name, split))
    episodes = TUNING_EPISODES if split == "tuning" else EPISODES
    drawn = against.function_class.draw(episodes, against.points + QUERIES, generator)
    x, y, n = drawn.x.numpy(), drawn.y.numpy(), against.points
    return x[:, :n], y[:, :n], x[:, n:], y[:, n:]


CLOSED_FORMS = {"least-squares": least_squares_error, "averaging": averaging_error}


def closed_form_errors(learner: str, points: int, store: Store | None = None) -> Study:
    """Measure a learner of CLOSED_FORMS on noiseless linear functions of Gaussian inputs after so many points.

    The error is that over all queries, E_x ((w' - w) . x)^2 = |w' - w|^2, so that only functions and points are drawn.
    Numbers: "difference", mean error / d of each batch of episodes minus the closed form, (batches,).

    Args:
        learner: one of CLOSED_FORMS.
        points: number of points.
        store: as in `contest`.

    Raises:
        UnknownNameError: no such learner.
    """
    if learner not in CLOSED_FORMS:
        raise UnknownNameError("learner", learner, CLOSED_FORMS)
    seed = derive(SEED, "closed form", points)

    def measured() -> Arrays:
        drawn = Linear(DIMENSION).draw(BATCHES * BATCH, points, torch.Generator().manual_seed(seed))
        x, y = drawn.x.numpy(), drawn.y.numpy()
        found = least_squares(x, y) if learner == "least-squares" else np.einsum("end,en->ed", x, y) / points
        return {"errors": np.square(found - drawn.weights.numpy()).sum(1) / DIMENSION}

    key: Key = {"learner": learner, "closed_form": [DIMENSION, points, BATCHES, BATCH], "seed": seed}
    error = floats(kept(store, key, measured), "errors")
    expected = CLOSED_FORMS[learner](points, DIMENSION)
    return Study(
        {"difference": error.reshape(BATCHES, BATCH).mean(1) - expected},
        {"error": float(error.mean()), "closed_form": expected},
        {
            "dimension": DIMENSION,
            "points": points,
            "batches": BATCHES,
            "episodes_in_a_batch": BATCH,
            "seed": SEED,
        },
    )
