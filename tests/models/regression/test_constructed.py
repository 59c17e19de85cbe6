"""The construction: its matrices by hand, its identities on random shapes, and what breaks them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import NotRunError, SettingsError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.descent import autograd_gd, gd_plus_plus
from iclgd_core.metrics import required_sparsity
from iclgd_core.models.regression.constructed import constructed, step
from iclgd_core.models.regression.linear_attention import LinearSelfAttention, attend
from iclgd_core.models.regression.registry import load_regression_model
from iclgd_core.studies.vonoswald.exactness import (
    after_reparametrisation,
    against_autograd,
    by_layer,
    finite_without_demonstrations,
    first_layer_from_gd,
    over_orders,
    with_query_as_key,
)
from iclgd_core.studies.vonoswald.zeros import MATRICES, counted_zeros, model_zeros, required_zeros
from iclgd_core.tasks.regression.uniform import LINEAR, UniformLinear


def lab_of(name: str) -> RegressionLab:
    return RegressionLab(load_regression_model(name), LINEAR)


def test_matrices_by_hand() -> None:
    layer = step(torch.tensor([[2.0, 3.0]], dtype=torch.float64), rate=0.5)
    assert layer.w_k.tolist() == layer.w_q.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert layer.w_v.tolist() == [[0, 0, 0], [0, 0, 0], [2, 3, -1]]
    assert layer.projection(5).tolist() == [[0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]]


def test_attention_by_its_sum_over_tokens() -> None:
    """The literal sum e_j + P sum_i (W_V e_i) (W_K e_i)^T (W_Q e_j), with random weights."""
    generator = torch.Generator().manual_seed(0)
    layer = step(torch.zeros(1, 2, dtype=torch.float64), 1.0)
    drawn = [torch.randn(3, 3, dtype=torch.float64, generator=generator) for _ in range(4)]
    layer = replace(layer, w_k=drawn[0], w_q=drawn[1], w_v=drawn[2], p=drawn[3], averages=False)
    tokens = torch.randn(4, 3, dtype=torch.float64, generator=generator)
    for j in range(4):
        summed = sum((layer.w_v @ tokens[i]) * ((layer.w_k @ tokens[i]) @ (layer.w_q @ tokens[j])) for i in range(4))
        expected = tokens[j] + layer.p @ torch.as_tensor(summed)
        torch.testing.assert_close(layer(tokens, tokens)[j], expected, rtol=0, atol=1e-13)


@given(
    st.integers(0, 2**31), st.integers(1, 5), st.integers(1, 3), st.integers(1, 8), st.integers(1, 4),
    st.floats(0.05, 0.8), st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_layers_are_steps_of_gd(
    seed: int, inputs: int, outputs: int, shots: int, layers: int, rate: float, dense: bool
) -> None:
    e = UniformLinear("t", inputs=inputs, outputs=outputs).draw(seed, "tuning", 2, shots, 3)
    start = np.random.default_rng(seed).standard_normal((outputs, inputs)) * dense
    model = constructed("m", rate, layers, start=torch.from_numpy(start))
    expected = autograd_gd(e.xs, e.ys, e.xq, rate, layers, start)
    np.testing.assert_allclose(model.predict(e.xs, e.ys, e.xq), expected, atol=1e-12)
    np.testing.assert_allclose(model.zero_shot(e.xq), e.xq @ start.T, atol=1e-14)


@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(1, 8), st.floats(0.1, 0.8), st.floats(0.05, 0.6))
@settings(max_examples=30, deadline=None)
def test_layers_that_curve_inputs_are_gd_plus_plus(
    seed: int, inputs: int, shots: int, rate: float, shrink: float
) -> None:
    e = UniformLinear("t", inputs=inputs).draw(seed, "tuning", 2, shots, 3)
    model = constructed("m", rate, 3, shrink, inputs=inputs)
    expected = gd_plus_plus(e.xs, e.ys, e.xq, rate, shrink, 3)[3]
    np.testing.assert_allclose(model.predict(e.xs, e.ys, e.xq), expected, atol=1e-12)


@pytest.mark.parametrize("form", MATRICES)
@pytest.mark.parametrize(("inputs", "outputs"), [(10, 1), (3, 3), (5, 2)])
def test_zeros_are_counted_as_required(form: str, inputs: int, outputs: int) -> None:
    assert counted_zeros(form, inputs, outputs) == pytest.approx(required_zeros(form, inputs, outputs), abs=1e-15)


@pytest.mark.parametrize("form", MATRICES)
@pytest.mark.parametrize("at", [(0, 1), (10, 10)])
def test_a_wrong_entry_of_the_model_is_counted(form: str, at: tuple[int, int]) -> None:
    """An entry that should be zero and is not, or the other way round, in any layer."""
    model = load_regression_model("constructed-lsa-4")
    assert isinstance(model, LinearSelfAttention)
    required = required_zeros(form, 10, 1)
    assert list(model_zeros(form, model).values()) == pytest.approx([required] * 4, abs=1e-15)
    name = {"W_K": "w_k", "W_Q": "w_q", "W_V": "w_v", "P": "p"}[form.partition(" ")[0]]
    wrong = getattr(model.layers[2], name).clone()
    wrong[at] = 1.0 if wrong[at] == 0.0 else 0.0
    layers = (*model.layers[:2], replace(model.layers[2], **{name: wrong}), model.layers[3])
    found = model_zeros(form, replace(model, layers=layers))
    assert abs(found["layer 3"] - required) == pytest.approx(1 / 11**2)
    assert found["layer 4"] == pytest.approx(required, abs=1e-15)


def test_required_zeros_are_those_of_the_claim_on_models() -> None:
    for side in (8, 4096):
        half = side // 2
        assert required_zeros("W_K", half, half) == pytest.approx(required_sparsity(side)["W_K"], abs=1e-12)
        assert required_zeros("W_V dense W0", half, half) == pytest.approx(required_sparsity(side)["W_V"], abs=1e-12)


def test_a_wrong_construction_is_seen() -> None:
    """What V1 to V3, V6 and V8 measure is not small by itself: a rate that is off, a step too many."""
    lab = lab_of("constructed-lsa-4")
    assert isinstance(lab.model, LinearSelfAttention)
    wrong = replace(lab, model=replace(lab.model, facts=lab.model.facts | {"eta": 1.01}))
    assert min(against_autograd(wrong).values()) > 1e-5
    assert min(by_layer(wrong).values()) > 1e-5
    assert max(first_layer_from_gd(lab).values()) < 1e-12
    one = replace(lab, model=replace(lab.model, layers=lab.model.layers[:3], facts=lab.model.facts))
    assert max(against_autograd(one).values()) < 1e-12
    assert max(over_orders(lab).values()) < 1e-12


def test_the_query_as_key_changes_predictions_by_its_start() -> None:
    lab = lab_of("constructed-lsa-1")
    for start, moves in (("zero", False), ("random", True)):
        differences, changes = with_query_as_key(lab, start)
        assert max(differences.values()) < 1e-12
        assert (min(changes.values()) > 1e-3) is moves


def test_no_value_without_demonstrations() -> None:
    queries = np.ones((2, 3, 10))
    model = load_regression_model("constructed-lsa-4")
    assert isinstance(model, LinearSelfAttention)
    assert set(finite_without_demonstrations(model, queries).values()) == {0.0}
    fixed = replace(model, layers=tuple(replace(layer, averages=False) for layer in model.layers))
    assert set(finite_without_demonstrations(fixed, queries).values()) == {1.0}


def test_other_factors_of_the_same_products() -> None:
    changes, zeros = after_reparametrisation(lab_of("constructed-gd++-4"))
    assert max(changes.values()) < 1e-10
    assert zeros["before"] > 0.9
    assert zeros["after"] == pytest.approx(1 / 11)  # the column that reads y


def test_a_query_does_not_see_the_others() -> None:
    lab = lab_of("constructed-lsa-4")
    e = lab.episodes(n=2)
    alone = lab.model.predict(e.xs, e.ys, e.xq[:, 2:3])
    np.testing.assert_allclose(alone, lab.model.predict(e.xs, e.ys, e.xq)[:, 2:3], atol=1e-14)


def test_the_claims_of_matrices_need_linear_attention() -> None:
    class Other:
        name, digest, n_parameters = "other", "", 0

    lab = RegressionLab(Other(), LINEAR)  # type: ignore[arg-type]
    with pytest.raises(NotRunError, match="other is no linear self-attention"):
        against_autograd(lab)


def test_bad_shapes_and_rates_are_refused() -> None:
    with pytest.raises(SettingsError, match="needs a rate eta > 0"):
        step(torch.zeros(1, 2, dtype=torch.float64), 0.0)
    model = constructed("m", 1.0, inputs=3)
    with pytest.raises(SettingsError, match="m reads 3 inputs and 1 outputs; got 4 and 1"):
        model.predict(np.zeros((1, 2, 4)), np.zeros((1, 2, 1)), np.zeros((1, 1, 4)))
    with pytest.raises(SettingsError, match="W_K of layer 0"):
        LinearSelfAttention("m", (step(torch.zeros(1, 2, dtype=torch.float64), 1.0),), torch.zeros(1, 3).double())


def test_prediction_is_linear_in_the_query() -> None:
    """What `alignment.sensitivities` relies on, by autograd."""
    model = load_regression_model("constructed-gd++-4")
    assert isinstance(model, LinearSelfAttention)
    e = LINEAR.draw(0, "tuning", 1, 10, 1)
    xs, ys, xq = (torch.from_numpy(a) for a in (e.xs, e.ys, e.xq))
    (jacobian,) = torch.autograd.grad(attend(model.layers, xs, ys, xq.requires_grad_(), model.start).sum(), xq)
    units = model.predict(e.xs, e.ys, np.eye(10)[None])
    np.testing.assert_allclose(jacobian.numpy().ravel(), units.ravel(), atol=1e-12)
