"""Regression in text: the expected digit, its distance from ICL's, on planted outputs and on a real toy model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError, SettingsError
from iclgd_core.evidence.correction import decide
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.learners import Schedule
from iclgd_core.metrics.expected_digit import expected_digit, label_log_probs
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.language.predictions import TopLogProbs
from iclgd_core.stats import paired_greater
from iclgd_core.studies.open.text_regression import text_regression_study
from iclgd_core.tasks.text.linear_digits import LinearDigits, answer_variance
from tests.studies.planted import QUERIES, TIER, Floats, Place, PlantedLab, planted_lab
from tests.tasks.text.tiny_tokenizers import byte_level
from tests.text_models import save_text_model

Ints = NDArray[np.int64]

TASK = LinearDigits()
DIGITS = tuple(byte_level().get_vocab()[digit] for digit in "0123456789")
SIZE = len(byte_level())


def saying(digit: Floats, mass: float = 0.5) -> Floats:
    """Give two neighbouring digits `mass` together, so that the digit expected of each query is the given one."""
    out, low = np.full((QUERIES, SIZE), 1e-9), np.minimum(np.floor(digit).astype(int), 8)
    rows, tokens = np.arange(QUERIES), np.array(DIGITS)
    out[rows, tokens[low]] += mass * (low + 1 - digit)
    out[rows, tokens[low + 1]] += mass * (digit - low)
    out[:, 0] += 1.0 - mass
    return out


def icl(at: Place) -> Floats:
    """ICL expects 3, 4, 5, 6; in another order 0.2 more."""
    return saying(np.arange(3.0, 7.0) + 0.2 * at.order, mass=0.8)


def none(at: Place) -> Floats:
    return saying(np.full(QUERIES, 0.5 + 0.01 * at.episode))


def near(at: Place) -> Floats:
    """GD that is nearest to ICL at the larger rate and the later epoch: 0.1 from it."""
    far = 0.1 if (at.rate, at.epoch) == (0.1, 4) else 2.0
    return saying(np.arange(3.0, 7.0) + far)


def far(at: Place) -> Floats:
    return saying(np.arange(3.0, 7.0) + 2.0)


def digits_lab(directory: Path, gd: object) -> PlantedLab:
    made = planted_lab(directory, icl, none, gd)  # type: ignore[arg-type]
    model = replace(made.model, tokenizer=byte_level())
    vars(model)["reader"] = replace(model.reader, embeddings=SIZE)  # what it says is planted, for every token
    return replace(made, task=TASK, model=model)


@pytest.mark.parametrize(("optimizer", "account", "n"), [("gd", "gd", 6), ("sgd1", "sgd", 5)])
def test_distances_by_hand(tmp_path: Path, optimizer: str, account: str, n: int) -> None:
    study, variance = text_regression_study(digits_lab(tmp_path, near), optimizer), answer_variance()
    np.testing.assert_allclose(study["ceiling"], np.full(n, 1.0 - 0.2**2 / variance), atol=1e-5)
    np.testing.assert_allclose(study["learner"], np.full(n, 1.0 - 0.1**2 / variance), atol=1e-5)
    nothing = np.array([np.mean((np.arange(3, 7) - 0.5 - 0.01 * e) ** 2) for e in range(n)])
    np.testing.assert_allclose(study["floor"], 1.0 - nothing / variance, atol=1e-5)
    assert (study.details["learning_rate"], study.details["epoch"]) == (0.1, 4)
    mass = study.details["mass_on_digits"]
    assert isinstance(mass, dict)
    assert mass["icl"] == pytest.approx(0.8, abs=1e-5)
    assert mass[optimizer] == pytest.approx(0.5, abs=1e-5)
    cells = study.details["closures"]
    assert isinstance(cells, list)
    assert [cell["account"] for cell in cells] == [account, "zero-shot", "icl-other-order"]  # type: ignore[index,call-overload]
    assert {(cell["agreement"], cell["task"]) for cell in cells} == {("npd", "linear-digits")}  # type: ignore[index,call-overload]
    assert study.undefined == ""


def test_distance_from_the_right_answers(tmp_path: Path) -> None:
    lab = digits_lab(tmp_path, near)
    right = np.array([[row.label for row in TASK.episode(0, "evaluation", e, QUERIES).queries] for e in range(6)])
    found = text_regression_study(lab, "gd").details["npd_from_answers"]
    assert isinstance(found, dict)
    assert found["icl"] == pytest.approx(np.mean((np.arange(3, 7) - right) ** 2) / answer_variance(), rel=1e-4)
    assert float(str(found["icl-other-order"])) > 0


def test_the_rule_tells_near_from_far(tmp_path: Path) -> None:
    def verdict(gd: object) -> Verdict:
        study = text_regression_study(digits_lab(tmp_path, gd), "gd")
        outcome = paired_greater(study["ceiling"], study["learner"], margin=0.02, quantity="agreement")
        return decide(outcome, outcome.p_supported, outcome.p_refuted)

    assert verdict(near) is Verdict.REFUTED
    assert verdict(far) is Verdict.SUPPORTED


def test_the_start_of_training_is_a_choice(tmp_path: Path) -> None:
    worse = digits_lab(tmp_path, lambda at: saying(np.full(QUERIES, 0.0)))
    study = text_regression_study(worse, "gd")
    assert study.details["epoch"] == 0
    np.testing.assert_array_equal(study["learner"], study["floor"])


def test_only_the_ten_digits_count_and_large_vocabularies_give_the_same() -> None:
    rng = np.random.default_rng(0)
    dense = np.log(rng.dirichlet(np.ones(SIZE), size=(2, 3))).astype(np.float32)
    p = np.exp(dense[..., list(DIGITS)].astype(np.float64))
    by_hand = (p * np.arange(10)).sum(-1) / p.sum(-1)
    np.testing.assert_allclose(expected_digit(dense, DIGITS), by_hand, rtol=1e-6)
    likeliest = np.argsort(-dense, axis=-1)[..., :20]
    ids = np.stack([[np.unique([*row, *DIGITS])[:30] for row in rows] for rows in _padded(likeliest)])
    kept = TopLogProbs(ids.astype(np.int32), np.take_along_axis(dense, ids, -1), SIZE)
    np.testing.assert_allclose(expected_digit(kept, DIGITS), by_hand, rtol=1e-6)
    assert label_log_probs(kept, DIGITS).shape == (2, 3, 10)
    with pytest.raises(SettingsError, match="not among the tokens that were kept"):
        expected_digit(TopLogProbs(ids[..., :1].astype(np.int32), kept.log_probs[..., :1], SIZE), DIGITS)
    assert np.isnan(expected_digit(np.full(SIZE, np.nan, dtype=np.float32), DIGITS))


def _padded(likeliest: Ints) -> Ints:
    """Leave out the digits from the likeliest tokens, so that each prediction keeps as many."""
    return np.array([[[t for t in row if t not in DIGITS][:10] for row in rows] for rows in likeliest])


def test_another_task_has_no_numbers(tmp_path: Path) -> None:
    with pytest.raises(NotRunError, match="task 'ginc-k4' has no answers that are numbers"):
        text_regression_study(planted_lab(tmp_path, icl, none, near), "gd")


def test_on_a_real_toy_model_nothing_is_learned_in_context(tmp_path: Path) -> None:
    model = load_model(str(save_text_model(tmp_path / "toy", ["Input: 3 7\nOutput:4"], size=300)))
    few = Schedule((0.01,), (1,))
    lab = Lab(model, TASK, replace(TIER, sgd=few), 0, Store(tmp_path / "kept"))
    assert lab.no_icl.startswith("no ICL: accuracy ")
    study = text_regression_study(lab, "gd")
    for values in (study["ceiling"], study["learner"], study["floor"]):
        assert values.shape == (6,)
        assert np.isfinite(values).all()
        assert (values <= 1.0).all()
    mass = study.details["mass_on_digits"]
    assert isinstance(mass, dict)
    assert all(0.0 < float(str(share)) < 1.0 for share in mass.values())
