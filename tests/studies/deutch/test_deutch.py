"""Studies of layer-causal GD and of what similarity shows: on tiny models, and on numbers put in by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab, Setting
from iclgd_core.lab.store import Store
from iclgd_core.learners import Schedule
from iclgd_core.models.language.reinitialised import KEPT
from iclgd_core.studies.dai.fine_tuning import FineTuning
from iclgd_core.studies.dai.layers import layer_study
from iclgd_core.studies.dai.similarity import similarity_study
from iclgd_core.studies.deutch import gradients as deutch_gradients
from iclgd_core.studies.deutch import similarity as deutch_similarity
from iclgd_core.studies.deutch import untrained as deutch_untrained
from iclgd_core.studies.deutch.artefact import NORMALISATIONS as ARTEFACT_FORMS
from iclgd_core.studies.deutch.artefact import SIZES, artefact_study
from iclgd_core.studies.deutch.compared import METRICS, compared_figure, compared_study
from iclgd_core.studies.deutch.gradients import gradient_study
from iclgd_core.studies.deutch.invariant import EPISODES, invariant_study
from iclgd_core.studies.deutch.similarity import layer_causal_study
from iclgd_core.studies.deutch.untrained import untrained_study
from tests.studies.planted import TIER
from tests.tiny_models import tiny_model, tiny_task

RATES = Schedule((0.01, 0.1), (1,))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tiny_model(layers=3), tiny_task(), replace(TIER, one_pass=RATES), 0, Store(tmp_path))


@pytest.mark.parametrize("loss", ["layer-causal", "layer-causal-code"])
def test_layer_causal_gradients_do_not_move(lab: Lab, loss: str) -> None:
    before = lab.model.digest
    study = invariant_study(lab, loss)
    assert len(study.numbers) == EPISODES * 3  # pairs of three layers
    assert max(study.numbers.values()) < 1e-12
    assert replace(lab.model).digest == before


def test_plain_gradients_do_move(lab: Lab) -> None:
    assert min(invariant_study(lab, "lm").numbers.values()) > 1e-3


def test_what_the_invariant_is_not_asked_of(lab: Lab) -> None:
    with pytest.raises(NotRunError, match="compares layers"):
        invariant_study(lab.of(tiny_model(layers=1)), "lm")
    with pytest.raises(NotRunError, match="copied in float64"):
        invariant_study(lab.of(replace(lab.model, spread=2)), "lm")


@pytest.mark.parametrize("form", ARTEFACT_FORMS)
@pytest.mark.parametrize("size", SIZES)
def test_random_updates_scatter_about_the_closed_form(size: float, form: str) -> None:
    study = artefact_study(size, form, seed=1)
    (off,), error = study.numbers.values(), study.details["standard_error"]
    assert isinstance(error, float)
    assert off < 5 * error + 1e-3
    assert 1e-4 < error < 2e-3
    assert (study.details["closed_form"] == 0.0) is (form == "raw")


def layers(label: str, *rows: list[float]) -> Study:
    how = FineTuning(0.1, Setting(0.1, 1, 0, {"0": {"0": 0.5}, "0.1": {"1": 0.5}}))
    figure = compared_figure("sim-aou/raw", "gd", label)
    return layer_study(dict.fromkeys(METRICS, np.array(rows)), how, figure)


def test_a_comparison_averages_layers_and_then_studies() -> None:
    one, other, same = (
        layers(label, *rows)
        for label, rows in (
            ("a", ([0.0, 1.0], [1.0, 1.0])),
            ("a", ([1.0, 1.0], [0.0, 0.0])),
            ("b", ([0.0, 1.0], [1.0, 1.0])),
        )
    )
    study = compared_study("sim-aou/raw", {"a": [one, other], "b": [same]}, "0.5", further=1)
    np.testing.assert_allclose(study["a"], [0.75, 0.5])
    np.testing.assert_allclose(study["b"], [0.5, 1.0])
    drawn = [(curve.label, [point.y for point in curve.points]) for curve in study.curves]
    assert drawn == [("a", [0.5, 1.0]), ("b", [0.5, 1.0])]
    assert (study.details["paper_value"], study.details["further"]) == ("0.5", 1)
    assert study.fixed["studies_averaged"] == [2, 1]


def of_side(study: Study, label: str) -> list[dict[str, Json]]:
    found = study.details[label]
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, dict)]


@pytest.mark.parametrize("rate", deutch_similarity.RATES)
def test_layer_causal_gd_is_held_against_plain_gd(lab: Lab, rate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deutch_similarity, "EPISODES", 3)
    study = layer_causal_study(lab, "layer-causal-code", "sim-am/delta", rate)
    labels = ("layer-causal-code GD", "plain GD")
    assert tuple(study.numbers) == labels
    sides = (study.fixed["candidate"], study.fixed["reference"])
    assert [side["objective"] for side in sides if isinstance(side, dict)] == ["layer-causal-code", "lm"]
    rates = [of_side(study, label)[0]["learning_rate"] for label in labels]
    assert rate == "own" or rates[0] == rates[1]
    first, second = study.numbers.values()
    assert first.shape == second.shape == (3,)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("kept", KEPT)
def test_untrained_twins_are_held_against_the_trained_model(
    lab: Lab, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deutch_untrained, "EPISODES", 3)
    asked: list[str] = []

    def noted(lab: Lab, **given: Any) -> Study:
        asked.append(lab.model.name)
        return similarity_study(lab, **given)

    monkeypatch.setattr(deutch_untrained, "similarity_study", noted)
    study = untrained_study(lab, kept, "sim-aou/raw")
    assert asked == [*[f"{KEPT[kept]}{lab.model.name}"] * deutch_untrained.INITIALISATIONS, lab.model.name]
    first, second = (one["means"] for one in of_side(study, kept))
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first != second
    expected = [x["sim-aou/raw"] for x in (first, second)]
    assert study[kept].mean() == pytest.approx(np.mean(expected))  # type: ignore[arg-type]
    assert len({str(one["learning_rate"]) for label in (kept, "trained") for one in of_side(study, label)}) == 1


def test_gradients_by_form(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deutch_gradients, "EPISODES", 2)
    printed, coded = (gradient_study(lab, form) for form in deutch_gradients.LAYER_CAUSAL)
    for study in (printed, coded):
        assert study["cosine"].shape == study["log10 of the norm ratio"].shape == (2,)
        assert [len(curve.points) for curve in study.curves] == [3, 3]
        assert max(abs(point.y) for point in study.curves[0].points) <= 1
    assert not np.array_equal(printed["cosine"], coded["cosine"])
    # the last layer of the code's form is plain GD on that layer: same direction, same length
    cosine, log_ratio = (curve.points[-1] for curve in coded.curves)
    assert cosine.low == pytest.approx(1.0, rel=1e-5)
    assert (log_ratio.low, log_ratio.high) == pytest.approx((0.0, 0.0), abs=1e-5)
