"""Alignment with GD, interpolation, shifts, matched recursions: what is planted is recovered, what differs is seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from iclgd_core.errors import ModelError, NotRunError, UnknownNameError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.models.regression.attention_files import (
    as_model,
    card,
    get_attention_recipe,
    load_attention,
    pretrain_attention,
)
from iclgd_core.models.regression.constructed import constructed
from iclgd_core.models.regression.registry import load_regression_model
from iclgd_core.models.regression.training_attention import (
    RECIPES,
    AttentionRecipe,
    draw,
    initial_weights,
    train_attention,
)
from iclgd_core.studies.vonoswald.alignment import (
    METRICS,
    SHIFTS,
    alignment,
    closed_loss,
    distance_when_shifted,
    excess_loss,
    interpolated,
    losses,
    one_step,
    rates,
    replica,
    shifted,
)
from iclgd_core.studies.vonoswald.exactness import reparametrised
from iclgd_core.studies.vonoswald.two_layers import matched
from iclgd_core.tasks.regression.uniform import LINEAR, LINEAR_HALF

TINY = AttentionRecipe("icl-objective-lsa-1", 1, LINEAR, steps=50, batch=8, seeds=(1, 2))


def lab_of(name: str) -> RegressionLab:
    return RegressionLab(load_regression_model(name), LINEAR)


def test_the_construction_is_aligned_with_itself() -> None:
    lab = lab_of("constructed-lsa-1")
    assert np.abs(excess_loss(lab, lab.in_context()[:, 0], one_step(lab))).max() < 1e-12
    np.testing.assert_allclose(rates(lab), 1.0, atol=1e-12)
    for metric, expected in zip(METRICS, (0.0, 1.0, 0.0), strict=True):
        np.testing.assert_allclose(alignment(lab, metric), expected, atol=1e-12)
    for shift in SHIFTS:
        assert distance_when_shifted(lab, shift).max() < 1e-24


def test_a_rate_that_is_off_is_measured() -> None:
    lab = replace(lab_of("constructed-lsa-1"), model=constructed("m", 1.1 * 1.5151515151515151))
    np.testing.assert_allclose(rates(lab), 1.1, atol=1e-12)
    np.testing.assert_allclose(alignment(lab, "sensitivity-difference"), 0.1, atol=1e-12)
    np.testing.assert_allclose(alignment(lab, "sensitivity-cosine"), 1.0, atol=1e-12)
    np.testing.assert_allclose(distance_when_shifted(lab, "normal").mean(), 0.01, atol=1e-12)
    assert excess_loss(lab, lab.in_context()[:, 0], one_step(lab)).mean() == pytest.approx(0.0099, abs=0.01)


def test_the_best_steps_loss_is_near_the_closed_form() -> None:
    lab = RegressionLab(load_regression_model("constructed-lsa-1"), LINEAR, "full")
    found = losses(one_step(lab), lab.episodes().yq).mean()
    assert found == pytest.approx(closed_loss(lab), rel=0.06)


def test_interpolation_with_other_factors_is_the_construction() -> None:
    """Products scaled against each other, and mixed factors, are undone by beta."""
    lab = lab_of("constructed-lsa-1")
    e = lab.episodes(n=4)
    plain = constructed("m", 1.5151515151515151)
    layer = plain.layers[0]
    scaled = replace(plain, layers=(replace(layer, w_q=-3.0 * layer.w_q, w_v=layer.w_v / -3.0),))
    mixed = interpolated(replace(lab, model=reparametrised(scaled, 0)))
    np.testing.assert_allclose(mixed.predict(e.xs, e.ys, e.xq), lab.model.predict(e.xs, e.ys, e.xq), atol=1e-12)
    with pytest.raises(NotRunError, match="has 4 layers"):
        interpolated(lab_of("constructed-lsa-4"))


def test_shifts_change_what_they_say() -> None:
    assert shifted(LINEAR, "inputs-half").a == 0.5
    assert shifted(LINEAR, "inputs-double").a == 2.0
    assert shifted(LINEAR, "teacher-triple").teacher == 3.0
    assert [shifted(LINEAR, law).law for law in SHIFTS[3:]] == list(SHIFTS[3:])
    assert len({shifted(LINEAR, shift).name for shift in SHIFTS}) == len(SHIFTS)


def test_matched_recursions_find_what_is_planted() -> None:
    """Two steps of GD++ are matched by GD++ and not by GD; two steps of GD are matched by all."""
    curved, plain = (replace(lab_of("constructed-lsa-1"), model=constructed("m", 1.0, 2, g)) for g in (0.5, 0.0))
    found = matched(curved, "gd++")
    np.testing.assert_allclose(found.setting, [1.0, 0.5], atol=1e-3)
    assert found.distance.max() < 1e-6
    assert matched(curved, "gd++-rates").distance.max() < 1e-4
    assert matched(curved, "gd").distance.mean() > 1e-4
    for recursion in ("gd", "gd-rates"):
        assert matched(plain, recursion).distance.max() < 1e-6


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_embedded_weights_are_there_for_every_seed(name: str) -> None:
    digests = {load_attention(name, seed).digest for seed in RECIPES[name].seeds}
    assert len(digests) == len(RECIPES[name].seeds)
    assert load_attention(name).digest == load_regression_model(name).digest


def test_a_replica_has_other_weights_and_a_control_has_none() -> None:
    lab = lab_of("icl-objective-lsa-1")
    assert replica(lab, 1).model.digest == lab.model.digest
    assert replica(lab, 2).model.digest != lab.model.digest
    control = lab_of("untrained-lsa-1")
    assert replica(control, 2) is control
    assert load_regression_model("untrained-lsa-1", 1).digest != control.model.digest
    with pytest.raises(UnknownNameError, match="unknown seed of icl-objective-lsa-1 '9'"):
        replica(lab, 9)


def test_training_is_reproducible_and_writes_a_folder_that_loads(tmp_path: Path) -> None:
    folder = tmp_path / TINY.name
    runs = pretrain_attention(TINY, folder)
    again = train_attention(TINY, 2)
    for key, tensor in again.weights.items():
        assert torch.equal(tensor, runs[2].weights[key])
    assert len(runs[1].losses) == 50
    assert not (folder / "config.json").exists()
    loaded = load_attention(TINY.name, 2, tmp_path)
    assert loaded.digest == as_model(TINY.name, TINY, runs[2].weights).digest
    assert "one step of gradient\ndescent at its best rate 0.8249" in card(TINY, runs, {"torch": "x"})


def test_training_lowers_the_loss() -> None:
    quick = replace(RECIPES["icl-objective-lsa-1"], steps=400, batch=256)
    run = train_attention(quick, 1)
    assert run.losses[-1][1] < 0.9 * run.losses[0][1]


def test_fresh_weights_have_the_spread_of_the_recipe() -> None:
    recipe = RECIPES["icl-objective-lsa-2"]
    weights = torch.cat([w.flatten() for w in initial_weights(recipe, 1).values()])
    assert float(weights.std()) == pytest.approx(recipe.initial_spread, rel=0.05)
    assert float(weights.abs().max()) <= 2.0 / 0.8796 * recipe.initial_spread * 1.001


def test_training_prompts_are_those_of_the_task() -> None:
    xs, ys, xq, yq = draw(LINEAR_HALF, 500, torch.Generator().manual_seed(0))
    assert (xs.shape, ys.shape, xq.shape, yq.shape) == ((500, 10, 10), (500, 10, 1), (500, 1, 10), (500, 1, 1))
    assert float(xs.abs().max()) <= 0.5
    teacher = torch.linalg.lstsq(xs[0].double(), ys[0].double()).solution
    torch.testing.assert_close(xq[0].double() @ teacher, yq[0].double(), rtol=0, atol=1e-3)


def test_weights_that_are_missing_or_of_another_shape_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no weights of 'icl-objective-lsa-1' at .* Train it: iclgd pretrain"):
        load_attention("icl-objective-lsa-1", root=tmp_path)
    (tmp_path / "icl-objective-lsa-1").mkdir()
    save_file({"0.P": torch.zeros(2, 2)}, tmp_path / "icl-objective-lsa-1" / "model.safetensors")
    with pytest.raises(ModelError, match="the recipe 'icl-objective-lsa-1' says"):
        load_attention("icl-objective-lsa-1", root=tmp_path)
    with pytest.raises(UnknownNameError, match=r"unknown recipe 'icl-objective-lsa-9'. Nearest: icl-objective-lsa-"):
        get_attention_recipe("icl-objective-lsa-9")
