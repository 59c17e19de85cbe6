"""How exactly a constructed model is gradient descent: largest differences, in standard deviations of y.

Nothing here is sampled in the statistical sense: an identity holds on every episode up to rounding, or it does not.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.descent import autograd_gd, gd, gd_plus_plus
from iclgd_core.models.regression.constructed import constructed
from iclgd_core.models.regression.linear_attention import Layer, LinearSelfAttention
from iclgd_core.seeds import derive, stream
from iclgd_core.tasks.regression.task import Floats

EPISODES = 64
STARTS = ("zero", "random")
"""W0 of the construction: 0, as in the source's experiments, or standard normal."""


def attention_of(lab: RegressionLab) -> LinearSelfAttention:
    """Return the laboratory's model.

    Raises:
        NotRunError: a model that is no linear self-attention.
    """
    if not isinstance(lab.model, LinearSelfAttention):
        raise NotRunError(f"{lab.model.name} is no linear self-attention, whose weight matrices the claim is about.")
    return lab.model


def settings(model: LinearSelfAttention) -> tuple[float, float]:
    """Return eta and gamma N of a construction.

    Raises:
        NotRunError: a model that was not constructed.
    """
    if "eta" not in model.facts:
        raise NotRunError(f"{model.name} was not constructed, so it has no learning rate of its own.")
    return float(str(model.facts["eta"])), float(str(model.facts.get("gamma N", 0.0)))


def started(lab: RegressionLab, start: str) -> LinearSelfAttention:
    """Return the laboratory's construction with another W0, one of STARTS."""
    model = attention_of(lab)
    if start == "zero":
        return model
    rate, shrink = settings(model)
    drawn = stream(lab.seed, lab.task.name, "W0").standard_normal(tuple(model.start.shape))
    return constructed(model.name, rate, len(model.layers), shrink, torch.from_numpy(drawn))


def against_autograd(lab: RegressionLab, start: str = "zero") -> dict[str, float]:
    """Return the largest difference of a construction of GD from GD by autograd, for each episode."""
    model, e = started(lab, start), lab.episodes(n=EPISODES)
    rate, steps = settings(model)[0], len(model.layers)
    right = autograd_gd(e.xs, e.ys, e.xq, rate, steps, model.start.numpy())
    return _by_episode(lab, model.predict(e.xs, e.ys, e.xq) - right)


def by_layer(lab: RegressionLab, reference: str = "gd") -> dict[str, float]:
    """Return the largest difference of the first k layers from k steps, for each k.

    Args:
        lab: the laboratory.
        reference: "gd" by autograd, or "gd++" from its own equations.
    """
    model, e = attention_of(lab), lab.episodes(n=EPISODES)
    rate, shrink = settings(model)
    out = {}
    for k in range(1, len(model.layers) + 1):
        found = replace(model, layers=model.layers[:k]).predict(e.xs, e.ys, e.xq)
        if reference == "gd":
            right = autograd_gd(e.xs, e.ys, e.xq, rate, k, model.start.numpy())
        else:
            right = gd_plus_plus(e.xs, e.ys, e.xq, rate, shrink, k)[k]
        out[f"layer {k}"] = max(_by_episode(lab, found - right).values())
    return out


def first_layer_from_gd(lab: RegressionLab) -> dict[str, float]:
    """Return the largest difference of the first layer alone from one step of GD, for each episode."""
    model, e = attention_of(lab), lab.episodes(n=EPISODES)
    found = replace(model, layers=model.layers[:1]).predict(e.xs, e.ys, e.xq)
    return _by_episode(lab, found - gd(e.xs, e.ys, e.xq, settings(model)[0], 1)[1])


def finite_without_demonstrations(model: LinearSelfAttention, queries: Floats) -> dict[str, float]:
    """Return the share of finite numbers at N = 0: on the diagonal of each layer's P, and among the predictions.

    Args:
        model: any linear self-attention.
        queries: (episodes, Q, d).
    """
    outputs, inputs = model.start.shape
    none = np.zeros((len(queries), 0, inputs)), np.zeros((len(queries), 0, outputs))
    found = model.predict(*none, queries)
    diagonals = {
        f"diagonal of P, layer {i}": layer.projection(0).diagonal() for i, layer in enumerate(model.layers, start=1)
    }
    shares = {name: float(diagonal.isfinite().double().mean()) for name, diagonal in diagonals.items()}
    return shares | {"predictions": float(np.isfinite(found).mean())}


def over_orders(lab: RegressionLab, orders: int = 4) -> dict[str, float]:
    """Return the largest change of a prediction in context over orders of the demonstrations, for each episode."""
    found = lab.in_context(orders=orders, n=EPISODES)
    return _by_episode(lab, found - found[:, :1])


def reparametrised(model: LinearSelfAttention, seed: int) -> LinearSelfAttention:
    """Return a model with other weights and the same products.

    W_K -> R W_K,  W_Q -> R^-T W_Q,  W_V -> S W_V,  P -> P S^-1

    R and S are random matrices whose singular values are between 1/2 and 2, other ones in each layer.
    """
    generator = torch.Generator().manual_seed(derive(seed, model.name, "reparametrisation"))
    side = sum(model.start.shape)

    def mixing() -> torch.Tensor:
        left, right = (
            torch.linalg.qr(torch.randn(side, side, dtype=torch.float64, generator=generator)).Q for _ in range(2)
        )
        values = 2.0 ** (2.0 * torch.rand(side, dtype=torch.float64, generator=generator) - 1.0)
        return torch.as_tensor(left @ values.diag() @ right)

    def mixed(layer: Layer) -> Layer:
        r, s = mixing(), mixing()
        return replace(
            layer,
            w_k=r @ layer.w_k,
            w_q=torch.linalg.inv(r).mT @ layer.w_q,
            w_v=s @ layer.w_v,
            p=layer.p @ torch.linalg.inv(s),
        )

    return replace(model, layers=tuple(mixed(layer) for layer in model.layers))


def after_reparametrisation(lab: RegressionLab) -> tuple[dict[str, float], dict[str, float]]:
    """Return the largest change of the predictions for each episode, and the share of zeros of W_K before and after."""
    model, e = attention_of(lab), lab.episodes(n=EPISODES)
    other = reparametrised(model, lab.seed)
    change = other.predict(e.xs, e.ys, e.xq) - model.predict(e.xs, e.ys, e.xq)
    before, after = (float((one.layers[0].w_k == 0.0).double().mean()) for one in (model, other))
    return _by_episode(lab, change), {"before": before, "after": after}


def with_query_as_key(lab: RegressionLab, start: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return what changes in one layer where the query's token is a key and a value too.

    The token (x_q, -W0 x_q) has the value 2 W0 x_q, weighted by x_q . x_q, so that by derivation the prediction
    changes by -(2 eta / N) |x_q|^2 W0 x_q.

    Returns:
        For each episode, the largest difference of the change from that formula; and the largest change.
    """
    model, e = started(lab, start), lab.episodes(n=EPISODES)
    layer, w0, rate = model.layers[0], model.start, settings(model)[0]
    xs, ys, xq = (torch.from_numpy(a) for a in (e.xs, e.ys, e.xq))
    context = torch.cat([xs, ys], -1)[:, None].expand(-1, xq.shape[1], -1, -1)
    tokens = torch.cat([xq, -xq @ w0.mT], -1)[:, :, None]
    apart = replace(layer, p=layer.projection(e.shots), averages=False)  # N counts demonstrations in both
    alone, joined = (apart(keys, tokens) for keys in (context, torch.cat([context, tokens], 2)))
    change = -(joined - alone)[:, :, 0, xq.shape[-1] :]
    derived = -2.0 * rate / e.shots * xq.square().sum(-1, keepdim=True) * (xq @ w0.mT)
    return _by_episode(lab, (change - derived).numpy()), _by_episode(lab, change.numpy())


def _by_episode(lab: RegressionLab, differences: NDArray[np.float64]) -> dict[str, float]:
    largest = np.abs(differences).reshape(len(differences), -1).max(1) / np.sqrt(lab.scale)
    return {f"episode {i}": float(value) for i, value in enumerate(largest)}
