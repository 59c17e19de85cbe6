"""Weights moved by one rounding, and what becomes of it in training."""

import numpy as np
import pytest
import torch

from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.learners.gd.nudged import nudged
from iclgd_core.models.language.loading import load_model
from iclgd_core.tasks import get_task
from tests.tiny_models import tiny_model


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_each_weight_moves_to_a_number_beside_it_and_back(dtype: torch.dtype) -> None:
    module = tiny_model().module.to(dtype)  # type: ignore[arg-type]
    before = {name: weight.detach().clone() for name, weight in module.named_parameters()}
    with nudged(module):
        for name, weight in module.named_parameters():
            was = before[name]
            above, below = (torch.nextafter(was, torch.full_like(was, end)) for end in (torch.inf, -torch.inf))
            assert bool(((weight == above) | (weight == below)).all())
            if weight.numel() > 50:
                assert 0.25 < float((weight == above).double().mean()) < 0.75
    for name, weight in module.named_parameters():
        assert torch.equal(weight, before[name])


def test_weights_come_back_after_an_error() -> None:
    module = tiny_model().module
    before = {name: weight.detach().clone() for name, weight in module.named_parameters()}
    with pytest.raises(KeyError), nudged(module):
        raise KeyError
    assert all(torch.equal(weight, before[name]) for name, weight in module.named_parameters())


def test_a_high_rate_amplifies_it_and_a_low_one_does_not() -> None:
    """Adam on one demonstration a step, ten epochs, on an embedded model."""
    model, task = load_model("ginc-llama-57k"), get_task("ginc-k5")
    drawn = [task.encode(task.episode(0, "tuning", 0, 8), model.reader)]
    orders, schedule, rule = np.arange(8)[None, None], Schedule((1e-4, 5e-3), (10,)), get_optimizer("adam1")
    plain = np.exp(np.asarray(gradient_descent(model, drawn, orders, rule, schedule).predictions))
    with nudged(model.module):
        moved = np.exp(np.asarray(gradient_descent(model, drawn, orders, rule, schedule).predictions))
    low, high = np.abs(plain - moved)[0, 0].max(axis=(-1, -2, -3))
    assert 0.0 < low < 1e-5
    assert high > 1e-4
