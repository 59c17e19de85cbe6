"""Studies of fine-tuning's activations, updates and recall: on a tiny model, and pieces with planted outcomes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import DivergedError, NotRunError
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.lab.store import Store
from iclgd_core.lab.store.store import Arrays
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import Schedule
from iclgd_core.models.activations import Recorded
from iclgd_core.stats import mean_interval, ratio_interval
from iclgd_core.studies.dai import selection as dai_selection
from iclgd_core.studies.dai.dual_form import identity_study, relaxation_study
from iclgd_core.studies.dai.fine_tuning import FineTuning, common_tail, fine_tuning, first_order, trained
from iclgd_core.studies.dai.layers import LOSSES, LayerFigure, layer_study
from iclgd_core.studies.dai.recall import linear_ratio, recall_outcome, recall_study
from iclgd_core.studies.dai.selection import selection_study
from iclgd_core.studies.dai.similarity import _of_outputs, similarity_study
from iclgd_core.studies.dai.training_tokens import _permuted, positions, training_token_study
from iclgd_core.studies.dai.updates import update_study
from iclgd_core.tasks.prompts import Prompt
from reports.render.figures import panels_of
from tests.tiny_models import tiny_model, tiny_task

Floats = NDArray[np.float64]
TIER = replace(
    TIERS["quick"], episodes=3, accuracy_episodes=3, minibatch_episodes=3, tuning_episodes=2, tuning_orders=1,
    queries=4, one_pass=Schedule((1e-2, 1e-1), (1,)),
)  # fmt: skip
HOW = FineTuning(0.1, Setting(0.1, 1, 0, {}))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A tiny model on tiny prompts."""
    return Lab(tiny_model(layers=3), tiny_task(), TIER, 0, Store(tmp_path))


def prompt(*ids: int) -> Prompt:
    return Prompt(np.array(ids), len(ids) - 1)


def test_the_rate_is_the_most_accurate_that_trains(lab: Lab) -> None:
    found = fine_tuning(lab, "lm", "vocabulary")
    rows = {float(rate): row["1"] for rate, row in found.setting.table.items() if rate != "0"}
    assert rows[found.rate] == max(score for score in rows.values() if score is not None)
    assert found.setting.protocol["objective"] == "lm"
    assert found.schedule == Schedule((found.rate,), (1,))


def test_weights_that_are_lost_stop_a_study(lab: Lab) -> None:
    with pytest.raises(DivergedError, match="diverged"):
        list(trained(lab, replace(HOW, rate=1e38), lab.episodes("evaluation", 1), first_order(lab, 1)))


def test_the_query_is_what_two_prompts_end_with() -> None:
    assert common_tail(prompt(9, 8, 1, 2, 3), prompt(0, 1, 2, 3)) == 3
    assert common_tail(prompt(9, 1, 2, 3), prompt(1, 2, 3)) == 3
    assert common_tail(prompt(9, 8), prompt(1, 2)) == 0


def by_layer(study: Study) -> dict[str, list[float]]:
    found = study.details["by_layer"]
    assert isinstance(found, dict)
    return found  # type: ignore[return-value]


def test_similarities_have_their_layers_and_are_measured_once(lab: Lab) -> None:
    study = similarity_study(lab, how=HOW)
    again = similarity_study(lab, how=HOW)
    for name, values in study.numbers.items():
        assert values.shape == (3,)
        assert (np.abs(values) <= 1.0).all()
        assert len(by_layer(study)[name]) == (2 if name == "sim-am/delta" else 3)
        np.testing.assert_array_equal(values, again[name])
    assert by_layer(study)["sim-am/before"][0] == pytest.approx(1.0, abs=1e-5)  # rotary: layer 1 cannot differ
    other = similarity_study(lab, "layer-causal", how=replace(HOW, objective="layer-causal"))
    assert np.abs(other["sim-aou/raw"] - study["sim-aou/raw"]).max() > 1e-4


def test_a_fine_tuning_that_is_icl_has_similarity_one() -> None:
    rng = np.random.default_rng(0)
    none, icl = (Recorded(rng.random((2, 5, 8)), np.zeros(0), np.zeros(0), np.zeros(0, np.int64)) for _ in range(2))
    out = _of_outputs(icl, none, icl, rng)
    for form in ("raw", "normalised"):
        np.testing.assert_allclose(out[f"sim-aou/{form}"], 1.0)
        assert (np.abs(out[f"sim-aou/{form}/centred"]) < 0.9).all()


def test_one_layer_has_no_changed_attention(tmp_path: Path) -> None:
    alone = Lab(tiny_model(layers=1), tiny_task(), TIER, 0, Store(tmp_path))
    with pytest.raises(NotRunError, match="one layer"):
        similarity_study(alone)


def test_the_dual_form_holds_and_the_relaxation_is_a_share(lab: Lab) -> None:
    study = identity_study(lab)
    assert max(study.numbers.values()) < 1e-5
    shares = study.details["demonstrations_share"]
    assert isinstance(shares, dict)
    assert all(isinstance(share, float) and share > 0.0 for share in shares.values())
    assert list(study.numbers) == list(shares) == ["layer 1", "layer 2", "layer 3"]
    relaxed = relaxation_study(lab)
    for name, values in relaxed.numbers.items():
        assert values.shape == (3,)
        assert len(by_layer(relaxed)[name]) == 3
        assert ((values >= 0.0) & (values <= 1.0)).all()


def test_updates_of_other_demonstrations_are_others(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    study = update_study(lab)
    assert np.abs(study["own"] - study["other"]).max() > 1e-4
    weights = [dict(own) for _, own in trained(lab, HOW, lab.episodes("evaluation", 3), first_order(lab, 3))]
    monkeypatch.setattr("iclgd_core.studies.dai.updates.trained", lambda *_: ((e, weights[0]) for e in range(3)))
    monkeypatch.setattr("iclgd_core.studies.dai.updates.measured", lambda *given: given[-1]())
    same = update_study(lab)
    np.testing.assert_allclose(same["own"], same["other"])


def test_training_tokens_are_found_behind_each_other() -> None:
    inside = np.array([9, 1, 2, 3, 0, 1, 2, 3, 0, 2, 3, 4])
    assert positions(inside, [np.array([1, 2, 3])] * 2).tolist() == [2, 3, 6, 7]
    assert positions(inside, [np.array([5, 1, 2]), np.array([5, 2, 3])]).tolist() == [1, 2, 6, 7]  # [5] only alone
    with pytest.raises(NotRunError, match="demonstration 2 has other tokens"):
        positions(inside, [np.array([1, 2, 3]), np.array([7, 7, 7])])
    with pytest.raises(NotRunError, match="demonstration 1"):
        positions(inside[:2], [np.array([1, 2, 3, 0, 1])])


def test_no_demonstration_stays_in_place_unless_alone() -> None:
    parts = [np.full((1, 1, n), i, dtype=np.float64) for i, n in enumerate((2, 3, 2, 2, 5))]
    moved = _permuted(parts, np.random.default_rng(0))
    assert [part.shape for part in moved] == [part.shape for part in parts]
    assert sorted(part.flat[0] for part in moved) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [i for i, part in enumerate(moved) if part.flat[0] == i] == [1, 4]


def test_attention_to_training_tokens_is_ranked(lab: Lab) -> None:
    study = training_token_study(lab)
    assert {name: len(values) for name, values in by_layer(study).items()} == {"tau": 3, "shuffled": 3, "random": 3}
    assert study["tau"].shape == (3,)


def recall(flipped: ArrayLike, both: ArrayLike, expected: ArrayLike, reading: str, margin: float = 0.05) -> Outcome:
    counts = {"flipped": flipped, "recovered": both, "recovered by chance": expected}
    study = Study({name: np.array(x, dtype=np.float64) for name, x in counts.items()})
    return recall_outcome(study, reading, margin, 0.1)


def test_recall_is_judged_as_the_ratio_of_sums() -> None:
    counts = ([4, 1, 3] * 5, [4, 0, 2] * 5, [2, 0.5, 1.5] * 5)
    reported, above = (recall(*counts, reading) for reading in ("as-reported", "above-chance"))
    assert reported.estimate == pytest.approx(6 / 8)
    assert above.estimate == pytest.approx(6 / 8 - 4 / 8)
    assert above.n == 15
    assert above.threshold == 0.05


def test_recall_of_nothing_has_no_verdict() -> None:
    outcome = recall([0, 0, 0], [0, 0, 0], [0, 0, 0], "above-chance")
    assert "nothing" in outcome.undefined
    assert outcome.estimate is None


def test_recall_counts_all_queries(lab: Lab) -> None:
    study = recall_study(lab, "vocabulary")
    accuracy = study.details["accuracy"]
    assert isinstance(accuracy, dict)
    assert set(accuracy) == {"zero_shot", "fine_tuned", "icl"}
    assert study["flipped"].sum() <= 3 * TIER.queries


def test_a_linear_ratio_has_the_ratio_as_its_mean() -> None:
    part, whole = np.array([1.0, 0.0, 3.0]), np.array([2.0, 1.0, 3.0])
    assert linear_ratio(part, whole).mean() == pytest.approx(4 / 6)
    np.testing.assert_allclose(linear_ratio(part, whole), [2 / 3 - 1 / 6, 2 / 3 - 1 / 3, 2 / 3 + 1 / 2])
    assert np.isnan(linear_ratio(part, np.zeros(3))).all()


def test_recall_is_judged_by_the_spread_of_the_ratio() -> None:
    """Where the recovered share hardly varies but the number of flipped queries does, the interval is narrow."""
    rng = np.random.default_rng(0)
    flipped = rng.integers(5, 60, 80).astype(float)
    both = np.round(0.6 * flipped)
    outcome = recall(flipped, both, np.zeros(80), "as-reported", 0.5)
    expected = ratio_interval(both, flipped)
    assert outcome.interval is not None
    assert expected is not None
    assert outcome.estimate == pytest.approx(both.sum() / flipped.sum())
    np.testing.assert_allclose(outcome.interval, expected, atol=1e-3)
    low, high = mean_interval(both / flipped.mean())
    assert outcome.interval[1] - outcome.interval[0] < 0.1 * (high - low)


def test_what_a_half_chooses_is_at_least_as_accurate_there(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HALF", 4), ("READ", 2), ("EPISODES", 2), ("DRAWS", 3)):
        monkeypatch.setattr(dai_selection, name, value)
    study = selection_study(lab)
    assert (study["icl-accuracy, own choice"] >= study["icl-accuracy, other's choice"]).all()
    choices = ("own choice", "other's choice")
    assert set(study.numbers) == {f"{name}, {choice}" for name in dai_selection.REPORTED for choice in choices}
    agreed = study.details["halves_that_choose_alike"]
    assert isinstance(agreed, float)
    assert 0.0 <= agreed <= 1.0


VALUES: Arrays = {"all": np.arange(6.0).reshape(2, 3), "late": np.array([[8.0, 9.0], [8.0, 9.0]])}
"""Of two episodes and three layers, the first of which "late" lacks."""


def test_curves_end_at_the_last_layer() -> None:
    study = layer_study(VALUES, figure=LayerFigure("q", {"all": ("a", "A"), "late": ("b", "B")}))
    whole, late = study.curves
    assert [point.x for point in whole.points] == [1.0, 2.0, 3.0]
    assert [point.x for point in late.points] == [2.0, 3.0]
    assert whole.points[0].y == 1.5
    assert study.fixed == {"demonstrations": SHOTS}
    assert study.tuning == {}


@pytest.mark.parametrize(("first", "means"), [(0, [1.0, 4.0]), (1, [1.5, 4.5]), (2, [2.0, 5.0])])
def test_numbers_average_from_a_layer_on_also_where_the_first_layers_lack(first: int, means: list[float]) -> None:
    study = layer_study(VALUES, first=first)
    np.testing.assert_array_equal(study["all"], means)
    np.testing.assert_array_equal(study["late"], [9.0, 9.0] if first == 2 else [8.5, 8.5])
    assert study.details["means"] == {"all": 2.5, "late": 8.5}


def test_lines_of_another_quantity_stand_apart_and_figures_that_differ_in_the_loss_alone_have_titles_that_say_so() -> (
    None
):
    values: Arrays = {"a": np.ones((2, 3)), "b": np.ones((2, 3))}
    lines = {"a": ("a", "A"), "b": ("b", "B")}
    assert len(panels_of([layer_study(values, figure=LayerFigure("q", lines)).curves])) == 1
    apart = panels_of([layer_study(values, figure=LayerFigure("q", lines, apart={"b": "another"})).curves])
    assert [panel.quantity for panel in apart] == ["q", "another"]
    other: Arrays = {name: np.full((2, 3), 0.5) for name in values}
    both = [
        layer_study(x, figure=LayerFigure("q", lines, facet)).curves
        for x, facet in zip((values, other), LOSSES.values(), strict=True)
    ]
    assert len({panel.title for panel in panels_of(both)}) == 2
