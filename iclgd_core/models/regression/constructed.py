"""Linear self-attention constructed by hand to be gradient descent (arXiv 2212.07677, proposition 1 and appendix A).

    L(W) = 1/(2N) sum_i |W x_i - y_i|^2,   dW = -(eta/N) sum_i (W x_i - y_i) x_i^T

    W_K = W_Q = [[I, 0], [0, 0]],   W_V = [[0, 0], [W0, -I]],   P = (eta/N) I

gives e_j -> (x_j, y_j - dW x_j), and of the query (x_q, -W0 x_q) the prediction (W0 + dW) x_q: one exact GD step.
K layers are K steps. With W_V = [[-(N/eta) gamma I, 0], [W0, -I]] the inputs change too,
x_j -> (I - gamma X^T X) x_j with X^T X = sum_i x_i x_i^T: GD++.
"""

import torch
from torch import Tensor

from iclgd_core.errors import SettingsError
from iclgd_core.models.regression.linear_attention import Layer, LinearSelfAttention


def best_rate(a: float, inputs: int, shots: int) -> float:
    """Return the rate eta with which one GD step from 0 has the least expected loss; x ~ U(-a, a)^d, W ~ N(0, I).

        eta = 1 / (s2 c),   c = (N + d + k - 2) / N,   s2 = a^2 / 3,   k = 9/5 (kurtosis of the uniform law)

    Derivation: with S = X^T X / N and e = (I - eta S) W^T, E e^T e s2 = s2 d (1 - 2 eta s2 + eta^2 s2^2 c).

    Args:
        a: half the width of the inputs' range, > 0.
        inputs: d, from 1.
        shots: N, from 1.

    >>> round(best_rate(1.0, 10, 10), 4), round(best_rate(0.5, 10, 10), 4)
    (1.5152, 6.0606)
    """
    return 1.0 / (a**2 / 3.0 * _spread(inputs, shots))


def best_loss(a: float, inputs: int, shots: int) -> float:
    """Return the least expected loss 0.5 E (y - yhat)^2 of one GD step from 0, that at `best_rate`.

        loss = 0.5 s2 d (1 - 1/c);   not learning at all has 0.5 s2 d

    >>> round(best_loss(1.0, 10, 10), 4), round(best_loss(0.5, 10, 10), 5)
    (0.8249, 0.20623)
    """
    return 0.5 * a**2 / 3.0 * inputs * (1.0 - 1.0 / _spread(inputs, shots))


def _spread(inputs: int, shots: int) -> float:
    """Return c = E (S^2) / s2^2, the same for each input."""
    return (shots + inputs + 9.0 / 5.0 - 2.0) / shots


def step(start: Tensor, rate: float, shrink: float = 0.0) -> Layer:
    """Return the layer of one step of GD, or of GD++.

    Args:
        start: W0, (Ny, d), float64.
        rate: eta, > 0.
        shrink: gamma N of GD++, so that x <- (I - shrink X^T X / N) x; 0 is GD.

    Raises:
        SettingsError: a rate that is not positive.
    """
    if not rate > 0.0:
        raise SettingsError(f"a step of GD needs a rate eta > 0; got {rate!r}.")
    outputs, inputs = start.shape
    keys = torch.zeros(inputs + outputs, inputs + outputs, dtype=torch.float64)
    keys[:inputs, :inputs] = torch.eye(inputs, dtype=torch.float64)
    values = torch.zeros_like(keys)
    values[:inputs, :inputs] = -shrink / rate * torch.eye(inputs, dtype=torch.float64)
    values[inputs:, :inputs], values[inputs:, inputs:] = start, -torch.eye(outputs, dtype=torch.float64)
    return Layer(keys, keys.clone(), values, rate * torch.eye(inputs + outputs, dtype=torch.float64), averages=True)


def constructed(
    name: str, rate: float, steps: int = 1, shrink: float = 0.0, start: Tensor | None = None, inputs: int = 10
) -> LinearSelfAttention:
    """Return the model of so many steps of GD (shrink 0) or GD++, one layer a step; W0 = 0 unless `start` is given."""
    w0 = torch.zeros(1, inputs, dtype=torch.float64) if start is None else start
    layer = step(w0, rate, shrink)
    facts = {"construction": "GD++" if shrink else "GD", "eta": rate, "gamma N": shrink, "steps": steps}
    return LinearSelfAttention(name, (layer,) * steps, w0, {key: value for key, value in facts.items() if value})
