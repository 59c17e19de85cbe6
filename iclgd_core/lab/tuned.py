"""The most favourable setting of a learner in regression: nearest to ICL, or most accurate, on tuning episodes."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from iclgd_core.errors import DivergedError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.nelder_mead import nelder_mead
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.setting import best
from iclgd_core.learners.linear.descent import gd, gd_plus_plus, sgd
from iclgd_core.learners.linear.solvers import iterative_newton_path, least_squares, ridge_regression
from iclgd_core.tasks.regression.task import Floats, RegressionEpisodes

Path = Callable[[RegressionEpisodes, tuple[float, ...], int], Floats]
"""Predictions after 0, 1, ..., so many steps at given parameters, (steps + 1, episodes, Q, Ny)."""

RATES = tuple(float(rate) for rate in np.geomspace(0.01, 20.0, 24))
SHRINKS = (0.1, 0.2, 0.4, 0.8)
STEPS = (1, 2, 3, 4, 6, 8, 16, 32, 64)


@dataclass(frozen=True)
class Learner:
    """A learner with its choices.

    Attributes:
        account: its name in `iclgd_core.evidence.accounts.ACCOUNTS`.
        path: predicts along its steps.
        grid: values of each parameter that are tried; the best is then refined between them.
        steps: numbers of steps that are tried; with a single choice and no parameter nothing is tuned.
    """

    account: str
    path: Path
    grid: tuple[tuple[float, ...], ...]
    steps: tuple[int, ...]

    @property
    def tuned(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.grid) or len(self.steps) > 1


def _gd(e: RegressionEpisodes, parameters: tuple[float, ...], steps: int) -> Floats:
    return gd(e.xs, e.ys, e.xq, parameters[0], steps)


def _gd_plus_plus(e: RegressionEpisodes, parameters: tuple[float, ...], steps: int) -> Floats:
    return gd_plus_plus(e.xs, e.ys, e.xq, parameters[0], parameters[1], steps)


def _sgd(e: RegressionEpisodes, parameters: tuple[float, ...], steps: int) -> Floats:
    found = sgd(e.xs, e.ys, e.xq, parameters[0])
    return np.stack([np.zeros_like(found), found])


def _newton(e: RegressionEpisodes, parameters: tuple[float, ...], steps: int) -> Floats:
    outputs = [iterative_newton_path(e.xs, e.ys[..., j], steps) for j in range(e.ys.shape[2])]
    return np.asarray(np.einsum("eqd,jekd->keqj", e.xq, np.stack(outputs)))


def _posterior_mean(noise: float) -> Path:
    """Return the Bayes predictor of y = W x + noise with W ~ N(0, I): ridge, or least squares without noise."""

    def path(e: RegressionEpisodes, parameters: tuple[float, ...], steps: int) -> Floats:
        columns = [e.ys[..., j] for j in range(e.ys.shape[2])]
        solved = [ridge_regression(e.xs, y, noise**2) if noise else least_squares(e.xs, y) for y in columns]
        found = e.xq @ np.stack(solved, axis=-1)
        return np.stack([np.zeros_like(found), found])

    return path


def learners(noise: float | None) -> dict[str, Learner]:
    """Return the learners by account.

    Args:
        noise: standard deviation of the answers' noise in a task whose function is linear with W ~ N(0, I); None in
            any other, where the posterior mean is not ridge and is left out.
    """
    found = [
        Learner("gd", _gd, (RATES,), STEPS),
        Learner("sgd", _sgd, (RATES,), (1,)),
        Learner("gd++", _gd_plus_plus, (RATES, SHRINKS), (1, 2, 3, 4, 6)),
        Learner("newton", _newton, (), tuple(range(1, 13))),
    ]
    if noise is not None:
        found.append(Learner("bayes", _posterior_mean(noise), (), (1,)))
    return {learner.account: learner for learner in found}


@dataclass(frozen=True)
class Chosen:
    """A learner at the setting that was chosen on tuning episodes.

    Attributes:
        learner: the learner.
        parameters: its rate, or rate and shrink; empty if it has none.
        steps: number of steps; 0 is not training.
        distance: mean npd from the target on the tuning episodes.
        protocol: how it was chosen; goes into the hash of the rule.
    """

    learner: Learner
    parameters: tuple[float, ...]
    steps: int
    distance: float
    protocol: dict[str, Json] = field(default_factory=dict)

    def predict(self, episodes: RegressionEpisodes) -> Floats:
        """Predict, (episodes, Q, Ny).

        Raises:
            DivergedError: a prediction that is not finite.
        """
        found: Floats = self.learner.path(episodes, self.parameters, self.steps)[self.steps]
        if not np.isfinite(found).all():
            raise DivergedError(f"{self.learner.account} at {self.parameters} diverged after {self.steps} steps.")
        return found

    def record(self) -> dict[str, Json]:
        """Return parameters, steps and tuning distance, for the report."""
        return {"parameters": list(self.parameters), "steps": self.steps, "tuning_npd": self.distance}


def tuned(lab: RegressionLab, account: str, target: str = "icl") -> Chosen:
    """Choose a learner's setting by mean npd on the tuning episodes: from a grid, then refined by Nelder-Mead.

    Not training is a choice where anything is chosen. A setting with a prediction that is not finite is not eligible.
    Ties go to not training, then to the earlier value.

    Args:
        lab: the laboratory.
        account: one of `learners`.
        target: "icl" for the nearest to ICL, "answers" for the most accurate.

    Raises:
        UnknownNameError: no such learner, or one that the task has no form of.
    """
    known = learners(lab.task.noise)
    if account not in known:
        raise UnknownNameError("learner", account, known)
    learner, episodes = known[account], lab.episodes("tuning")
    goal = episodes.yq if target == "answers" else lab.in_context(split="tuning")[:, 0]

    def distances(parameters: tuple[float, ...]) -> dict[int, float]:
        path = learner.path(episodes, parameters, max(learner.steps))
        return {step: float(lab.npd(path[step], goal).mean()) for step in learner.steps}

    scores: list[tuple[tuple[tuple[float, ...], int], float]] = []
    if learner.tuned:
        start = tuple(values[0] for values in learner.grid)
        scores.append(((start, 0), float(lab.npd(np.zeros_like(goal), goal).mean())))
    with np.errstate(over="ignore", invalid="ignore"):
        for parameters in itertools.product(*learner.grid):
            scores += [((parameters, step), value) for step, value in distances(parameters).items()]
        (parameters, steps), distance = best(scores, least=True)
        if steps and learner.grid:
            parameters, distance = _refined(parameters, distance, lambda near: distances(near)[steps])
    protocol: dict[str, Json] = {
        "split": "tuning",
        "episodes": len(episodes),
        "learner": account,
        "grid": [list(values) for values in learner.grid],
        "steps": list(learner.steps),
        "refined": "Nelder-Mead on the logarithm of the parameters" if learner.grid else "",
        "criterion": f"least mean npd from {'the right answers' if target == 'answers' else 'ICL'}",
        "not_training_is_a_choice": learner.tuned,
    }
    return Chosen(learner, parameters, steps, distance, protocol if learner.tuned else {})


def _refined(
    parameters: tuple[float, ...], least: float, distance: Callable[[tuple[float, ...]], float]
) -> tuple[tuple[float, ...], float]:
    """Return the nearest parameters near some, and their distance; the same where none is nearer."""

    def parameters_of(logs: Floats) -> tuple[float, ...]:
        return tuple(float(p) for p in np.exp(logs))

    logs, found = nelder_mead(lambda logs: distance(parameters_of(logs)), np.log(parameters), 1e-10, 1e-20)
    return (parameters_of(logs), found) if found < least else (parameters, least)
