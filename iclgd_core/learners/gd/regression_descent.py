"""Gradient descent on the weights of a regression model's network: trained on pairs (x, y), asked without context.

The loss is that of the linear model in `linear.descent`, with the network in its place:

    L(w) = 1/(2N) sum_i |f_w(x_i) - y_i|^2,   f_w(x) = prediction of y of a prompt that is the query x alone

A replica of the weights is trained for each episode and learning rate, many at once by one vectorised gradient
(torch.func); the model's own weights are never written. A model that reads nothing from its weights without context
(linear self-attention, which then predicts W0 x) has a gradient of 0 and is refused.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.func import grad_and_value, vmap

from iclgd_core.errors import NotRunError, SettingsError
from iclgd_core.evidence.progress import Steps
from iclgd_core.learners.gd.optimizers import Optimizer, Stack, epochs, refuse_newton
from iclgd_core.learners.gd.run import Runs
from iclgd_core.models.regression.model import TrainableModel
from iclgd_core.tasks.regression.task import Floats, RegressionEpisodes

GROUP_BYTES = 2**30
"""Bytes of weights, gradients and optimizer state that replicas trained together may take."""
GROUP = 1024
"""Replicas trained together at most."""


def regression_descent(
    model: TrainableModel,
    episodes: RegressionEpisodes,
    optimizer: Optimizer,
    learning_rates: Sequence[float],
    readouts: Sequence[int],
) -> Runs[Floats]:
    """Train the network on each episode's demonstrations and answer its queries, without context, at every readout.

    Args:
        model: the model to start from.
        episodes: with at least one demonstration; mini-batches follow their order, and the one axis of orders is it.
        optimizer: update rule and batch size.
        learning_rates: each trained from the start, apart; not negative.
        readouts: epochs, ascending.

    Raises:
        SettingsError: no demonstration.
        NotRunError: Newton-like steps, or a model whose gradient is 0 though it does not fit the demonstrations.
    """
    if not episodes.shots:
        raise SettingsError("gradient descent needs at least one demonstration; zero-shot is the model without any.")
    refuse_newton(optimizer, model.name, "on squared errors")
    runs = [(rate, e) for rate in sorted(learning_rates) for e in range(len(episodes))]
    size = _group_size(model, optimizer)
    groups = [runs[at : at + size] for at in range(0, len(runs), size)]
    steps = Steps("steps of GD", len(groups) * readouts[-1] * optimizer.steps_per_epoch(episodes.shots))
    found = [list(_trained(model, episodes, optimizer, group, readouts, steps)) for group in groups]
    places = np.argsort(np.argsort(learning_rates, kind="stable"), kind="stable")

    def by_run(what: int) -> Floats:
        """Return (runs, readouts, ...) as (episodes, learning rates, readouts, ...), rates in the order as given."""
        flat = np.concatenate([np.stack([at[what] for at in group], axis=1) for group in found])
        shaped = flat.reshape(len(learning_rates), len(episodes), *flat.shape[1:])
        return np.ascontiguousarray(np.moveaxis(shaped[places], 0, 1), dtype=np.float64)

    predictions = by_run(0)
    diverged = np.asarray(~np.isfinite(predictions).all(axis=(-1, -2)))
    predictions[diverged] = np.nan
    return Runs(predictions[:, None], diverged[:, None], by_run(1)[:, None])


def _group_size(model: TrainableModel, optimizer: Optimizer) -> int:
    """Return how many replicas are trained together: a function of model and rule alone, never of free memory."""
    size = (3 + optimizer.buffers) * sum(weight.nbytes for weight in model.weights().values())
    return max(1, min(GROUP, GROUP_BYTES // size))


def _trained(
    model: TrainableModel,
    episodes: RegressionEpisodes,
    optimizer: Optimizer,
    runs: Sequence[tuple[float, int]],
    readouts: Sequence[int],
    steps: Steps,
) -> Iterator[tuple[Floats, Floats]]:
    """Yield predictions (runs, Q, Ny) and losses (runs,) of a group of (learning rate, episode) at every readout."""
    weights: Stack = {name: w.expand(len(runs), *w.shape).clone() for name, w in model.weights().items()}
    dtype, which = next(iter(weights.values())).dtype, [e for _, e in runs]
    x, y, xq = (torch.as_tensor(a[which], dtype=dtype) for a in (episodes.xs, episodes.ys, episodes.xq))

    def loss(own: Stack, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 0.5 * (model.without_context(own, x) - y).square().sum(-1).mean()

    gradient, answer = vmap(grad_and_value(loss)), vmap(model.without_context)

    def on(rows: slice) -> tuple[Stack, torch.Tensor]:
        gradients, losses = gradient(weights, x[:, rows], y[:, rows])
        if losses.any() and not any(one.any() for one in gradients.values()):
            raise NotRunError(
                f"{model.name} reads nothing from its weights without demonstrations before a query: the gradient on "
                "its network is 0, and training it changes nothing."
            )
        return gradients, losses

    for losses in epochs(on, weights, optimizer, [rate for rate, _ in runs], episodes.shots, readouts, steps):
        with torch.no_grad():
            yield answer(weights, xq).double().numpy(), losses.double().numpy()
