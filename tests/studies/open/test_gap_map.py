"""The map of the gap on planted outputs: every setting, the best of them, and what diverged."""

from pathlib import Path

import pytest

from iclgd_core.errors import DivergedError, UnknownNameError
from iclgd_core.studies.open.gap_map import BATCHES, EPISODES, GRIDS, MapSetting, gap_map
from iclgd_core.studies.open.other_optimizers import optimizer_account
from iclgd_core.studies.open.rule_schedules import SCHEDULES
from tests.studies import planted
from tests.studies.planted import Floats, drawn, planted_lab

GRID = GRIDS["quick"]
BEST = MapSetting(2e-2, 4, 4)


def icl(at: planted.Place) -> Floats:
    first = drawn(1, at.episode, at.split)
    return first if at.order == 0 else 0.9 * first + 0.1 * drawn(2, at.episode, at.split)


def none(at: planted.Place) -> Floats:
    return drawn(3, at.episode, at.split)


def half_way_at_best(at: planted.Place) -> Floats | None:
    """GD that goes half the way to ICL at one setting, nowhere at the others, and diverges at the largest rate."""
    if at.rate == 1e-1:
        return None
    w = 0.5 if MapSetting(at.rate, at.epoch, BATCHES[at.optimizer]) == BEST else 0.0
    return w * drawn(1, at.episode, at.split) + (1.0 - w) * none(at)


def test_every_setting_is_measured_and_the_best_is_named(tmp_path: Path) -> None:
    lab = planted_lab(tmp_path, icl, none, half_way_at_best)
    found = gap_map(lab, "jensen-shannon")
    rates = GRID.learning_rates[:-1]
    places = {str(MapSetting(r, e, b)) for r in rates for e in GRID.readouts for b in BATCHES.values()}
    assert set(found.numbers) == places | {"ceiling", "floor"}
    lost = [str(MapSetting(1e-1, e, b)) for b in BATCHES.values() for e in GRID.readouts]
    assert found.details["diverged"] == lost
    assert found.details["best_setting"] == str(BEST)
    assert {(one.optimizer, one.split, one.n) for one in lab.asked} == {
        (name, "evaluation", EPISODES["quick"]) for name in BATCHES
    }
    details = found.details
    cells = details["gap_map"]
    assert isinstance(cells, dict)
    assert cells["batches"] == [1, 4, 8]
    closure = cells["closure"]
    assert isinstance(closure, list)
    assert len(closure) == len(BATCHES)
    for b, batch in enumerate(BATCHES.values()):
        for r, rate in enumerate(GRID.learning_rates):
            for e, epoch in enumerate(GRID.readouts):
                cell = closure[b][r][e]  # type: ignore[index]
                if rate == 1e-1:
                    assert cell is None
                elif MapSetting(rate, epoch, batch) == BEST:
                    assert cell == pytest.approx(details["closure"])
                    assert cell > 0.2  # type: ignore[operator]
                else:
                    assert cell == pytest.approx(0.0, abs=1e-9)


def test_curves_have_a_column_for_each_batch(tmp_path: Path) -> None:
    found = gap_map(planted_lab(tmp_path, icl, none, half_way_at_best), "token-overlap")
    curves = found.curves
    assert {curve.facet for curve in curves} == {f"{batch} of 8 demonstrations a step" for batch in (1, 4, 8)}
    assert len(curves) == 3 * (2 + 2), "floor, ceiling, and the two rates that did not diverge"


def test_a_map_without_a_setting_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="at every one of 18 settings"):
        gap_map(planted_lab(tmp_path, icl, none, lambda _: None), "token-overlap")


def test_no_closure_where_icl_is_zero_shot(tmp_path: Path) -> None:
    found = gap_map(planted_lab(tmp_path, none, none, half_way_at_best), "token-overlap").details
    assert found["closure"] is None
    assert found["closure_undefined"]
    assert not any(cell is not None for a in found["gap_map"]["closure"] for b in a for cell in b)  # type: ignore


def test_no_closure_where_the_ceiling_lies_below_the_floor(tmp_path: Path) -> None:
    def torn(at: planted.Place) -> Floats:
        return icl(at) if at.order == 0 else drawn(2, at.episode, at.split)

    def near(at: planted.Place) -> Floats:
        return 0.9 * drawn(1, at.episode, at.split) + 0.1 * none(at)

    found = gap_map(planted_lab(tmp_path, torn, near, half_way_at_best), "jensen-shannon").details
    assert "below the floor" in str(found["closure_undefined"])
    assert not any(cell is not None for a in found["gap_map"]["closure"] for b in a for cell in b)  # type: ignore


@pytest.mark.parametrize(("optimizer", "schedule"), [("nesterov", "momentum"), ("newton", "newton")])
def test_other_optimizers_have_their_own_settings(tmp_path: Path, optimizer: str, schedule: str) -> None:
    lab = planted_lab(tmp_path, icl, none, lambda at: drawn(1, at.episode, at.split))
    found = optimizer_account(lab, optimizer, "token-overlap")
    tuning, evaluation, of_figure = lab.asked
    assert of_figure == evaluation
    assert tuning.schedule == SCHEDULES["quick"][schedule]
    assert (tuning.split, tuning.n, tuning.orders) == ("tuning", lab.tier.size_tuning_episodes, 1)
    assert (evaluation.split, evaluation.n) == ("evaluation", lab.tier.minibatch_episodes)
    assert [cell["account"] for cell in found.details["closures"]] == [optimizer, "zero-shot", "icl-other-order"]  # type: ignore
    with pytest.raises(UnknownNameError, match="unknown optimizer of this account 'gd'"):
        optimizer_account(lab, "gd", "token-overlap")
