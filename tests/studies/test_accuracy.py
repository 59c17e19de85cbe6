"""The accuracy study on planted answers: over the vocabulary and over the labels, and who saw how many."""

from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import DivergedError
from iclgd_core.learners import Schedule
from iclgd_core.studies import SCOPES, accuracy_study, many_study
from tests.studies.planted import MANY, QUERIES, SGD, TIER, Floats, Place, Plant, PlantedLab, peaks, planted_lab

OUTSIDE = 39
"""A token that is no label of any episode."""
SGD_BEST, MANY_BEST = (0.1, 1), (0.03, 2)


def right_on(labs: list[PlantedLab], right: int, *, wrong_label: bool = False) -> Plant:
    """Return a learner right on the first queries; elsewhere a label or a token outside is most probable."""

    def plant(at: Place) -> Floats:
        lab = labs[0]
        answers = lab.answers(at.split, at.episode + 1)[at.episode]
        labels = lab.label_sets(at.split, at.episode + 1)[at.episode]
        others = np.array([next(x for x in labels if x != answer) for answer in answers])
        wrong = others if wrong_label else np.full(QUERIES, OUTSIDE)
        top = peaks(np.where(np.arange(QUERIES) < right, answers, wrong))
        return np.asarray(0.9 * top + 0.1 * peaks(answers))

    return plant


def lab_with(directory: Path, icl: int, gd: int, best: tuple[float, int], *, wrong_label: bool = False) -> PlantedLab:
    labs: list[PlantedLab] = []
    good, bad = right_on(labs, gd, wrong_label=wrong_label), right_on(labs, 0, wrong_label=wrong_label)

    def descent(at: Place) -> Floats | None:
        return (good if (at.rate, at.epoch) == best else bad)(at)

    labs.append(planted_lab(directory, right_on(labs, icl, wrong_label=wrong_label), bad, descent))
    return labs[0]


def test_accuracy_over_the_vocabulary(tmp_path: Path) -> None:
    lab = lab_with(tmp_path, icl=3, gd=2, best=SGD_BEST)
    found = accuracy_study(lab, 4, "vocabulary")
    np.testing.assert_array_equal(found["icl"], np.full(6, 0.75))
    np.testing.assert_array_equal(found["gd"], np.full(6, 0.5))
    np.testing.assert_array_equal(found["zero-shot"], np.zeros(6))
    assert (found.details["learning_rate"], found.details["epoch"]) == SGD_BEST
    assert found.details["tuning_accuracy"] == {
        "0": {"0": 0.0},
        "0.01": {"1": 0.0, "4": 0.0},
        "0.1": {"1": 0.5, "4": 0.0},
    }


@pytest.mark.parametrize(("wrong_label", "expected"), [(False, (1.0, 1.0, 1.0)), (True, (0.75, 0.5, 0.0))])
def test_accuracy_over_labels_ignores_all_other_tokens(
    tmp_path: Path, wrong_label: bool, expected: tuple[float, float, float]
) -> None:
    found = accuracy_study(lab_with(tmp_path, 3, 2, SGD_BEST, wrong_label=wrong_label), 4, "labels")
    assert (found["icl"].mean(), found["gd"].mean(), found["zero-shot"].mean()) == expected


def test_icl_and_gd_are_not_interchangeable(tmp_path: Path) -> None:
    right = accuracy_study(lab_with(tmp_path, 3, 2, SGD_BEST), 4, "vocabulary")
    swapped = accuracy_study(lab_with(tmp_path, 2, 3, SGD_BEST), 4, "vocabulary")
    assert right["icl"].mean() > right["gd"].mean()
    assert swapped["icl"].mean() < swapped["gd"].mean()


@pytest.mark.parametrize("scope", SCOPES)
def test_both_learners_get_the_same_demonstrations(tmp_path: Path, scope: str) -> None:
    lab = lab_with(tmp_path, 3, 2, SGD_BEST, wrong_label=True)
    found = accuracy_study(lab, 4, scope)
    assert (found.fixed["icl_demonstrations"], found.fixed["gd_demonstrations"]) == (4, 4)
    asked = [(x.optimizer, x.split, x.n, x.shots, x.schedule) for x in lab.asked]
    assert asked == [("gd", "tuning", 3, 4, SGD), ("gd", "evaluation", 6, 4, Schedule((0.1,), SGD.readouts))]


def test_gd_may_get_many_more_demonstrations_than_icl(tmp_path: Path) -> None:
    lab = lab_with(tmp_path, 3, 2, MANY_BEST)
    found = many_study(lab, 64)
    assert (found.fixed["icl_demonstrations"], found.fixed["gd_demonstrations"]) == (8, 64)
    assert (found["icl"].tolist(), found["gd"].tolist()) == ([0.75] * 3, [0.5] * 3)
    assert (found.details["learning_rate"], found.details["epoch"]) == MANY_BEST
    asked = [(x.optimizer, x.split, x.n, x.shots, x.schedule) for x in lab.asked]
    assert asked == [
        ("sgd8", "tuning", TIER.size_tuning_episodes, 64, MANY),
        ("sgd8", "evaluation", TIER.many_episodes, 64, Schedule((0.03,), MANY.readouts)),
    ]
    details = found.details
    assert (details["icl_demonstrations"], details["gd_demonstrations"]) == (8, 64)
    assert (details["icl_accuracy"], details["gd_accuracy"], details["zero_shot_accuracy"]) == (0.75, 0.5, 0.0)


def test_diverged_runs_are_counted_not_dropped(tmp_path: Path) -> None:
    labs: list[PlantedLab] = []
    good = right_on(labs, 2)

    def gd(at: Place) -> Floats | None:
        return None if at.split == "evaluation" and at.episode == 2 else good(at)

    labs.append(planted_lab(tmp_path, good, right_on(labs, 0), gd))
    with pytest.raises(DivergedError, match=r"^1 of 3 runs of sgd8 on 64 demonstrations"):
        many_study(labs[0], 64)
