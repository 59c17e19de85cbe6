"""Tiers, and their limits."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError, UnknownNameError
from iclgd_core.lab.regression import SIZES
from iclgd_core.lab.tiers import TIERS, Limits, get_tier, parsed

LIMITS = st.none() | st.integers(2, 300)


@given(st.sampled_from(sorted(TIERS)), LIMITS, LIMITS)
def test_a_limit_holds_for_every_size_and_leaves_the_rest(tier: str, episodes: int | None, queries: int | None) -> None:
    limits = Limits(episodes, queries)
    whole, found = TIERS[tier], get_tier(limits.named(tier))
    assert (parsed(found.name), found.name == tier) == ((tier, limits), limits == Limits())
    for field in fields(found):
        before, after = getattr(whole, field.name), getattr(found, field.name)
        if field.name.endswith("episodes"):
            assert after == (before if episodes is None else min(before, episodes))
        elif field.name == "queries":
            assert after == (before if queries is None else min(before, queries))
        elif field.name != "name":
            assert after == before


@given(st.sampled_from(sorted(SIZES)), LIMITS, LIMITS)
def test_a_limit_holds_in_regression(tier: str, episodes: int | None, queries: int | None) -> None:
    whole, found = SIZES[tier], SIZES[tier].limited(Limits(episodes, queries))
    assert (found.tuning, found.evaluation) == tuple(
        n if episodes is None else min(n, episodes) for n in (whole.tuning, whole.evaluation)
    )
    assert found.queries == (whole.queries if queries is None else min(whole.queries, queries))
    assert found.orders == whole.orders


def test_every_tier_has_its_size_in_regression_and_its_own_name() -> None:
    assert TIERS.keys() == SIZES.keys()
    assert [tier.name for tier in TIERS.values()] == list(TIERS)


@pytest.mark.parametrize(
    "name", ["", "huge", "quick,", "quick,episodes=", "quick,episodes=0", "quick,queries=2,episodes=2", "quick,n=3"]
)
def test_a_tier_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError):
        get_tier(name)


@pytest.mark.parametrize("limits", [{"episodes": 1}, {"episodes": 0}, {"queries": 0}, {"queries": -1}])
def test_limits_that_leave_nothing_to_measure_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="Allowed: a whole number from"):
        Limits(**limits)


def test_what_a_tier_does_not_hold_itself_is_that_of_quick_where_it_has_none() -> None:
    table = {"quick": 24, "full": 64}
    found = {name: get_tier(name).of(table) for name in ("smoke", "quick", "real", "full", "full,episodes=3")}
    assert found == {"smoke": 24, "quick": 24, "real": 24, "full": 64, "full,episodes=3": 64}
    assert (get_tier("full,episodes=3").at_most(64), get_tier("full,queries=3").at_most(64)) == (3, 64)
