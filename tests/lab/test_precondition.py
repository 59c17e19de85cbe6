"""The precondition: two gains, each of which must be shown, and which of them is not is said."""

from typing import Any

import numpy as np
import pytest

from iclgd_core.evidence.outcome import Outcome
from iclgd_core.lab import precondition
from iclgd_core.lab.precondition import Gains, why_no_icl
from iclgd_core.stats import paired_greater

NONE = np.tile([0.2, 0.3], 20)
GAIN = np.tile([0.1, 0.3, 0.2, 0.2], 10)


def gains(icl: np.ndarray, zero_shot: np.ndarray, repeated: np.ndarray) -> Gains:
    others = {"without": zero_shot, "by repeating their most frequent label": repeated}
    return Gains("accuracy", icl, others, 8, "a-task", over="over the whole vocabulary")


@pytest.mark.parametrize(
    ("icl", "repeated", "why"),
    [
        (NONE + GAIN, NONE, ""),
        (NONE, NONE, "no ICL: accuracy 0.250 with 8 demonstrations, 0.250 without, "),
        (NONE - GAIN, NONE - GAIN, "no ICL: accuracy 0.050 with 8 demonstrations, 0.250 without, "),
        (NONE + GAIN, NONE + GAIN, "no ICL: accuracy 0.450 with 8 demonstrations, 0.450 by repeating their most "),
    ],
)
def test_both_gains_are_asked_for(icl: np.ndarray, repeated: np.ndarray, why: str) -> None:
    found = why_no_icl(gains(icl, NONE, repeated))
    assert found.startswith(why)
    assert bool(found) == bool(why)
    assert not found or ", over the whole vocabulary (one-sided p = " in found
    assert not found or found.endswith("40 episodes of a-task)")


@pytest.mark.parametrize(("error", "why"), [(NONE - GAIN, ""), (NONE + GAIN, "no ICL: error 0.450 with 8 ")])
def test_of_an_error_less_is_a_gain(error: np.ndarray, why: str) -> None:
    found = why_no_icl(Gains("error", error, {"without": NONE}, 8, "a-task", less_is_better=True))
    assert found.startswith(why)
    assert bool(found) == bool(why)
    assert not why or ", 0.250 without (one-sided p = " in found


def test_the_same_accuracies_are_tested_once_and_others_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    precondition._p_of_gain.cache_clear()
    tested: list[tuple[float, float]] = []

    def counting(icl: np.ndarray, other: np.ndarray, **rest: Any) -> Outcome:
        tested.append((float(icl.mean()), float(other.mean())))
        return paired_greater(icl, other, **rest)

    monkeypatch.setattr("iclgd_core.lab.precondition.paired_greater", counting)
    for icl in (NONE + GAIN, NONE + GAIN.copy(), NONE - GAIN, NONE + GAIN):
        why_no_icl(gains(icl, NONE, NONE - 0.125))
    np.testing.assert_allclose(tested, [(0.45, 0.25), (0.45, 0.125), (0.05, 0.25)])
