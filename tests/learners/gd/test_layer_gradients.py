"""Gradients by layer: against autograd on the model itself, and their lengths and angles against hand-made ones."""

import copy

import numpy as np
import pytest
import torch

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.learners.gd.layer_gradients import LayerGradients, layer_gradients
from iclgd_core.models.architectures import Behaviour
from iclgd_core.models.language.adapter import CausalModel
from tests.tiny_models import ARCHITECTURES, encoded, episodes, tiny_model

SHOTS = 3


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_plain_gradients_are_those_of_the_model_s_own_loss(architecture: str) -> None:
    model = tiny_model(architecture, double=True)
    drawn = encoded(model, episodes(2))
    found = layer_gradients(model, drawn, SHOTS, ("lm", "layer-causal"))
    assert found.norms.shape == (2, 2, SHOTS, 2)
    module = copy.deepcopy(model.module).requires_grad_(True)
    order = np.arange(SHOTS)
    for e, episode in enumerate(drawn):
        total = {0: 0.0, 1: 0.0}
        sums: dict[str, torch.Tensor] = {}
        for i, (example, target) in enumerate(zip(episode.examples(order), episode.targets(order), strict=True)):
            ids = torch.from_numpy(np.append(example.ids, target))[None]
            module.zero_grad()
            module(ids, labels=ids, use_cache=False).loss.backward()
            for layer in (0, 1):
                own = [
                    (name, weight.grad)
                    for name, weight in module.named_parameters()
                    if f".{layer}." in name and ("k_proj" in name or "v_proj" in name)
                ]
                norm = float(torch.cat([g.flatten() for _, g in own if g is not None]).norm())
                # the loss of transformers is taken in float32
                assert found.norms[0, e, i, layer] == pytest.approx(norm, rel=1e-5)
                for name, gradient in own:
                    assert gradient is not None
                    sums[name] = sums.get(name, torch.zeros_like(gradient)) + gradient
        for name, gradient in sums.items():
            total[0 if ".0." in name else 1] += float((gradient**2).sum())
        np.testing.assert_allclose(found.inner[0, 0, e], [total[0], total[1]], rtol=1e-5)


def test_lengths_and_angles_of_hand_made_gradients() -> None:
    # two objectives, one episode, two layers: (3, 0), (0, 4) against (3, 0), (0, -4)
    inner = np.array([[[[9.0, 16.0]], [[9.0, -16.0]]], [[[9.0, -16.0]], [[9.0, 16.0]]]])
    found = LayerGradients(np.array([[[[3.0, 4.0]]], [[[6.0, 8.0]]]]), inner)
    np.testing.assert_allclose(found.total_norms(), [[[5.0]], [[10.0]]])
    np.testing.assert_allclose(found.cosines(0, 1), [-7.0 / 25.0])
    np.testing.assert_allclose(found.layer_cosines(0, 1), [[1.0, -1.0]])
    np.testing.assert_allclose(found.cosines(1, 1), [1.0])


def test_one_by_one_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model(double=True)
    drawn, objectives = encoded(model, episodes(1)), ("lm", "layer-causal", "layer-causal-code")
    together = layer_gradients(model, drawn, SHOTS, objectives)
    monkeypatch.setattr(CausalModel, "behaviour", Behaviour(reuses_prefix=True, pads_right=True, vectorises=False))
    alone = layer_gradients(model, drawn, SHOTS, objectives)
    np.testing.assert_allclose(together.norms, alone.norms, rtol=1e-9)
    np.testing.assert_allclose(together.inner, alone.inner, rtol=1e-9, atol=1e-12)


def test_weights_are_left_alone_and_bad_requests_are_refused() -> None:
    model = tiny_model()
    before, drawn = model.digest, encoded(model, episodes(1))
    layer_gradients(model, drawn, 1, ("layer-causal-code",))
    assert tiny_model().digest == before
    assert not any(weight.requires_grad for weight in model.module.parameters())
    with pytest.raises(UnknownNameError, match="'layer-causal-paper'"):
        layer_gradients(model, drawn, 1, ("layer-causal-paper",))
    masked = type(model)(model.name, model.held, model.tokenizer, masked=True)
    with pytest.raises(NotRunError, match="masked"):
        layer_gradients(masked, drawn, 1, ("lm",))
