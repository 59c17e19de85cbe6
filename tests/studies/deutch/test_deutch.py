"""Studies of layer-causal GD and of what similarity shows: on tiny models, and on numbers put in by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import NotRunError
from iclgd_core.lab import Lab, Setting
from iclgd_core.lab.store import Store
from iclgd_core.learners import Schedule
from iclgd_core.models.language.reinitialised import KEPT
from iclgd_core.studies.dai.fine_tuning import FineTuning
from iclgd_core.studies.dai.layers import LayerStudy
from iclgd_core.studies.deutch import gradients as deutch_gradients
from iclgd_core.studies.deutch import similarity as deutch_similarity
from iclgd_core.studies.deutch import untrained as deutch_untrained
from iclgd_core.studies.deutch.artefact import FORMS as ARTEFACT_FORMS
from iclgd_core.studies.deutch.artefact import SIZES, artefact_study
from iclgd_core.studies.deutch.compared import METRICS, ComparedStudy
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
    assert len(study.change) == EPISODES * 3  # pairs of three layers
    assert max(study.change.values()) < 1e-12
    assert replace(lab.model).digest == before


def test_plain_gradients_do_move(lab: Lab) -> None:
    assert min(invariant_study(lab, "lm").change.values()) > 1e-3


def test_what_the_invariant_is_not_asked_of(lab: Lab) -> None:
    with pytest.raises(NotRunError, match="compares layers"):
        invariant_study(lab.of(tiny_model(layers=1)), "lm")
    with pytest.raises(NotRunError, match="copied in float64"):
        invariant_study(lab.of(replace(lab.model, spread=2)), "lm")


@pytest.mark.parametrize("form", ARTEFACT_FORMS)
@pytest.mark.parametrize("size", SIZES)
def test_random_updates_scatter_about_the_closed_form(size: float, form: str) -> None:
    study = artefact_study(size, form, seed=1)
    assert abs(study.mean - study.expected) < 5 * study.standard_error + 1e-3
    assert 1e-4 < study.standard_error < 2e-3
    assert (study.expected == 0.0) is (form == "raw")


def layers(*rows: list[float], objective: str = "lm") -> LayerStudy:
    how = FineTuning(0.1, Setting(0.1, 1, 0, {"0": {"0": 0.5}, "0.1": {"1": 0.5}}), objective)
    return LayerStudy(dict.fromkeys(METRICS, np.array(rows)), "a", "b", how)


def test_a_comparison_averages_layers_and_then_studies() -> None:
    one, other = layers([0.0, 1.0], [1.0, 1.0]), layers([1.0, 1.0], [0.0, 0.0])
    study = ComparedStudy("sim-aou/raw", (one, other), (one,), (("gd", "a"), ("sgd1", "b")), "0.5")
    np.testing.assert_allclose(study.first, [0.75, 0.5])
    np.testing.assert_allclose(study.second, [0.5, 1.0])
    assert [[point.y for point in curve.points] for curve in study.curves()] == [[0.5, 1.0], [0.5, 1.0]]
    assert study.details()["paper_value"] == "0.5"


@pytest.mark.parametrize("rate", deutch_similarity.RATES)
def test_layer_causal_gd_is_held_against_plain_gd(lab: Lab, rate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deutch_similarity, "EPISODES", 3)
    study = layer_causal_study(lab, "layer-causal-code", "sim-am/delta", rate)
    hows = [side[0].how for side in (study.candidate, study.reference)]
    assert all(how is not None for how in hows)
    assert [how.objective for how in hows if how] == ["layer-causal-code", "lm"]
    rates = [how.rate for how in hows if how]
    assert rate == "own" or rates[0] == rates[1]
    assert study.first.shape == study.second.shape == (3,)
    assert not np.array_equal(study.first, study.second)


@pytest.mark.parametrize("kept", KEPT)
def test_untrained_twins_are_held_against_the_trained_model(
    lab: Lab, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deutch_untrained, "EPISODES", 3)
    study = untrained_study(lab, kept, "sim-aou/raw")
    names = [one.model for one in study.candidate]
    assert names == [f"{KEPT[kept]}{lab.model.name}"] * deutch_untrained.INITIALISATIONS
    first, second = (one.values["sim-aou/raw"] for one in study.candidate)
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(study.first, ((first + second) / 2).mean(1))
    assert {one.how.rate for one in (*study.candidate, *study.reference) if one.how} == {study.reference[0].how.rate}  # type: ignore[union-attr]


def test_gradients_by_form(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deutch_gradients, "EPISODES", 2)
    printed, coded = (gradient_study(lab, form) for form in deutch_gradients.FORMS)
    for study in (printed, coded):
        assert study.cosine.shape == study.log_ratio.shape == (2,)
        assert study.layer_cosine.shape == (2, 3)
        assert np.abs(study.layer_cosine).max() <= 1
        assert len(study.curves()) == 2
    assert not np.array_equal(printed.cosine, coded.cosine)
    # the last layer of the code's form is plain GD on that layer: same direction, same length
    np.testing.assert_allclose(coded.layer_cosine[:, -1], 1.0, rtol=1e-5)
    np.testing.assert_allclose(coded.layer_log_ratio[:, -1], 0.0, atol=1e-5)
