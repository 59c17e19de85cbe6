"""Answers of several symbols: positions apart and together, on planted outputs; and ICL beyond copying."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iclgd_core.errors import UnknownNameError
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.precondition import most_frequent
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.open.sequence_output import MEAN, POSITIONS, sequence_study
from iclgd_core.tasks.ginc.sequence import GincSequenceTask
from tests.studies.planted import Floats, Place, PlantedLab, drawn, planted_lab
from tests.tiny_models import WORLD

Ints = NDArray[np.int64]

TASK = GincSequenceTask(5, 3, WORLD)


def at_positions(first: Floats, second: Floats, third: Floats) -> Floats:
    """Take each position's distributions from another draw: queries 4, positions 3."""
    return np.stack([first, second, third], axis=1).reshape(-1, first.shape[-1])


def icl(at: Place) -> Floats:
    one = [drawn(seed, at.episode, at.split) for seed in (1, 2, 3)]
    other = [0.9 * p + 0.1 * drawn(9, at.episode, at.split) for p in one]
    return at_positions(*(one if at.order == 0 else other))


def none(at: Place) -> Floats:
    return at_positions(*(drawn(seed, at.episode, at.split) for seed in (4, 5, 6)))


def only_second(at: Place) -> Floats:
    """GD that is ICL at the second position and zero-shot at the others."""
    return at_positions(*(drawn(seed, at.episode, at.split) for seed in (4, 2, 6)))


def sequence_lab(directory: Path) -> PlantedLab:
    return replace(planted_lab(directory, icl, none, only_second), task=TASK)


def test_positions_are_apart_and_the_mean_is_theirs(tmp_path: Path) -> None:
    found = {p: sequence_study(sequence_lab(tmp_path), "jensen-shannon", p) for p in (*POSITIONS, MEAN)}
    np.testing.assert_allclose(found["second"]["learner"], 1.0, atol=1e-6)
    for name in ("first", "third"):
        np.testing.assert_allclose(found[name]["learner"], found[name]["floor"], atol=1e-6)
    for part in ("learner", "floor", "ceiling"):
        np.testing.assert_allclose(
            found[MEAN][part], np.mean([found[name][part] for name in POSITIONS], axis=0), atol=1e-6
        )
    assert found["first"].details["closures"] == []
    cells = found[MEAN].details["closures"]
    assert isinstance(cells, list)
    assert [cell["task"] for cell in cells] == ["ginc-k5-last3"] * 3  # type: ignore[index,call-overload]
    curves = found[MEAN].curves
    assert [len(curve.points) for curve in curves] == [3, 3, 3]


def test_no_closure_where_the_ceiling_lies_below_the_floor(tmp_path: Path) -> None:
    def torn(at: Place) -> Floats:
        return icl(at) if at.order == 0 else at_positions(*(drawn(s, at.episode, at.split) for s in (7, 8, 9)))

    def near(at: Place) -> Floats:
        return 0.9 * icl(replace(at, order=0)) + 0.1 * none(at)

    lab = replace(planted_lab(tmp_path, torn, near, only_second), task=TASK)
    found = sequence_study(lab, "jensen-shannon", MEAN).details
    assert found["closure"] is None
    assert "below the floor" in str(found["closure_undefined"])


def test_unknown_position(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown position in an answer 'fourth'"):
        sequence_study(sequence_lab(tmp_path), "token-overlap", "fourth")


def test_the_most_frequent_label_by_hand(tmp_path: Path) -> None:
    episode = sequence_lab(tmp_path).episodes("evaluation", 1)[0]
    shown = episode.targets(np.arange(SHOTS)).reshape(SHOTS, 3)
    found = most_frequent(episode, np.arange(SHOTS))
    assert found.shape == episode.answers.shape
    for j in range(3):
        counts = np.bincount(shown[:, j])
        assert set(found[j::3].tolist()) == {int(counts.argmax())}


class Answering(Lab):
    """A laboratory in which ICL answers right, or as the most frequent label has it, and zero-shot wrong."""

    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> LogProbs:
        shots = self.shots if shots is None else shots
        n = self.count(split, n)
        episodes = self.episodes(split, n)
        told = [
            self.told(i, episode.answers, most_frequent(episode, np.arange(SHOTS)))
            for i, episode in enumerate(episodes)
        ]
        chosen = np.stack(told) if shots else np.full((n, episodes[0].answers.size), 13)
        return np.asarray(np.log(np.eye(14, dtype=np.float32)[chosen] * 0.9 + 0.001)[:, None], dtype=np.float32)

    def told(self, index: int, answers: Ints, copied: Ints) -> Ints:
        return answers


class Copying(Answering):
    def told(self, index: int, answers: Ints, copied: Ints) -> Ints:
        return copied


def test_copying_is_no_in_context_learning(tmp_path: Path) -> None:
    base = sequence_lab(tmp_path)
    tier = replace(base.tier, episodes=12, queries=8)
    right, copying = (kind(base.model, TASK, tier, 0, base.store) for kind in (Answering, Copying))
    assert right.no_icl == ""
    assert "by repeating their most frequent label" in copying.no_icl
    assert replace(copying, plan=True).no_icl == ""
