"""How nearly trained linear self-attention is one step of GD (arXiv 2212.07677, section 3), one number an episode.

GD is one step from 0 at the rate with the least expected loss on the model's own task (`constructed.best_rate`).
"""

from dataclasses import replace

import numpy as np
import torch

from iclgd_core.errors import NotRunError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.descent import gd
from iclgd_core.models.regression.attention_files import load_attention
from iclgd_core.models.regression.constructed import best_loss, best_rate, step
from iclgd_core.models.regression.linear_attention import Layer, LinearSelfAttention
from iclgd_core.models.regression.model import RegressionModel
from iclgd_core.models.regression.training_attention import RECIPES
from iclgd_core.studies.vonoswald.exactness import attention_of
from iclgd_core.tasks.regression.task import Floats, RegressionEpisodes
from iclgd_core.tasks.regression.uniform import UniformLinear

METRICS = ("prediction-difference", "sensitivity-cosine", "sensitivity-difference")


def replica(lab: RegressionLab, seed: int) -> RegressionLab:
    """Return the same laboratory with the weights that another seed of the model's recipe gave.

    A model without a recipe, an untrained control, stands for itself.

    Raises:
        UnknownNameError: no such seed.
    """
    return replace(lab, model=load_attention(lab.model.name, seed)) if lab.model.name in RECIPES else lab


def task_of(lab: RegressionLab) -> UniformLinear:
    """Return the laboratory's task.

    Raises:
        NotRunError: a task without closed forms of the best rate and loss.
    """
    if not isinstance(lab.task, UniformLinear):
        raise NotRunError(f"the best rate and loss of one GD step on {lab.task.name} have no closed form here.")
    return lab.task


def closed_rate(lab: RegressionLab) -> float:
    """Return the best rate eta of one GD step on the laboratory's task."""
    task = task_of(lab)
    return best_rate(task.a, task.inputs, task.shots)


def closed_loss(lab: RegressionLab) -> float:
    """Return the expected loss of one GD step at that rate."""
    task = task_of(lab)
    return best_loss(task.a, task.inputs, task.shots)


def one_step(lab: RegressionLab, episodes: RegressionEpisodes | None = None) -> Floats:
    """Return the predictions of the best one-step GD, (episodes, Q, Ny); by default of the evaluation episodes."""
    e = lab.episodes() if episodes is None else episodes
    return np.asarray(gd(e.xs, e.ys, e.xq, closed_rate(lab), 1)[1])


def losses(predictions: Floats, right: Floats) -> Floats:
    """Return 0.5 |y - prediction|^2, mean over the queries of each episode, (episodes,)."""
    return np.asarray(0.5 * np.square(predictions - right).sum(-1).mean(-1))


def excess_loss(lab: RegressionLab, predictions: Floats, reference: Floats) -> Floats:
    """Return ( loss - loss of the reference ) / best loss, for each evaluation episode.

    The expected loss of the best GD step is known exactly, so with it as the reference, mean + 1 is an estimate of the
    loss in units of that closed form, with much less spread than the loss itself.
    """
    right = lab.episodes().yq
    return np.asarray((losses(predictions, right) - losses(reference, right)) / closed_loss(lab))


def rates(lab: RegressionLab) -> Floats:
    """Return the rate of the GD step nearest to the model's predictions, by the closed form's, for each episode.

    eta_e = sum_q f_q . g_q / sum_q |g_q|^2,  with g the GD step at rate 1
    """
    e, found = lab.episodes(), lab.in_context()[:, 0]
    unit = gd(e.xs, e.ys, e.xq, 1.0, 1)[1]
    eta = (found * unit).sum((1, 2)) / np.square(unit).sum((1, 2))
    return np.asarray(eta / closed_rate(lab))


def sensitivities(model: RegressionModel, e: RegressionEpisodes) -> Floats:
    """Return d prediction / d x_q of each episode, (episodes, d, Ny).

    A linear self-attention's prediction is linear in x_q, so it is the prediction at the unit vectors.
    """
    return model.predict(e.xs, e.ys, _units(e))


def alignment(lab: RegressionLab, metric: str) -> Floats:
    """Return how near the model is to the best GD step, for each evaluation episode.

    Args:
        lab: the laboratory of a linear self-attention.
        metric: one of METRICS: mean |f - g| over queries in standard deviations of y; cosine of the sensitivities of
            f and g; |difference of the sensitivities| / |that of g|.
    """
    if metric == METRICS[0]:
        distance = np.abs(lab.in_context()[:, 0] - one_step(lab)).mean((1, 2))
        return np.asarray(distance / np.sqrt(lab.scale))
    e = lab.episodes()
    shape = (len(e), -1)
    units = replace(e, xq=_units(e), yq=_units(e) @ np.zeros((e.xq.shape[-1], e.yq.shape[-1])))
    f, g = sensitivities(attention_of(lab), e).reshape(shape), one_step(lab, units).reshape(shape)
    if metric == METRICS[1]:
        return np.asarray((f * g).sum(1) / np.linalg.norm(f, axis=1) / np.linalg.norm(g, axis=1))
    return np.asarray(np.linalg.norm(f - g, axis=1) / np.linalg.norm(g, axis=1))


def _units(e: RegressionEpisodes) -> Floats:
    """Return the unit vectors of the inputs as queries, (episodes, d, d)."""
    return np.tile(np.eye(e.xq.shape[-1]), (len(e), 1, 1))


def interpolated(lab: RegressionLab) -> LinearSelfAttention:
    """Return the model half-way between the trained one-layer weights and the construction, by identified products.

        beta = mean of the first d diagonal entries of W_K^T W_Q
        W_KQ = ( W_K^T W_Q / beta + construction's ) / 2,   W_PV = ( beta P W_V + construction's ) / 2

    Raises:
        NotRunError: more than one layer.
    """
    model, task = attention_of(lab), task_of(lab)
    if len(model.layers) != 1:
        raise NotRunError(f"{model.name} has {len(model.layers)} layers; the source interpolates single ones.")
    trained = model.layers[0].products(task.shots)
    built = step(model.start, closed_rate(lab)).products(task.shots)
    beta = trained["W_K^T W_Q"].diagonal()[: task.inputs].mean()
    keys = (trained["W_K^T W_Q"] / beta + built["W_K^T W_Q"]) / 2.0
    values = (trained["P W_V"] * beta + built["P W_V"]) / 2.0
    identity = torch.eye(len(keys), dtype=torch.float64)
    return replace(model, layers=(Layer(identity, keys, values, identity),))


SHIFTS = ("inputs-half", "inputs-double", "teacher-triple", "normal", "exponential", "laplace")


def shifted(task: UniformLinear, shift: str) -> UniformLinear:
    """Return a task out of the training distribution: wider or narrower inputs, a larger teacher, another law of x."""
    name = f"{task.name}-{shift}"
    changes = {
        "inputs-half": replace(task, name=name, a=task.a / 2.0),
        "inputs-double": replace(task, name=name, a=task.a * 2.0),
        "teacher-triple": replace(task, name=name, teacher=3.0),
    }
    return changes[shift] if shift in changes else replace(task, name=name, law=shift)


def distance_when_shifted(lab: RegressionLab, shift: str) -> Floats:
    """Return |f - g|^2 / E |g|^2 for each episode of a shifted task; g is the GD step of training."""
    e = replace(lab, task=shifted(task_of(lab), shift)).episodes()
    f, g = lab.model.predict(e.xs, e.ys, e.xq), one_step(lab, e)
    return np.asarray(np.square(f - g).sum(-1).mean(-1) / np.square(g).sum(-1).mean())
