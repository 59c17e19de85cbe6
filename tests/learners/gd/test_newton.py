"""The Newton-like step against a dense Gauss-Newton matrix, by hand, and as a learner."""

import numpy as np
import pytest
import torch
from torch.func import functional_call, jacrev

from iclgd_core.errors import NotRunError
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd import newton
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.learners.gd.in_place import train_in_place
from iclgd_core.learners.gd.optimizers import Stack
from iclgd_core.learners.gd.replicas import train_replicas
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.projections import trained
from tests.learners.gd.in_place.small_runs import LABELS, small_run
from tests.learners.gd.test_objectives import sequence_run
from tests.models.architectures.toys import TOYS, VOCABULARY, toy_model
from tests.tiny_models import ARCHITECTURES, encoded, episodes, random_orders, tiny_model


def dense(
    jacobian: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor, shares: torch.Tensor, iterations: int
) -> torch.Tensor:
    """The step from explicit matrices: conjugate gradients in the Krylov space, by least squares on a basis of it."""
    p = logits.softmax(-1)
    blocks = [a * (torch.diag(row) - torch.outer(row, row)) for a, row in zip(shares, p, strict=True)]
    curvature = torch.block_diag(*blocks)  # type: ignore[no-untyped-call]
    flat = jacobian.reshape(-1, jacobian.shape[-1])
    matrix = flat.T @ curvature @ flat
    wanted = torch.eye(p.shape[-1], dtype=p.dtype)[targets]
    g = flat.T @ (shares[:, None] * (p - wanted)).flatten()
    damped = matrix + newton.DAMPING * (g @ matrix @ g) / (g @ g) * torch.eye(len(g), dtype=g.dtype)
    basis = g[:, None] / g.norm()
    for _ in range(iterations - 1):
        new = damped @ basis[:, -1]
        for _ in range(2):
            new = new - basis @ (basis.T @ new)
        basis = torch.cat([basis, (new / new.norm())[:, None]], dim=1)
    found: torch.Tensor = torch.linalg.solve(basis.T @ damped @ basis, basis.T @ g)
    return torch.neg(basis @ found)


def test_a_step_equals_that_of_the_dense_matrix() -> None:
    module, name = tiny_model(double=True).module, "model.layers.1.self_attn.v_proj.weight"
    ids = torch.tensor([[3, 5, 7, 2], [4, 6, 1, 8], [9, 9, 2, 3]])
    targets, shares = torch.tensor([5, 2, 11]), torch.tensor([0.5, 0.3, 0.2]).double()
    start = module.get_parameter(name).detach()

    def outputs(own: Stack) -> torch.Tensor:
        out = functional_call(module, own, (ids,), {"attention_mask": torch.ones_like(ids)}).logits
        return torch.as_tensor(out[:, -1])

    jacobian = jacrev(lambda w: outputs({name: w}))(start).flatten(-2)
    expected = dense(jacobian, outputs({name: start}), targets, shares, newton.ITERATIONS)
    found, loss = newton.direction(outputs, {name: start}, targets, shares, {})
    # Llama takes the root mean square of its norms in float32, whatever its weights
    np.testing.assert_allclose(found[name].flatten(), expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
    each = torch.nn.functional.cross_entropy(outputs({name: start}), targets, reduction="none")
    assert float(loss) == pytest.approx(float((shares * each).sum()), abs=1e-12)


def test_by_hand() -> None:
    """Two tokens with logits (w, 0), w = 0, the first is right: g = -1/2, G = 1/4, lambda = 1/40, d = 0.5 / 0.275."""
    weights = {"w": torch.zeros(1, dtype=torch.float64)}
    found, loss = newton.direction(
        lambda own: torch.stack([own["w"], torch.zeros_like(own["w"])], dim=-1),
        weights,
        torch.tensor([0]),
        torch.ones(1, dtype=torch.float64),
        {},
    )
    assert found["w"].item() == pytest.approx(0.5 / 0.275, abs=1e-12)
    assert float(loss) == pytest.approx(np.log(2), abs=1e-12)


def test_a_gradient_of_zero_gives_no_step() -> None:
    weights = {"w": torch.zeros(3, dtype=torch.float64)}
    found, _ = newton.direction(
        lambda own: 0.0 * own["w"][None], weights, torch.tensor([1]), torch.ones(1, dtype=torch.float64), {}
    )
    assert found["w"].tolist() == [0.0, 0.0, 0.0]


def test_masked_entries_stay_and_the_others_move_as_in_their_own_space() -> None:
    """The step within a mask is that of a model that has the masked entries alone."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(4, 5, generator=generator, dtype=torch.float64)
    w = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    targets, shares = torch.tensor([0, 1, 2, 0]), torch.full((4,), 0.25, dtype=torch.float64)
    mask = torch.tensor([True, False, True, False, False])[:, None]
    found, _ = newton.direction(lambda own: x @ own["w"], {"w": w}, targets, shares, {"w": mask})
    rows = [0, 2]
    alone, _ = newton.direction(
        lambda own: x[:, rows] @ own["w"] + x[:, [1, 3, 4]] @ w[[1, 3, 4]], {"w": w[rows]}, targets, shares, {}
    )
    torch.testing.assert_close(found["w"][rows], alone["w"], rtol=1e-9, atol=1e-12)
    assert not found["w"][[1, 3, 4]].any()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_replicas_step_as_one_model_does(architecture: str) -> None:
    """Vectorised over runs: each is what a single model does by itself, whatever the others do."""
    model, rule = tiny_model(architecture, double=True), get_optimizer("newton")
    runs = [small_run(0.3), small_run(1.0, seed=5)]
    own = trained(model.module, "kv")
    together = list(train_replicas(model, own, rule, (2,), runs, LABELS))
    for run, (found, loss) in zip(runs, together, strict=True):
        [(alone, alone_loss)] = train_replicas(model, own, rule, (2,), [run], LABELS)
        np.testing.assert_allclose(np.asarray(found), np.asarray(alone), atol=1e-6, rtol=0)
        np.testing.assert_allclose(loss, alone_loss, atol=1e-5, rtol=0)


@pytest.mark.parametrize("objective", ["labels", "lm"])
def test_a_few_steps_fit_the_demonstrations(objective: str) -> None:
    """Each step of half the way to the minimum of the quadratic model lowers the loss, and three halve it."""
    model = tiny_model(double=True)
    run = small_run(0.5) if objective == "labels" else sequence_run("lm", 0.5)
    own = trained(model.module, "whole")
    [(_, loss)] = train_replicas(model, own, get_optimizer("newton"), (1, 2, 4), [run], LABELS)
    assert (np.diff(loss) < 0).all()
    assert loss[-1] < 0.5 * loss[0]


@pytest.mark.parametrize("name", [name for name in TOYS if name in ("gpt2", "qwen2")])
def test_fused_projections_move_within_their_mask(name: str) -> None:
    model = CausalModel(name, toy_model(name).double(), None)  # type: ignore[arg-type]
    run = small_run(0.5, vocabulary=VOCABULARY)
    [(found, loss)] = train_replicas(model, trained(model.module, "kv"), get_optimizer("newton"), (1, 2), [run], LABELS)
    assert np.isfinite(np.asarray(found)).all()
    assert loss[1] < loss[0]


def test_elsewhere_than_in_replicas_it_is_not_run() -> None:
    model = tiny_model()
    own = trained(model.module, "whole")
    with pytest.raises(NotRunError, match="'ginc-tiny' is trained in place"):
        list(train_in_place(model, own, get_optimizer("newton"), (1,), [small_run()], LABELS))
    double = tiny_model(double=True)
    drawn, orders = encoded(double, episodes(1)), random_orders(1, 1, 3)
    runs = gradient_descent(double, drawn, orders, get_optimizer("newton"), Schedule((0.5,), (1,)), "v_deep")
    assert np.isfinite(np.asarray(runs.predictions)).all()
