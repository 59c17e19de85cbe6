"""The search for gradient descent's setting, on surfaces whose best setting is known."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.lab.search import FLAT, HIGHEST, LONGEST, LOWEST, Found, search
from iclgd_core.learners import Schedule

GRID = Schedule((1e-4, 1e-3, 1e-2, 1e-1), (1, 3, 10))
Surface = Callable[[float, int], float]


class Ground:
    """A surface of scores, and what was asked of it."""

    def __init__(self, surface: Surface, start: float = 0.0) -> None:
        self.surface, self.at_start = surface, start
        self.rounding, self.stable_up_to = FLAT / 2, math.inf
        self.asked: list[tuple[Schedule, int]] = []

    def measure(self, schedule: Schedule, n: int) -> np.ndarray:
        self.asked.append((schedule, n))
        return np.array([[self.surface(r, e) for e in schedule.readouts] for r in schedule.learning_rates])

    def again(self, schedule: Schedule, n: int) -> float:
        (rate,) = schedule.learning_rates
        return self.surface(rate, schedule.readouts[-1]) + (self.rounding if rate > self.stable_up_to else 0.0)

    def search(self, grid: Schedule = GRID, episodes: int = 8) -> Found:
        return search(self.measure, lambda n: self.at_start, self.again, grid, episodes)


def hill(rate: float, epoch: float) -> Surface:
    """One peak of height 1 in log rate and log epoch, each decade of which costs 0.3."""
    return lambda r, e: 1.0 - 0.3 * abs(math.log10(r / rate)) - 0.3 * abs(math.log10(e / epoch))


@given(st.floats(-7.5, 1.5), st.integers(0, 3))
def test_a_peak_is_found_within_a_quarter_decade_wherever_it_lies(exponent: float, at: int) -> None:
    """Half decades are at most a quarter away from a peak between them; more epochs than the grid has are tried."""
    epoch = (1, 3, 10, 30)[at]
    found = Ground(hill(10.0**exponent, epoch), start=-9.0).search()
    assert abs(math.log10(found.learning_rate) - exponent) <= 0.25 + 1e-3
    assert found.epoch == epoch
    assert found.edges == ()


@given(st.integers(2, 40))
def test_the_best_two_are_scored_on_all_episodes_and_few_on_the_first(episodes: int) -> None:
    ground = Ground(hill(1e-3, 3))
    found = ground.search(episodes=episodes)
    assert found.episodes[found.learning_rate] == episodes
    sizes = [n for _, n in ground.asked]
    assert sizes == sorted(sizes)
    assert sizes[0] == max(2, math.ceil(episodes / 4))
    if episodes > 4:
        assert sum(len(schedule.learning_rates) for schedule, n in ground.asked if n == episodes) == 2


def test_what_rises_for_ever_ends_on_an_edge_that_is_said() -> None:
    rates = Ground(lambda r, e: math.log10(r), start=-99.0).search()
    assert (rates.learning_rate, rates.edges) == (
        HIGHEST,
        (f"learning rate {HIGHEST:g} is the largest that was tried",),
    )
    longer = Ground(lambda r, e: math.log10(e) - abs(math.log10(r / 1e-3))).search()
    last = GRID.readouts[-1] * LONGEST
    assert (longer.learning_rate, longer.epoch) == (1e-3, last)
    assert longer.edges == (f"epoch {last} is the last that was tried",)
    fewer = Ground(lambda r, e: -math.log10(r), start=-99.0).search()
    assert (fewer.learning_rate, fewer.edges) == (LOWEST, (f"learning rate {LOWEST:g} is the smallest that was tried",))


def test_what_levels_off_is_no_edge() -> None:
    """Above the last rate of the grid and behind its last epoch it rises by less than is told apart."""
    found = Ground(lambda r, e: 1.0 + FLAT / 3 * (math.log10(r) + math.log10(e))).search()
    assert found.learning_rate == max(found.scores) < 10 * GRID.learning_rates[-1]
    assert (found.epoch, found.edges) == (GRID.readouts[-1], ())


def test_not_training_is_chosen_where_every_rate_loses_down_to_those_that_change_nothing() -> None:
    ground = Ground(lambda r, e: 0.5 - 10 * r * e, start=0.5)
    found = ground.search()
    assert (found.learning_rate, found.epoch, found.score, found.edges) == (0.0, 0, 0.5, ())
    least = min(found.scores)
    assert least < GRID.learning_rates[0]
    assert abs(max(found.scores[least].values()) - 0.5) <= FLAT


def test_a_small_rate_below_a_grid_that_only_loses_is_found() -> None:
    """The best lies two decades below the grid, all of which is worse than not training."""
    surface = hill(1e-6, 3)
    found = Ground(lambda r, e: surface(r, e) if r < 3e-5 else -1.0, start=0.1).search()
    assert found.learning_rate == pytest.approx(1e-6)
    assert found.epoch == 3


def test_what_diverged_is_not_chosen_and_no_edge() -> None:
    found = Ground(lambda r, e: math.nan if r > 1e-3 else 1.0 + math.log10(r) / 10).search()
    assert found.learning_rate == pytest.approx(1e-3)
    assert found.edges == ()
    nothing = Ground(lambda r, e: math.nan, start=0.25).search()
    assert (nothing.learning_rate, nothing.score) == (0.0, 0.25)


def test_ties_go_to_the_start_and_the_smaller_rate_and_the_earlier_epoch() -> None:
    assert Ground(lambda r, e: 0.5, start=0.5).search().learning_rate == 0.0
    found = Ground(lambda r, e: 0.5 if r < 0.05 else 0.0, start=0.0).search()
    assert (found.learning_rate, found.epoch) == (min(found.scores), 1)


def test_a_search_needs_two_episodes() -> None:
    with pytest.raises(SettingsError, match="has 1 tuning episodes"):
        Ground(hill(1e-3, 3)).search(episodes=1)


@pytest.mark.parametrize("rounding", [1.5 * FLAT, -1.5 * FLAT, math.nan])
def test_a_setting_that_rounding_moves_is_not_used(rounding: float) -> None:
    ground = Ground(hill(1e-2, 3), start=-9.0)
    ground.rounding, ground.stable_up_to = rounding, 2e-3
    found = ground.search()
    assert found.learning_rate <= 2e-3
    assert found.learning_rate == pytest.approx(1e-3)
    assert min(found.unstable) > 2e-3
    assert 1e-2 in found.unstable
    if math.isfinite(rounding):
        assert list(found.unstable.values()) == pytest.approx([1.5 * FLAT] * len(found.unstable))
    assert found.episodes[found.learning_rate] == 8


def test_where_every_rate_is_unstable_nothing_is_trained() -> None:
    ground = Ground(hill(1e-2, 3), start=-2.0)
    ground.rounding, ground.stable_up_to = 1.0, 0.0
    found = ground.search()
    assert (found.learning_rate, found.epoch, found.score) == (0.0, 0, -2.0)
    assert found.unstable


def test_a_single_epoch_stays() -> None:
    ground = Ground(lambda r, e: math.log10(e) - abs(math.log10(r / 1e-3)), start=-9.0)
    found = ground.search(Schedule((1e-4, 1e-3, 1e-2), (1,)))
    assert (found.learning_rate, found.epoch, found.edges) == (1e-3, 1, ())
    assert {schedule.readouts for schedule, _ in ground.asked} == {(1,)}
