"""Sparsity of weights set by hand, and theorem 1 on an untouched model."""

from pathlib import Path

import numpy as np
import pytest
import torch

from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.metrics import required_sparsity
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.studies import (
    MATRICES,
    SCALES,
    invariance_study,
    sparsity_study,
)
from iclgd_core.studies.shen.sparsity import REQUIRED, ratio
from tests.models.all_projections import projection_names
from tests.studies.planted import TIER
from tests.tiny_models import tiny_model, tiny_task

SIDE = 16


def set_by_hand(weights: dict[tuple[int, str], torch.Tensor]) -> CausalModel:
    model = tiny_model()
    parameters = dict(model.module.named_parameters())
    with torch.no_grad():
        for place, name in projection_names(model.module).items():
            parameters[name].copy_(weights.get(place, torch.ones(SIDE, SIDE)))
    return model


def ones_with(zero_rows: int, filler: float = 0.0) -> torch.Tensor:
    w = torch.ones(SIDE, SIDE)
    w[:zero_rows] = filler
    return w


@pytest.mark.parametrize(("matrix", "which"), [("W_K", "k"), ("W_Q", "q"), ("W_V", "v")])
def test_share_of_zeros_by_layer_in_one_projection(matrix: str, which: str) -> None:
    model = set_by_hand({(0, which): ones_with(4), (1, which): ones_with(8)})
    for scale in SCALES:
        for name in ("W_K", "W_Q", "W_V"):
            found = sparsity_study(model, name, scale)
            expected = [0.25, 0.5] if name == matrix else [0.0, 0.0]
            for delta in ("0.01", "0.001", "0.0001", "1e-05", "1e-06"):
                np.testing.assert_array_equal(found[delta], expected)
                assert ratio(found.numbers)[delta] == np.mean(expected)
            assert found.details["side"] == SIDE


def test_a_threshold_is_absolute_or_in_units_of_the_matrix() -> None:
    model = set_by_hand({(i, "k"): 2e-4 * ones_with(4, 5e-4) for i in range(2)})
    assert list(ratio(sparsity_study(model, "W_K", "absolute").numbers).values()) == [1.0, 1.0, 0.25, 0.25, 0.25]
    assert list(ratio(sparsity_study(model, "W_K", "relative").numbers).values()) == [0.25, 0.25, 0.0, 0.0, 0.0]


def test_products_are_taken_head_by_head_and_averaged() -> None:
    identity, value = torch.eye(SIDE), torch.eye(SIDE)
    value[:8] = 0.5  # the first head's rows
    model = set_by_hand({(i, which): identity for i in range(2) for which in "qko"} | {(0, "v"): value})
    # a head's product of identities is the identity on 8 of 16 coordinates: 8 of 256 entries are not zero
    np.testing.assert_array_equal(sparsity_study(model, "W_K^T W_Q", "absolute")["0.01"], [248 / 256] * 2)
    # P W_V: a head of full rows fills 8 of 16 rows; in layer 0 only the first head does, in layer 1 both
    by_layer = sparsity_study(model, "P W_V", "absolute")["0.01"]
    np.testing.assert_array_equal(by_layer, [(0.5 + 248 / 256) / 2, 0.5])


@pytest.mark.parametrize(
    ("matrix", "like"), [("W_K", "W_K"), ("W_Q", "W_Q"), ("W_V", "W_V"), ("W_K^T W_Q", "W_K"), ("P W_V", "W_V")]
)
def test_what_the_construction_needs_at_the_model_s_side(matrix: str, like: str) -> None:
    assert matrix in MATRICES
    assert sparsity_study(tiny_model(), matrix, "absolute")[REQUIRED] == required_sparsity(SIDE)[like]


def test_full_batch_gd_ignores_the_order_and_icl_does_not(tmp_path: Path) -> None:
    model = tiny_model()
    before = {name: p.clone() for name, p in model.module.named_parameters()}
    found = invariance_study(Lab(model, tiny_task(), TIER, 0, Store(tmp_path)))
    assert found["icl"].shape == found["gd"].shape == (4,)
    assert found["gd"].max() < 1e-9
    assert found["icl"].min() > 1e-9
    for name, p in model.module.named_parameters():
        assert p.dtype == torch.float32
        assert torch.equal(p, before[name])


def test_the_largest_change_of_a_probability_is_found_by_episode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = np.full((4, 3, 4, 14), 1 / 14)
    planted[2, 1, 3, 5] += 0.03
    planted[2, 2, 3, 5] -= 0.02
    monkeypatch.setattr("iclgd_core.studies.shen.invariance.in_context", lambda *_: np.log(planted))
    found = invariance_study(Lab(tiny_model(), tiny_task(), TIER, 0, Store(tmp_path)))
    np.testing.assert_allclose(found["icl"], [0.0, 0.0, 0.05, 0.0], atol=1e-12)
    assert found["gd"].max() < 1e-9
