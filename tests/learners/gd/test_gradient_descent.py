"""Vectorised gradient descent against a plain training loop, run by run, in float64."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.language.fingerprint import fingerprint
from tests.learners.plain_loop import plain_loop
from tests.tiny_models import ARCHITECTURES, encoded, episodes, predicted, random_orders, tiny_model, tiny_task, tokens

SYMBOLS = tiny_task().symbols
SHOTS = 5
READOUTS = (1, 2)
MODULE = importlib.import_module("iclgd_core.learners.gd.replicas")
"""The module itself: its package exports the function under the same name."""
CASES = [
    *((optimizer, "llama", "whole") for optimizer in ("gd", "sgd1", "sgd2", "sgd4", "adam1", "adam")),
    *((optimizer, "gptj", part) for optimizer in ("gd", "adam1") for part in ("whole", "v_middle")),
    ("sgd2", "llama", "v_middle"), ("adam1", "llama", "v_deep"), ("sgd1", "gptj", "v_deep"),
]  # fmt: skip
ONLY = {
    "whole": {"llama": "", "gptj": ""},
    "v_middle": {"llama": "model.layers.1.self_attn.v_proj.weight", "gptj": "transformer.h.1.attn.v_proj.weight"},
    "v_deep": {"llama": "model.layers.2.self_attn.v_proj.weight", "gptj": "transformer.h.2.attn.v_proj.weight"},
}
"""The one weight that each part means in a model of three layers."""


@pytest.mark.parametrize(("optimizer", "architecture", "part"), CASES)
def test_equals_a_plain_loop_run_by_run(optimizer: str, architecture: str, part: str) -> None:
    model = tiny_model(architecture, double=True, layers=3)
    drawn, orders = episodes(2, queries=2), random_orders(2, 2, SHOTS)
    rates = (1e-3, 2e-2) if optimizer.startswith("adam") else (2e-2, 0.2)
    rule, schedule = get_optimizer(optimizer), Schedule(rates, READOUTS)
    found = gradient_descent(model, encoded(model, drawn), orders, rule, schedule, part)
    assert found.predictions.shape == (2, 2, 2, 2, 2, 14)
    assert not found.diverged.any()
    start = predicted(model, tokens(model)[drawn[0].queries])
    assert np.abs(np.asarray(found.predictions[0]) - start).max() > 1e-3, "nothing was learned, so nothing is compared"
    for e, o, r in np.ndindex(2, 2, 2):
        outputs, losses = plain_loop(
            model, SYMBOLS, drawn[e], orders[e, o], optimizer, rates[r], READOUTS, ONLY[part][architecture]
        )
        np.testing.assert_allclose(found.predictions[e, o, r], outputs, atol=1e-8, rtol=0)
        np.testing.assert_allclose(found.loss[e, o, r], losses, atol=1e-6, rtol=0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_model_is_left_as_it_was(architecture: str) -> None:
    model = tiny_model(architecture)
    before = {name: tensor.clone() for name, tensor in model.module.state_dict().items()}
    hashed = fingerprint(model.module)
    for optimizer, part in (("sgd1", "whole"), ("adam1", "v_deep")):
        rule, drawn = get_optimizer(optimizer), encoded(model, episodes(1))
        gradient_descent(model, drawn, random_orders(1, 1, 2), rule, Schedule((0.5,), (2,)), part)
    after = model.module.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert fingerprint(model.module) == hashed
    assert all(p.grad is None and not p.requires_grad for p in model.module.parameters())
    assert not model.module.training


@pytest.mark.parametrize("optimizer", ["sgd2", "adam1"])
def test_how_replicas_are_grouped_does_not_matter(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model(double=True)
    arguments = (
        model,
        encoded(model, episodes(2)),
        random_orders(2, 2, 3),
        get_optimizer(optimizer),
        Schedule((0.01, 0.1), (2,)),
    )
    together = gradient_descent(*arguments)
    weights = sum(p.nbytes for p in model.module.parameters())
    for replicas in (1, 3):
        copies = 5 if optimizer == "adam1" else 3
        monkeypatch.setattr(MODULE, "REPLICA_BYTES", replicas * copies * weights)
        apart = gradient_descent(*arguments)
        np.testing.assert_allclose(apart.predictions, together.predictions, atol=1e-9, rtol=0)
        np.testing.assert_allclose(apart.loss, together.loss, atol=1e-6, rtol=0)


@pytest.mark.parametrize("optimizer", ["gd", "sgd1", "adam1"])
def test_one_diverged_run_says_so_and_spoils_no_other(optimizer: str) -> None:
    model, drawn, orders = tiny_model(double=True), episodes(2), random_orders(2, 1, 3)
    rule = get_optimizer(optimizer)
    found = gradient_descent(model, encoded(model, drawn), orders, rule, Schedule((1e-2, 1e250, 2e-2), (1, 2)))
    assert found.diverged[:, :, 1, -1].all()
    np.testing.assert_array_equal(np.isnan(found.predictions).all(axis=(-1, -2)), found.diverged)
    np.testing.assert_array_equal(np.isnan(found.predictions).any(axis=(-1, -2)), found.diverged)
    assert not found.diverged[:, :, [0, 2]].any()
    alone = gradient_descent(model, encoded(model, drawn), orders, rule, Schedule((1e-2, 2e-2), (1, 2)))
    np.testing.assert_allclose(found.predictions[:, :, [0, 2]], alone.predictions, atol=1e-8, rtol=0)
    np.testing.assert_allclose(found.loss[:, :, [0, 2]], alone.loss, atol=1e-6, rtol=0)


def test_the_loss_is_of_the_labels_alone() -> None:
    model, drawn = tiny_model(double=True), episodes(1)
    orders = random_orders(1, 1, 4)
    found = gradient_descent(model, encoded(model, drawn), orders, get_optimizer("gd"), Schedule((1e-3,), (1,)))
    token = tokens(model)
    inputs, labels = drawn[0].demonstrations[:4], drawn[0].labels[:4]
    own = predicted(model, token[inputs])[np.arange(4), token[labels]]
    assert found.loss.item() == pytest.approx(-float(own.mean()), abs=1e-5)


def test_a_vanishing_step_leaves_the_zero_shot_answer() -> None:
    model, drawn = tiny_model(), episodes(1)
    found = gradient_descent(
        model, encoded(model, drawn), random_orders(1, 1, 3), get_optimizer("sgd1"), Schedule((1e-12,), (1,))
    )
    zero_shot = predicted(model, tokens(model)[drawn[0].queries])
    np.testing.assert_allclose(found.predictions[0, 0, 0, 0], zero_shot, atol=1e-5, rtol=0)


def test_right_answers_are_never_seen() -> None:
    model, orders, episode = tiny_model(), random_orders(1, 1, 2), episodes(1)[0]
    pair = (episode, replace(episode, answers=episode.answers * 0))
    first, second = (
        gradient_descent(model, encoded(model, [e]), orders, get_optimizer("gd"), Schedule((0.1,), (2,))) for e in pair
    )
    np.testing.assert_array_equal(first.predictions, second.predictions)
