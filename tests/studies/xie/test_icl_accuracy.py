"""Accuracy of ICL along an axis, on planted answers: its values, its slope, and who is measured on what."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.studies import by_demonstrations, by_length, by_size
from iclgd_core.studies.xie.icl_accuracy import icl_accuracy
from tests.studies.planted import QUERIES, Floats, Place, PlantedLab, peaks, planted_lab

OUTSIDE = 39
"""A token that is no label of any episode."""


def lab_with(directory: Path, right: Callable[[Place], int], layers: int = 1) -> PlantedLab:
    """Return a laboratory whose learner is right on the first `right(place)` queries of each episode."""
    labs: list[PlantedLab] = []

    def plant(at: Place) -> Floats:
        answers = labs[0].answers(at.split, at.episode + 1)[at.episode]
        return peaks(np.where(np.arange(QUERIES) < right(at), answers, np.full(QUERIES, OUTSIDE)))

    labs.append(planted_lab(directory, plant, lambda at: plant(replace(at, shots=0)), plant, layers))
    return labs[0]


def test_accuracy_and_slope_over_demonstrations(tmp_path: Path) -> None:
    lab = lab_with(tmp_path, lambda at: {0: 0, 1: 1, 3: 2, 7: 3}[at.shots])
    found = by_demonstrations(lab, 5, (0, 1, 3, 7))
    for shots, accuracy in ((0, 0), (1, 0.25), (3, 0.5), (7, 0.75)):
        np.testing.assert_array_equal(found[f"ICL accuracy, demonstrations: {shots}"], np.full(5, accuracy))
    np.testing.assert_allclose(found["slope"], np.full(5, 0.25))
    assert found.details == {"accuracy": {"0": 0.0, "1": 0.25, "3": 0.5, "7": 0.75}}
    (curve,) = found.curves
    assert [(point.x, point.y, point.n) for point in curve.points] == [
        (0, 0, 5),
        (1, 0.25, 5),
        (3, 0.5, 5),
        (7, 0.75, 5),
    ]


def test_a_fall_has_a_negative_slope(tmp_path: Path) -> None:
    lab = lab_with(tmp_path, lambda at: 4 - at.shots)
    assert (by_demonstrations(lab, 4, (0, 1, 2))["slope"] < 0).all()


def test_the_shots_of_the_precondition_are_measured_on_its_episodes_and_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int | None]] = []
    lab = lab_with(tmp_path, lambda at: at.episode % 3)
    measure = PlantedLab.in_context

    def noted(
        self: PlantedLab, shots: int = 8, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> NDArray[np.float32]:
        asked.append((shots, n))
        return measure(self, shots, orders, split, n)

    monkeypatch.setattr(PlantedLab, "in_context", noted)
    for shots in (0, 4, 8):
        np.testing.assert_array_equal(icl_accuracy(lab, shots, 3, shared=True), [0, 0.25, 0.5])
    assert asked == [(0, lab.tier.episodes), (4, 3), (8, lab.tier.episodes)]
    np.testing.assert_array_equal(icl_accuracy(lab, 8, 3), [0, 0.25, 0.5])
    assert asked[3:] == [(8, 3)]
    assert len(icl_accuracy(lab, 8, lab.tier.episodes + 1, shared=True)) == lab.tier.episodes + 1


def test_lengths_have_their_slope_and_their_zero_shot(tmp_path: Path) -> None:
    labs = [
        lab_with(tmp_path, lambda at, k=k: k - 2 if at.shots else 1)  # type: ignore[misc]
        for k in (3, 4, 6)
    ]
    found = by_length(labs, (3, 4, 6), 3)
    np.testing.assert_allclose(found["slope"], 0.25)
    for k, accuracy in ((3, 0.25), (4, 0.5), (6, 1.0)):
        np.testing.assert_array_equal(found[f"ICL accuracy, symbols an example (k): {k}"], np.full(3, accuracy))
        np.testing.assert_array_equal(found[f"zero-shot accuracy, symbols an example (k): {k}"], np.full(3, 0.25))
    assert [curve.learner for curve in found.curves] == ["icl", "zero-shot"]
    assert found.details["zero_shot_accuracy"] == {"3": 0.25, "4": 0.25, "6": 0.25}


def test_sizes_are_on_a_logarithmic_axis_and_fewer_than_four_are_not_run(tmp_path: Path) -> None:
    labs = [lab_with(tmp_path, lambda at, i=i: i, layers=i) for i in (1, 2, 3, 4)]  # type: ignore[misc]
    found = by_size(labs, 3)
    sizes = np.array([float(lab.model.n_parameters) for lab in labs])
    expected = np.polyfit(np.log10(sizes), [0.25, 0.5, 0.75, 1.0], 1)[0]
    np.testing.assert_allclose(found["slope"], expected)
    assert list(found.details["accuracy"]) == [f"layers-{i}" for i in (1, 2, 3, 4)]  # type: ignore[arg-type]
    assert all(curve.x_log for curve in found.curves)
    with pytest.raises(NotRunError, match="at least 4 sizes; 3 were given"):
        by_size(labs[:3], 3)
    with pytest.raises(NotRunError, match="at least 4 sizes; 3 were given"):
        by_size([*labs[:3], labs[0]], 3)
