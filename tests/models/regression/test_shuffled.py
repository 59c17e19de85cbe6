"""Shuffled weights: the same entries of each tensor in other places, and a model that keeps nothing it learnt."""

import numpy as np
import pytest
import torch

from iclgd_core.evidence.model_kinds import Kind, kind_of
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.models.regression.registry import REGRESSION_MODELS, load_regression_model
from iclgd_core.models.regression.transformer_models import TransformerModel
from iclgd_core.models.shuffling import shuffle, shuffled
from iclgd_core.studies.vonoswald.exactness import attention_of
from iclgd_core.tasks.regression.registry import get_regression_task

SHUFFLED = tuple(name for name in REGRESSION_MODELS if name.startswith("shuffled-"))


def weights(name: str, seed: int = 0) -> dict[str, torch.Tensor]:
    model = load_regression_model(name, seed)
    if isinstance(model, TransformerModel):
        return dict(model.module.named_parameters())
    layers = attention_of(RegressionLab(model, get_regression_task(REGRESSION_MODELS[name].tasks[0]))).layers
    return {f"{i}.{key}": matrix for i, layer in enumerate(layers) for key, matrix in layer.matrices(10).items()}


def test_each_tensor_keeps_its_entries_in_an_order_of_its_own() -> None:
    given = {"a": torch.arange(60.0).reshape(3, 20), "b": torch.arange(60.0)}
    found, again, other = (dict(shuffled(given.items(), *names)) for names in ((0,), (0,), (1,)))
    assert found["a"].shape == (3, 20)
    for name, tensor in found.items():
        assert sorted(tensor.flatten().tolist()) == list(range(60))
        assert not torch.equal(tensor, given[name])
    assert not torch.equal(found["a"].flatten(), found["b"])
    assert torch.equal(found["a"], again["a"])
    assert not torch.equal(found["a"], other["a"])
    assert not torch.equal(found["a"], dict(shuffled(given.items(), 0, "another stream"))["a"])
    assert torch.equal(given["b"], torch.arange(60.0))


def test_a_module_is_shuffled_in_place_as_its_tensors_are() -> None:
    module = torch.nn.Linear(5, 7)
    expected = dict(shuffled(module.named_parameters(), 3, "stream"))
    shuffle(module, 3, "stream")
    for name, weight in module.named_parameters():
        assert torch.equal(weight, expected[name])


@pytest.mark.parametrize("name", SHUFFLED)
def test_a_shuffled_model_has_the_trained_ones_entries_and_is_a_control(name: str) -> None:
    trained, found, other = weights(name.replace("shuffled-", "icl-objective-")), weights(name), weights(name, 1)
    assert kind_of(name) is Kind.CONTROL
    assert found.keys() == trained.keys()
    for key, tensor in found.items():
        np.testing.assert_array_equal(np.sort(tensor.detach().flatten()), np.sort(trained[key].detach().flatten()))
    largest = max(found, key=lambda key: found[key].numel())
    assert not torch.equal(found[largest], trained[largest])
    assert not torch.equal(found[largest], other[largest])
