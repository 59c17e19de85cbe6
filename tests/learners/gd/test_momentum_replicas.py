"""A model with momentum attention, trained as replicas: gradients and answers of its own, as in place."""

import copy

import numpy as np
import pytest
import torch
from torch.func import vmap

from iclgd_core.learners import OBJECTIVES, Schedule, get_optimizer
from iclgd_core.learners.gd.in_place import train_in_place
from iclgd_core.learners.gd.objectives import LABELS, sequence_loss
from iclgd_core.learners.gd.replica_step import gradient_step
from iclgd_core.learners.gd.replicas import in_replicas, train_replicas
from iclgd_core.learners.gd.run import Run, all_runs
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import padded
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.language.momentum_attention import MOMENTUM
from iclgd_core.models.language.projections import trained
from iclgd_core.models.language.readout import readout_at
from iclgd_core.tasks import get_task

NAME, RATES = "ginc-momentum-208k-seed1", (0.003, 0.03)


@pytest.fixture(scope="module")
def model() -> CausalModel:
    return load_model(NAME, dtype="float64")


def runs_of(model: CausalModel, objective: str) -> list[Run]:
    """One episode in two orders at two rates."""
    task = get_task("ginc-k5")
    drawn = [task.encode(task.episode(0, "tuning", 0, 3), model.reader)]
    orders = np.array([[[0, 1, 2, 3], [3, 1, 0, 2]]])
    return list(all_runs(model, drawn, orders, Schedule(RATES, (2,)), objective))


def loss_in_place(
    module: torch.nn.Module, objective: str, ids: torch.Tensor, at: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    """The loss as ordinary autograd sees it."""
    if objective != LABELS:
        return sequence_loss(objective, module, {}, ids, at)  # type: ignore[arg-type]
    with readout_at(module, at):  # type: ignore[arg-type]
        logits = module(ids, use_cache=False).logits[:, 0]
    return torch.nn.functional.cross_entropy(logits, y)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_of_replicas_equal_those_of_one_in_place(model: CausalModel, objective: str) -> None:
    assert model.config._attn_implementation == MOMENTUM
    own, runs = trained(model.module, "whole"), runs_of(model, objective)[:2]
    stacked = [padded(run.examples, 0, model.device)[:2] for run in runs]
    ids, at = (torch.stack(parts) for parts in zip(*stacked, strict=True))
    targets = torch.from_numpy(np.stack([run.targets for run in runs]))
    torch.manual_seed(0)
    weights = {
        name: torch.stack([p.detach() + 0.02 * torch.randn_like(p) for _ in runs])
        for name, p in model.module.named_parameters()
    }
    found, losses = vmap(gradient_step(model, own, objective))(weights, ids, at, targets)
    for i in range(len(runs)):
        module = copy.deepcopy(model.module).requires_grad_(True)
        module.load_state_dict({name: stack[i] for name, stack in weights.items()}, strict=False)
        loss = loss_in_place(module, objective, ids[i], at[i], targets[i])
        torch.autograd.backward(loss)
        assert float(losses[i]) == pytest.approx(float(loss.detach()), rel=1e-6)
        largest = max(float(p.grad.abs().max()) for p in module.parameters() if p.grad is not None)
        for name, parameter in module.named_parameters():
            expected = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            torch.testing.assert_close(found[name][i], expected, rtol=0, atol=1e-6 * largest)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_both_engines_end_in_the_same_answers(model: CausalModel, objective: str) -> None:
    own, rule, runs = trained(model.module, "whole"), get_optimizer("sgd1"), runs_of(model, objective)
    labels = np.unique(runs[0].targets)
    start = np.asarray(model.log_probs([runs[0].queries], labels)[0])
    together, alone = (
        list(engine(model, own, rule, (1, 2), runs, labels)) for engine in (train_replicas, train_in_place)
    )
    assert np.abs(np.asarray(alone[-1][0])[-1] - start).max() > 1e-3, "nothing was learned, so nothing is compared"
    for (answers, losses), (expected, expected_losses) in zip(together, alone, strict=True):
        np.testing.assert_allclose(np.asarray(answers), np.asarray(expected), atol=1e-5, rtol=0)
        np.testing.assert_allclose(losses, expected_losses, atol=1e-5)


def test_it_is_trained_as_replicas(model: CausalModel) -> None:
    assert is_plain(MOMENTUM)
    own, runs = trained(model.module, "whole"), runs_of(model, LABELS)
    assert in_replicas(model, own, get_optimizer("gd"), runs)
