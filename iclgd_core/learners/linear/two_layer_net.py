"""A two-layer ReLU net trained on the demonstrations alone (the GD baseline of arXiv 2208.01066, appendix A)."""

import math

import torch

from iclgd_core.tasks.regression.task import Floats

WIDTH = 100
LEARNING_RATE = 5e-3
STEPS = 100
"""Width, and Adam's rate and steps, of the paper's code."""
INITIAL_SEED = 0


def two_layer_net(x: Floats, y: Floats, queries: Floats) -> Floats:
    """Predict by a net f(x) = sum_j a_j relu(w_j . x + b_j) + c trained by Adam on the demonstrations; 0 without any.

    Width 100, 100 steps on all demonstrations at once, rate 5e-3, squared error; initial weights uniform in
    +-1 / sqrt(fan-in), the same in every episode. Episodes are trained side by side: Adam treats each weight by itself,
    and the loss is the sum over episodes.

    Args:
        x: demonstrations, (episodes, points, d).
        y: their answers, (episodes, points).
        queries: (episodes, queries, d).

    Returns:
        Predictions, (episodes, queries).
    """
    episodes, points, d = x.shape
    if points == 0:
        return torch.zeros(queries.shape[:2], dtype=torch.float64).numpy()
    inputs, answers = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
    generator = torch.Generator().manual_seed(INITIAL_SEED)

    def initial(fan_in: int, *shape: int) -> torch.Tensor:
        values = (2.0 * torch.rand(shape, generator=generator) - 1.0) / math.sqrt(fan_in)
        return values.expand(episodes, *shape).clone().requires_grad_()

    weights = [initial(d, d, WIDTH), initial(d, 1, WIDTH), initial(WIDTH, WIDTH, 1), initial(WIDTH, 1, 1)]
    optimizer = torch.optim.Adam(weights, lr=LEARNING_RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = (_forward(weights, inputs) - answers).square().mean(1).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return _forward(weights, torch.as_tensor(queries, dtype=torch.float32)).double().numpy()


def _forward(weights: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Return the nets' outputs (episodes, points)."""
    w, b, a, c = weights
    return (torch.relu(x @ w + b) @ a + c)[..., 0]
