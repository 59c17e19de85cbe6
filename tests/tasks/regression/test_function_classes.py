"""Function classes: their scale, their structure, what noise leaves alone, and settings that are refused."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.regression.function_classes import DecisionTree, FunctionClass, Linear, ReluNet

CLASSES: tuple[FunctionClass, ...] = (
    Linear(6),
    Linear(6, nonzero=2),
    Linear(6, noise=1.0),
    DecisionTree(6),
    ReluNet(6),
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("of", CLASSES, ids=lambda of: of.name)
def test_scale_is_the_mean_square_without_noise(of: FunctionClass) -> None:
    drawn = of.draw(4000, 10, generator())
    noise = of.noise**2 if isinstance(of, Linear) else 0.0
    assert float(drawn.y.square().mean()) == pytest.approx(of.scale + noise, rel=0.08)
    assert drawn.x.shape == (4000, 10, 6)
    assert float(drawn.x.mean()) == pytest.approx(0.0, abs=0.02)
    assert float(drawn.x.std()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("of", CLASSES, ids=lambda of: of.name)
def test_the_generator_decides(of: FunctionClass) -> None:
    a, b, c = (of.draw(3, 4, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(a.y, b.y)
    assert not torch.equal(a.y, c.y)
    assert a.y.dtype == torch.float64
    assert of.draw(3, 4, generator(), torch.float32).y.dtype == torch.float32


def test_linear_functions_are_linear_and_noise_leaves_them_alone() -> None:
    plain, noisy = Linear(6).draw(3, 4, generator()), Linear(6, noise=0.5).draw(3, 4, generator())
    torch.testing.assert_close(plain.y, torch.einsum("end,ed->en", plain.x, plain.weights))
    assert torch.equal(plain.x, noisy.x)
    assert torch.equal(plain.weights, noisy.weights)
    assert not torch.equal(plain.y, noisy.y)


def test_sparse_weights_have_so_many_coordinates() -> None:
    drawn = Linear(6, nonzero=2).draw(500, 1, generator())
    kept = drawn.weights != 0
    assert bool((kept.sum(1) == 2).all())
    np.testing.assert_allclose(kept.double().mean(0), 2 / 6, atol=0.08)


def test_a_tree_has_one_value_for_each_pattern_of_signs() -> None:
    drawn = DecisionTree(2, depth=3).draw(20, 60, generator())
    assert drawn.weights.shape == (20, 0)
    for x, y in zip(drawn.x, drawn.y, strict=True):
        by_pattern: dict[tuple[bool, ...], set[float]] = {}
        for point, answer in zip(x, y, strict=True):
            by_pattern.setdefault(tuple((point > 0).tolist()), set()).add(float(answer))
        assert all(len(answers) == 1 for answers in by_pattern.values())


def test_a_relu_net_is_positively_homogeneous() -> None:
    torch.manual_seed(0)
    drawn = ReluNet(3, width=5).draw(2, 4, generator())
    rng = generator()
    w = torch.randn(2, 5, 3, generator=rng, dtype=torch.float64)
    a = torch.randn(2, 5, generator=rng, dtype=torch.float64)
    by_hand = [
        [float(np.sqrt(2 / 5) * (a[e] * torch.relu(w[e] @ drawn.x[e, i])).sum()) for i in range(4)] for e in range(2)
    ]
    np.testing.assert_allclose(drawn.y, by_hand)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Linear(0), "dimension is 0"),
        (lambda: Linear(3, noise=-1.0), "noise is -1"),
        (lambda: Linear(3, nonzero=4), "nonzero is 4"),
        (lambda: Linear(3, nonzero=0), "nonzero is 0"),
        (lambda: DecisionTree(3, depth=0), "depth is 0"),
        (lambda: ReluNet(3, width=0), "width is 0"),
    ],
)
def test_settings_out_of_range_are_refused(make: Callable[[], object], what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        make()
