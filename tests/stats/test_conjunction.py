"""A statement at every member."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.stats import above, at_every, below

BASE = Outcome("d", "d > 0", 1.0, (0.5, 1.5), 0.0, 8, method="flips", p_supported=0.01, p_refuted=1.0, planned=6)
PAIR = st.tuples(st.floats(0.001, 1.0), st.floats(0.001, 1.0))


@given(st.lists(PAIR, min_size=1, max_size=5))
def test_p_values_of_the_members_are_joined(pairs: list[tuple[float, float]]) -> None:
    members = {f"m{i}": replace(BASE, p_supported=p, p_refuted=q) for i, (p, q) in enumerate(pairs)}
    found = at_every(members, "d everywhere")
    assert found.p_supported == max(p for p, _ in pairs)
    assert found.p_refuted == min(1.0, len(pairs) * min(q for _, q in pairs))
    assert found.holds is None
    assert found.quantity == "d everywhere"


def test_shows_the_member_that_decides() -> None:
    weak = replace(BASE, estimate=0.2, interval=(-0.1, 0.5), threshold=0.1, n=7, p_supported=0.2, planned=30)
    found = at_every({"epoch 1": BASE, "epoch 2": weak}, "q")
    assert (found.estimate, found.interval, found.threshold) == (0.2, (-0.1, 0.5), 0.1)
    assert (found.n, found.planned, found.unit) == (7, 30, "episode")
    assert "weakest of 2, epoch 2" in found.method
    tied = at_every({"a": BASE, "b": replace(BASE, estimate=0.3)}, "q")
    assert tied.estimate == 0.3
    assert at_every({"a": BASE, "b": replace(BASE, planned=None)}, "q").planned is None


def test_undefined_names_its_member() -> None:
    bad = Outcome.without_verdict("d", "d > 0", 0.0, 1, "too few")
    found = at_every({"fine": BASE, "short": bad}, "q")
    assert found.undefined == "undefined at short: too few"
    assert (found.p_supported, found.n) == (None, 1)
    assert "no estimate" in at_every({"x": replace(BASE, estimate=None)}, "q").undefined


@pytest.mark.parametrize(("rule", "bound", "weakest"), [(below, 1.0, 0.9), (above, 0.1, 0.3)])
def test_deterministic_members_that_all_hold(rule: object, bound: float, weakest: float) -> None:
    assert callable(rule)
    members = {name: rule({"w": v}, bound, quantity="s", unit="layer") for name, v in (("a", 0.3), ("b", 0.9))}
    found = at_every(members, "q")
    assert (found.holds, found.estimate, found.p_supported, found.p_refuted) == (True, weakest, None, None)
    assert found.unit == "layer"


@pytest.mark.parametrize(("rule", "weakest"), [(below, 0.9), (above, 0.3)])
def test_deterministic_members_of_which_some_fail(rule: object, weakest: float) -> None:
    assert callable(rule)
    values = (("a", 0.3), ("b", 0.9), ("c", 0.5))
    members = {name: rule({"w": v}, 0.5, quantity="s", unit="layer") for name, v in values}
    found = at_every(members, "q")
    assert (found.holds, found.estimate) == (False, weakest)


def test_guards() -> None:
    fixed = below({"w": 0.1}, 0.5, quantity="s", unit="layer")
    with pytest.raises(SettingsError, match="at least one member"):
        at_every({}, "q")
    for members in ({"a": BASE, "b": fixed}, {"b": fixed, "a": BASE}):
        with pytest.raises(SettingsError, match="one kind"):
            at_every(members, "q")
    with pytest.raises(SettingsError, match="both p-values"):
        at_every({"a": replace(BASE, p_refuted=None)}, "q")
