"""Sampled paths: behind kept keys and values as from whole prompts, and drawn as the numbers say."""

from dataclasses import replace

import numpy as np
import pytest

from iclgd_core.errors import ContextError, NotRunError
from iclgd_core.learners.sampled_paths import sample_paths
from tests.tiny_models import ARCHITECTURES, predicted, tiny_model

PROMPTS = np.array([[1, 5, 0, 2, 7], [3, 3, 0, 4, 1]])
BETWEEN = np.array([[0, 2, 7], [0, 4, 1]])
OUTCOMES = np.array([[5, 8], [6, 2]])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_paths_are_those_of_whole_prompts(architecture: str) -> None:
    model, uniforms = tiny_model(architecture, double=True), np.random.default_rng(0).random((2, 3, 4))
    drawn, chances = sample_paths(model, PROMPTS, BETWEEN, OUTCOMES, uniforms)
    assert len({tuple(path) for path in drawn.reshape(-1, 4)}) > 1
    for unit in range(2):
        for path in range(3):
            ids = PROMPTS[unit]
            for t in range(4):
                both = predicted(model, ids[None])[0, OUTCOMES[unit]].astype(np.float64)
                chance = np.exp(both[1]) / np.exp(both).sum()
                assert chances[unit, path, t] == pytest.approx(chance, abs=1e-6)
                assert drawn[unit, path, t] == float(uniforms[unit, path, t] < chance)
                ids = np.concatenate([ids, [OUTCOMES[unit, int(drawn[unit, path, t])]], BETWEEN[unit]])


def test_uniform_numbers_decide() -> None:
    low, high = (sample_paths(tiny_model(), PROMPTS, BETWEEN, OUTCOMES, np.full((2, 1, 3), u))[0] for u in (0.0, 1.0))
    assert (low == 1.0).all()
    assert (high == 0.0).all()


def test_the_model_is_left_as_it_was() -> None:
    model = tiny_model()
    before = model.digest
    sample_paths(model, PROMPTS, BETWEEN, OUTCOMES, np.zeros((2, 1, 2)))
    assert replace(model).digest == before


def test_paths_beyond_the_context_are_refused() -> None:
    fits = 1 + (64 - 5) // 4
    sample_paths(tiny_model(), PROMPTS, BETWEEN, OUTCOMES, np.zeros((2, 1, fits)))
    with pytest.raises(ContextError, match=rf"^{fits + 1} outcomes behind a prompt needs"):
        sample_paths(tiny_model(), PROMPTS, BETWEEN, OUTCOMES, np.zeros((2, 1, fits + 1)))


def test_a_model_that_keeps_no_prefix_is_not_run() -> None:
    with pytest.raises(NotRunError, match=r"^paths are sampled behind kept keys and values"):
        sample_paths(replace(tiny_model(), masked=True), PROMPTS, BETWEEN, OUTCOMES, np.zeros((2, 1, 2)))
