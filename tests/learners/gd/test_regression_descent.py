"""GD on the weights of regression models: held to a plain loop, to the linear model, and to what zero-shot means."""

import copy
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import NotRunError, SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.store import Store
from iclgd_core.learners import OPTIMIZERS, Runs, Schedule, get_optimizer
from iclgd_core.learners.gd.regression_descent import regression_descent
from iclgd_core.learners.linear.descent import gd, sgd
from iclgd_core.models.regression.in_context_transformer import TransformerShape
from iclgd_core.models.regression.model import TrainableModel
from iclgd_core.models.regression.registry import load_regression_model
from iclgd_core.models.regression.transformer_models import TransformerModel, fresh
from iclgd_core.tasks.regression.registry import get_regression_task
from iclgd_core.tasks.regression.task import Floats, RegressionEpisodes
from iclgd_core.tasks.regression.uniform import LINEAR

RATES, READOUTS = (0.05, 0.01), (1, 3)


def descend(*arguments: Any) -> Runs[Floats]:
    """Runs in the one order of the episodes, without its axis."""
    runs = regression_descent(*arguments)
    return Runs(runs.predictions[:, 0], runs.diverged[:, 0], runs.loss[:, 0])


RULES = [name for name in OPTIMIZERS if name != "newton"]


@dataclass
class Linear:
    """The linear model y = W x as a network, from W = 0; in context it is asked as without."""

    outputs: int = 1
    name: str = "planted-linear"
    digest: str = "linear"
    n_parameters: int = 0
    calls: list[int] = field(default_factory=list)

    def weights(self) -> dict[str, torch.Tensor]:
        self.calls.append(1)
        return {"W": torch.zeros(self.outputs, 10, dtype=torch.float64)}

    def without_context(self, weights: dict[str, torch.Tensor], xq: torch.Tensor) -> torch.Tensor:
        return xq @ weights["W"].mT

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        return self.zero_shot(xq)

    def zero_shot(self, xq: Floats) -> Floats:
        return np.zeros((*xq.shape[:2], self.outputs))

    def known(self) -> dict[str, Json]:
        return {"dtype": "float64"}


def tiny() -> TransformerModel:
    model = fresh("tiny", TransformerShape(dimension=3, points=6, hidden=8, layers=2, heads=2), 0)
    model.module.double()
    return model


def episodes(n: int = 2, shots: int = 5, d: int = 3, seed: int = 0) -> RegressionEpisodes:
    rng = np.random.default_rng(seed)
    xs, ys, xq, yq = (rng.standard_normal(s) for s in ((n, shots, d), (n, shots, 1), (n, 4, d), (n, 4, 1)))
    return RegressionEpisodes("planted", "tuning", xs, ys, xq, yq)


def without_context(module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = module(x[:, None], torch.zeros(len(x), 1, dtype=x.dtype))
    return found


def plain(model: TransformerModel, e: RegressionEpisodes, at: int, rule: str, rate: float) -> tuple[Any, list[float]]:
    """Train a copy of the module by torch's own optimizer; return predictions and losses at READOUTS."""
    module, optimizer = copy.deepcopy(model.module), get_optimizer(rule)
    makes: dict[str, Any] = {
        "sgd": lambda p: torch.optim.SGD(p, rate),
        "momentum": lambda p: torch.optim.SGD(p, rate, momentum=0.9),
        "nesterov": lambda p: torch.optim.SGD(p, rate, momentum=0.9, nesterov=True),
        "adam": lambda p: torch.optim.Adam(p, rate),
    }
    updater = makes[optimizer.rule](module.parameters())
    x, y, xq = (torch.from_numpy(a[at]) for a in (e.xs, e.ys, e.xq))
    batch, found, losses = optimizer.batch or len(x), [], []
    for epoch in range(1, READOUTS[-1] + 1):
        total = 0.0
        for start in range(0, len(x), batch):
            here, right = x[start : start + batch], y[start : start + batch]
            loss = 0.5 * (without_context(module, here) - right).square().mean()
            updater.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            updater.step()
            total += loss.item() * len(here) / len(x)
        if epoch in READOUTS:
            found.append(without_context(module, xq).detach().numpy())
            losses.append(total)
    return np.stack(found), losses


@pytest.mark.parametrize("rule", RULES)
def test_it_is_a_plain_loop(rule: str) -> None:
    model, e = tiny(), episodes()
    before = {name: weight.clone() for name, weight in model.weights().items()}
    runs = descend(model, e, get_optimizer(rule), RATES, READOUTS)
    assert runs.predictions.shape == (2, 2, 2, 4, 1)
    assert runs.loss.shape == runs.diverged.shape == (2, 2, 2)
    assert not runs.diverged.any()
    for at in range(2):
        for i, rate in enumerate(RATES):
            predictions, losses = plain(model, e, at, rule, rate)
            np.testing.assert_allclose(runs.predictions[at, i], predictions, rtol=1e-9, atol=1e-11)
            np.testing.assert_allclose(runs.loss[at, i], losses, rtol=1e-9)
    assert all(torch.equal(weight, before[name]) for name, weight in model.weights().items())


def test_groups_are_trained_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model, e = tiny(), episodes(n=3)
    whole = descend(model, e, get_optimizer("adam"), RATES, READOUTS)
    monkeypatch.setattr("iclgd_core.learners.gd.regression_descent.GROUP", 2)
    parts = descend(model, e, get_optimizer("adam"), RATES, READOUTS)
    np.testing.assert_allclose(parts.predictions, whole.predictions, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(parts.loss, whole.loss, rtol=1e-10)


def test_of_a_linear_network_it_is_gd_on_the_linear_model() -> None:
    e = LINEAR.draw(0, "tuning", 5, 10, 4)
    runs = descend(Linear(), e, get_optimizer("gd"), (0.3, 0.7), (1, 2, 6))
    for i, rate in enumerate((0.3, 0.7)):
        path = gd(e.xs, e.ys, e.xq, rate, 6)
        np.testing.assert_allclose(runs.predictions[:, i], np.moveaxis(path[[1, 2, 6]], 0, 1), rtol=1e-12, atol=1e-13)
    one_pass = descend(Linear(), e, get_optimizer("sgd1"), (0.1,), (1,))
    np.testing.assert_allclose(one_pass.predictions[:, 0, 0], sgd(e.xs, e.ys, e.xq, 0.05), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("rule", RULES)
def test_a_rate_of_zero_is_zero_shot(rule: str) -> None:
    model, e = load_regression_model("icl-objective-gpt2-1-layer"), episodes(d=5)
    assert isinstance(model, TrainableModel)
    runs = descend(model, e, get_optimizer(rule), (0.0,), (1, 4))
    np.testing.assert_allclose(runs.predictions[:, 0, 0], model.zero_shot(e.xq), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(runs.predictions[:, 0, 0], runs.predictions[:, 0, 1])
    error = 0.5 * np.square(model.zero_shot(e.xs) - e.ys).mean(axis=(1, 2))
    np.testing.assert_allclose(runs.loss[:, 0], np.stack([error, error], axis=1), rtol=1e-5)


@pytest.mark.parametrize("rule", ["gd", "sgd1", "adam"])
@pytest.mark.parametrize("name", ["constructed-lsa-1", "constructed-gd++-4", "icl-objective-lsa-2", "shuffled-lsa-1"])
def test_linear_attention_reads_nothing_from_its_weights_without_context(name: str, rule: str) -> None:
    """Its gradient is 0, and what training leaves as it was is not shown as trained."""
    model, e = load_regression_model(name), LINEAR.draw(0, "tuning", 3, 10, 4)
    assert isinstance(model, TrainableModel)
    assert sum(weight.numel() for weight in model.weights().values()) == model.n_parameters
    assert not model.zero_shot(e.xq).any()
    with pytest.raises(NotRunError, match=f"{re.escape(name)} reads nothing from its weights without demonstrations"):
        descend(model, e, get_optimizer(rule), (0.1, 10.0), (1, 5))


def test_what_fits_already_has_no_gradient_and_is_trained_all_the_same() -> None:
    e = replace(LINEAR.draw(0, "tuning", 2, 10, 4), ys=np.zeros((2, 10, 1)))
    runs = descend(Linear(), e, get_optimizer("gd"), (0.1,), (1,))
    assert not runs.predictions.any()
    assert not runs.loss.any()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(5)))
@pytest.mark.parametrize("rule", ["gd", "adam", "momentum", "nesterov"])
def test_order_does_not_matter_to_full_batches(rule: str, seed: int, order: list[int]) -> None:
    model, e = tiny(), episodes(seed=seed)
    moved = e.ordered(np.tile(order, (len(e), 1)))
    first, second = (descend(model, one, get_optimizer(rule), (0.02,), (1, 3)) for one in (e, moved))
    # Adam divides by gradients that may be as small as rounding, so that it is held to less
    tolerance = 1e-5 if rule == "adam" else 1e-9
    np.testing.assert_allclose(first.predictions, second.predictions, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(first.loss, second.loss, rtol=tolerance, atol=tolerance)


def test_order_matters_to_mini_batches() -> None:
    model, e = tiny(), episodes()
    moved = e.ordered(np.tile([4, 3, 2, 1, 0], (2, 1)))
    first, second = (descend(model, one, get_optimizer("sgd1"), (0.05,), (1,)) for one in (e, moved))
    assert np.abs(first.predictions - second.predictions).max() > 1e-6


def test_what_diverges_is_flagged_and_the_rest_is_not() -> None:
    e = LINEAR.draw(0, "tuning", 3, 10, 4)
    runs = descend(Linear(), e, get_optimizer("gd"), (1e200, 0.1), (1, 4))
    assert runs.diverged.tolist() == [[[False, True], [False, False]]] * 3
    assert np.isnan(runs.predictions[runs.diverged]).all()
    assert np.isfinite(runs.predictions[~runs.diverged]).all()


def test_what_cannot_be_trained_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one demonstration"):
        descend(Linear(), episodes().first(0), get_optimizer("gd"), (0.1,), (1,))
    with pytest.raises(NotRunError, match="'planted-linear' is trained on squared errors"):
        descend(Linear(), episodes(), get_optimizer("newton"), (0.1,), (1,))


@dataclass
class Fixed:
    """A model without a network."""

    name: str = "planted-fixed"
    digest: str = "fixed"
    n_parameters: int = 0

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        return self.zero_shot(xq)

    def zero_shot(self, xq: Floats) -> Floats:
        return np.zeros((*xq.shape[:2], 1))

    def known(self) -> dict[str, Json]:
        return {"dtype": "float64"}


SCHEDULE = Schedule((0.1, 0.5), (1, 2, 4))


def test_the_laboratory_gives_each_order_and_measures_once() -> None:
    lab = RegressionLab(Linear(), LINEAR)
    runs = lab.descend("sgd1", SCHEDULE, orders=2, n=3)
    assert runs.predictions.shape == (3, 2, 2, 3, 8, 1)
    assert runs.loss.shape == runs.diverged.shape == (3, 2, 2, 3)
    for order in range(2):
        e = lab.in_order(order, n=3)
        alone = descend(Linear(), e, get_optimizer("sgd1"), SCHEDULE.learning_rates, SCHEDULE.readouts)
        np.testing.assert_array_equal(runs.predictions[:, order], alone.predictions)
    assert isinstance(lab.model, Linear)
    done = len(lab.model.calls)
    lab.descend("sgd1", SCHEDULE, n=3)
    assert len(lab.model.calls) == done
    lab.descend("sgd2", SCHEDULE, n=3)
    assert len(lab.model.calls) > done
    assert lab.descend("gd", SCHEDULE, shots=4, n=2).predictions.shape == (2, 1, 2, 3, 8, 1)
    planned = replace(lab, plan=True)
    assert len(planned.descend("gd", SCHEDULE).loss) == planned.size.tuning


def test_what_is_stored_is_found_again(tmp_path: Path) -> None:
    first, second = (RegressionLab(Linear(), LINEAR, store=Store(tmp_path)) for _ in range(2))
    for one in (first, second):
        runs = one.descend("gd", Schedule((0.1, 1e200), (1, 4)), n=3)
        assert runs.diverged.dtype == bool
        assert runs.diverged[:, 0].tolist() == [[[False, False], [False, True]]] * 3
    assert isinstance(second.model, Linear)
    assert second.model.calls == []


def test_a_model_without_a_network_is_not_trained() -> None:
    with pytest.raises(NotRunError, match="planted-fixed has no network"):
        RegressionLab(Fixed(), LINEAR).descend("gd", SCHEDULE)


def test_a_trained_transformer_fits_its_demonstrations() -> None:
    name = "icl-objective-gpt2-1-layer"
    lab = RegressionLab(load_regression_model(name), get_regression_task("linear-regression-d5-gaussian"))
    loss = lab.descend("gd", Schedule((0.01,), (1, 8)), n=2).loss
    assert (loss[..., 1] < loss[..., 0]).all()


@pytest.mark.parametrize(("name", "value"), [("part", "v_middle"), ("objective", "lm")])
def test_a_part_or_another_objective_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"regression model planted-linear has {name} '{value}'. Allowed: '"):
        RegressionLab(Linear(), LINEAR).descend("gd", SCHEDULE, **{name: value})  # type: ignore[arg-type]
