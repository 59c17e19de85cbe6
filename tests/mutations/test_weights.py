"""Mutated models: what is kept, what is lost, and that the construction is one step of gradient descent."""

import numpy as np
import pytest
import torch

from iclgd_core.errors import ModelError
from iclgd_core.metrics import required_sparsity
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.fingerprint import fingerprint
from iclgd_core.studies import MATRICES, SCALES, sparsity_study
from iclgd_core.studies.shen.sparsity import REQUIRED, ratio
from tests.mutations.weights import constant, constructed, construction, permuted, untrained
from tests.tiny_models import ARCHITECTURES, predicted, tiny_model

PROMPTS = np.array([[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 1, 1]])


def weights(model: CausalModel) -> dict[str, torch.Tensor]:
    return dict(model.module.named_parameters())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_permuted_weights_keep_their_values_and_lose_their_places(architecture: str) -> None:
    model = tiny_model(architecture)
    before = model.digest
    found, again, other = permuted(model, 0), permuted(model, 0), permuted(model, 1)
    for name, weight in weights(model).items():
        torch.testing.assert_close(
            weights(found)[name].flatten().sort().values, weight.flatten().sort().values, rtol=0.0, atol=0.0
        )
    assert found.name == "permuted-ginc-tiny"
    assert found.digest == again.digest
    assert len({before, found.digest, other.digest}) == 3
    assert fingerprint(model.module) == before, "the model that is given stays as it is"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_untrained_model_shares_the_architecture_alone(architecture: str) -> None:
    model = tiny_model(architecture, double=True)
    found = untrained(model, 0)
    assert {name: w.shape for name, w in weights(found).items()} == {
        name: w.shape for name, w in weights(model).items()
    }
    assert found.digest == untrained(model, 0).digest
    assert len({model.digest, found.digest, untrained(model, 1).digest}) == 3
    assert found.module.dtype == torch.float64
    assert not found.module.training
    assert not any(w.requires_grad for w in weights(found).values())
    assert predicted(found, PROMPTS).shape == predicted(model, PROMPTS).shape


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_constant_model_answers_every_prompt_alike(architecture: str) -> None:
    model = tiny_model(architecture)
    before = predicted(model, PROMPTS)
    found = predicted(constant(model), PROMPTS)
    np.testing.assert_allclose(found, np.full(found.shape, -np.log(found.shape[-1])), atol=1e-6)
    assert not np.allclose(before[0], before[1])
    np.testing.assert_array_equal(predicted(model, PROMPTS), before)


def test_a_model_without_an_output_layer_cannot_be_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    monkeypatch.setattr(type(model.module), "get_output_embeddings", lambda _: None)
    with pytest.raises(ModelError, match=r"^model 'ginc-tiny' has no output layer"):
        constant(model)


def test_the_construction_makes_one_step_of_gradient_descent() -> None:
    """Linear attention, e_j <- e_j + (rate / N) P sum_i W_V e_i (e_i W_K^T W_Q e_j), adds -gradient x_j to targets."""
    side, n_tokens, rate = 8, 5, 0.3
    rng = np.random.default_rng(0)
    made = construction(side, rng)
    tokens = rng.standard_normal((n_tokens, side))
    x, y = tokens[:, 0::2], tokens[:, 1::2]
    w0 = made["v"][1::2, 0::2]
    query = np.zeros(side)
    query[0::2] = rng.standard_normal(side // 2)
    scores = tokens @ made["k"].T @ made["q"] @ query
    update = rate / n_tokens * made["o"] @ (tokens @ made["v"].T).T @ scores
    gradient = (x @ w0.T - y).T @ x / n_tokens  # of sum_i |W0 x_i - y_i|^2 / 2N
    np.testing.assert_allclose(update[1::2], rate * gradient @ query[0::2], atol=1e-12)
    np.testing.assert_array_equal(update[0::2], 0.0)


def test_the_construction_is_as_sparse_as_is_required() -> None:
    made, required = construction(16, np.random.default_rng(0)), required_sparsity(16)
    zeros = {name: float((matrix == 0.0).mean()) for name, matrix in made.items()}
    assert zeros == {"q": required["W_Q"], "k": required["W_K"], "v": required["W_V"], "o": required["P"]}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("matrix", MATRICES)
def test_constructed_weights_are_as_sparse_as_is_required_head_by_head(
    architecture: str, matrix: str, scale: str
) -> None:
    model = tiny_model(architecture)
    before, found = (sparsity_study(one, matrix, scale) for one in (model, constructed(model, 0)))
    assert all(share < before[REQUIRED] for share in ratio(before.numbers).values())
    assert all(share >= found[REQUIRED] for share in ratio(found.numbers).values())


def test_projections_that_are_not_square_cannot_be_constructed() -> None:
    model = tiny_model()
    name = next(name for name in weights(model) if "k_proj" in name)
    attention = model.module.get_submodule(name.removesuffix(".weight"))
    attention.weight = torch.nn.Parameter(torch.ones(8, 16), requires_grad=False)
    with pytest.raises(ModelError, match=r"square projections of an even side; .*k_proj.* is 8 x 16\.$"):
        constructed(model, 0)
