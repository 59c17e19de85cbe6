"""Updates of stacked replicas: the layout in memory of a gradient has no effect."""

import pytest
import torch

from iclgd_core.learners.gd.optimizers import OPTIMIZERS, get_optimizer, set_gradients, torch_optimizer


@pytest.mark.parametrize("name", [name for name, one in OPTIMIZERS.items() if one.batch is None])
def test_the_layout_of_a_gradient_has_no_effect(name: str) -> None:
    gradient = torch.randn(4, 3, 2, 5, generator=torch.Generator().manual_seed(0))
    rates, found = [0.1, 0.1, 0.1, 0.2], []
    for given in (gradient, gradient.transpose(0, 1).contiguous().transpose(0, 1)):
        weights = {"w": torch.ones(4, 3, 2, 5)}
        updater = torch_optimizer(get_optimizer(name), weights, rates)
        for _ in range(2):
            set_gradients(updater, {"w": given}, rates)
            updater.step()
        found.append(weights["w"])
    assert torch.equal(*found)
