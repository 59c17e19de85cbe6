"""Trends over sizes and over checkpoints, from planted gaps, answers and weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.learners import Schedule
from iclgd_core.studies import agreement_at_sizes, checkpoint_study, size_study
from iclgd_core.studies.accounts import between, cells_of
from iclgd_core.studies.forms import account_of
from iclgd_core.studies.shen.checkpoints import CHANGE, late_drift
from tests.studies.planted import QUERIES, Floats, Place, PlantedLab, peaks, planted_lab

OUTSIDE = 39
SLOPES = np.array([-0.3, 0.0, 0.25, 0.1, 0.2])


def lab_right_on(directory: Path, right: int, layers: int = 1) -> PlantedLab:
    """Return a laboratory whose ICL is right on the first queries, and whose zero-shot never is."""
    labs: list[PlantedLab] = []

    def icl(at: Place) -> Floats:
        answers = labs[0].answers(at.split, at.episode + 1)[at.episode]
        return peaks(np.where(np.arange(QUERIES) < right, answers, OUTSIDE))

    labs.append(planted_lab(directory, icl, lambda _: peaks(np.full(QUERIES, OUTSIDE)), lambda _: None, layers))
    return labs[0]


def plant_gaps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Make every size's gap 0.5 + slope x log10 parameters; return what will have been asked."""
    asked: list[tuple[object, ...]] = []

    def study(
        lab: Lab,
        optimizer: str,
        agreement: str,
        part: str,
        *,
        n: int,
        n_tuning: int,
        with_path: bool,
        objective: str,
        schedule: Schedule,
        tuning_orders: int,
    ) -> Study:
        asked.append((lab.model.name, optimizer, agreement, part, objective, n, n_tuning, schedule.readouts))
        gap = 0.5 + SLOPES * np.log10(lab.model.n_parameters)
        ceiling = np.full(len(SLOPES), 0.9)
        assert not with_path
        assert tuning_orders == 1
        none = np.full(len(SLOPES), 1.0 if lab.model.name == "layers-5" else 0.0)
        numbers = {"ceiling": ceiling, "learner": ceiling - gap, "floor": none}
        cells = cells_of(account_of(optimizer, part, objective))
        return between(lab, agreement, numbers, cells, {"learning_rate": 0.1, "epoch": 1}, {}, {})

    monkeypatch.setattr("iclgd_core.studies.sizes.agreement_study", study)
    return asked


def column(study: Study, name: str) -> list[Json]:
    rows = study.details["sizes"]
    assert isinstance(rows, list)
    return [row[name] for row in rows if isinstance(row, dict)]


def test_a_planted_slope_is_recovered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, labs = plant_gaps(monkeypatch), [lab_right_on(tmp_path, QUERIES, layers) for layers in (1, 2, 3, 5)]
    found = size_study(labs, "jensen-shannon")
    np.testing.assert_allclose(found["slope"], SLOPES, atol=1e-9)
    names = [lab.model.name for lab in labs]
    for lab in labs:
        gap = 0.5 + SLOPES * np.log10(lab.model.n_parameters)
        np.testing.assert_allclose(found[f"gap of {lab.model.name}"], gap, atol=1e-12)
    assert column(found, "model") == names == ["layers-1", "layers-2", "layers-3", "layers-5"]
    assert column(found, "parameters") == [lab.model.n_parameters for lab in labs]
    assert found.details["left_out"] == {}
    assert asked == [(name, "gd", "jensen-shannon", "whole", "labels", 7, 4, (1, 4)) for name in names]
    assert "account" not in found.fixed


def test_a_form_is_held_against_icl_at_every_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, labs = plant_gaps(monkeypatch), [lab_right_on(tmp_path, QUERIES, layers) for layers in (1, 2, 3, 5)]
    at_sizes = agreement_at_sizes(labs, "token-overlap", "kv-one-pass")
    found = size_study(labs, "token-overlap", "kv-one-pass", at_sizes)
    assert asked == [(name, "sgd1", "token-overlap", "kv", "lm", 3, 2, (1,)) for name in at_sizes]
    closures = found.details["closures"]
    assert isinstance(closures, list)
    cells = [cell for cell in closures if isinstance(cell, dict) and cell["account"] == "kv-one-pass"]
    assert [cell["model"] for cell in cells] == list(at_sizes) == [lab.model.name for lab in labs]
    assert found.fixed["account"] == "kv-one-pass"
    assert [curve.learner for curve in found.curves] == ["kv-one-pass"]
    undefined = [name for name, study in at_sizes.items() if study.undefined]
    assert undefined == ["layers-5"], "there zero-shot agrees with ICL more than ICL with itself"


def test_what_is_no_form_of_gradient_descent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="form of gradient descent 'bayes-mixture'"):
        size_study([lab_right_on(tmp_path, QUERIES)], "token-overlap", "bayes-mixture")


def test_a_size_without_icl_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_gaps(monkeypatch)
    labs = [lab_right_on(tmp_path, 0 if layers == 2 else QUERIES, layers) for layers in (1, 2, 3, 4, 5)]
    found = size_study(labs, "jensen-shannon")
    assert column(found, "model") == ["layers-1", "layers-3", "layers-4", "layers-5"]
    left_out = found.details["left_out"]
    assert isinstance(left_out, dict)
    assert list(left_out) == ["layers-2"]
    assert str(left_out["layers-2"]).startswith("no ICL: accuracy 0.000 with 8 demonstrations, 0.000 without")
    np.testing.assert_allclose(found["slope"], SLOPES, atol=1e-9)
    with pytest.raises(NotRunError, match=r"at least 4 sizes .* of 4 given, 3 did\. Left out: .*layers-2"):
        size_study(labs[:4], "jensen-shannon")


def test_equal_sizes_count_once(tmp_path: Path) -> None:
    labs = [lab_right_on(tmp_path, QUERIES, layers) for layers in (1, 2, 3, 3)]
    with pytest.raises(NotRunError, match="3 did"):
        size_study(labs, "jensen-shannon")


SCALES = (1.0, 2.0, 3.0, 1.5, 1.5)
"""Each checkpoint's weights, as a multiple of the first's."""


def checkpoints(directory: Path, right: tuple[int, ...]) -> list[Lab]:
    labs: list[Lab] = []
    for i, (correct, scale) in enumerate(zip(right, SCALES, strict=False)):
        lab = lab_right_on(directory, correct)
        with torch.no_grad():
            for p in lab.model.module.parameters():
                p.mul_(scale)
        labs.append(lab.of(replace(lab.model, name=f"step-{i}")))
    return labs


def test_planted_accuracy_and_weights_along_training(tmp_path: Path) -> None:
    found = checkpoint_study(checkpoints(tmp_path, (0, 4, 1, 2, 3)), (10, 49, 50, 75, 100))
    assert found.details["icl_accuracy"] == [0.0, 1.0, 0.25, 0.5, 0.75]
    np.testing.assert_allclose(found[CHANGE], np.full(6, 0.5), atol=1e-12)
    assert found.details["relative_change"] == pytest.approx([1.0, 0.5, 0.5, 0.0], abs=1e-6)
    assert late_drift(found) == pytest.approx({"step-2 to step-3": 0.5, "step-3 to step-4": 0.0}, abs=1e-6)
    assert found.details["late"] == ["step-2", "step-3", "step-4"]


def test_uneven_steps_weigh_the_change(tmp_path: Path) -> None:
    found = checkpoint_study(checkpoints(tmp_path, (4, 0, 0, 4)), (10, 60, 70, 100))
    # steps -50/3, -20/3, 70/3 from their mean: slope = (70/3) / ((2500 + 400 + 4900) / 9), over 40 steps
    np.testing.assert_allclose(found[CHANGE], np.full(6, 40 * (70 / 3) / (7800 / 9)), atol=1e-12)


def test_two_late_checkpoints_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(NotRunError, match="at least 3 checkpoints in the second half of training; there are 2"):
        checkpoint_study(checkpoints(tmp_path, (0, 1, 2, 3)), (10, 20, 75, 100))
