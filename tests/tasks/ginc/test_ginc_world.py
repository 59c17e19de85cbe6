"""The GINC world: what holds for every configuration, and its guards."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.tasks import GincConfig, GincWorld
from iclgd_core.tasks.ginc.world import ginc_world

configs = st.builds(
    GincConfig,
    n_symbols=st.integers(2, 60),
    n_values=st.integers(2, 6),
    n_slots=st.integers(2, 6),
    n_hmms=st.integers(3, 5),
    n_in_mixture=st.integers(1, 3),
    value_identity=st.floats(0.0, 1.0),
    transition_temperature=st.floats(0.05, 5.0),
    start_temperature=st.floats(0.5, 20.0),
    seed=st.integers(0, 2**31),
)


def built(config: GincConfig) -> GincWorld:
    """Build a world anew, past the cache."""
    return ginc_world.__wrapped__(config)


def arrays(world: GincWorld) -> list[NDArray[Any]]:
    return [world.value_transition, world.slot_transition, world.start, world.memory]


@settings(max_examples=30, deadline=None)
@given(configs)
def test_transitions_are_doubly_stochastic_and_starts_are_distributions(config: GincConfig) -> None:
    world = built(config)
    for matrix in (world.value_transition, *world.slot_transition):
        assert (matrix >= 0).all()
        np.testing.assert_allclose(matrix.sum(axis=0), 1.0, atol=1e-12)
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-12)
    assert world.slot_transition.shape == (config.n_hmms, config.n_slots, config.n_slots)
    assert (world.start > 0).all()
    np.testing.assert_allclose(world.start.sum(axis=(1, 2)), 1.0, atol=1e-12)
    assert (np.diag(world.value_transition) >= config.value_identity - 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(configs)
def test_only_slot_zero_emits_the_delimiter(config: GincConfig) -> None:
    memory = built(config).memory
    assert memory.shape == (config.n_values, config.n_slots)
    assert (memory[:, 0] == 0).all()
    assert (memory[:, 1:] >= 1).all()
    assert (memory < config.n_symbols).all()


@settings(max_examples=15, deadline=None)
@given(configs)
def test_the_configuration_decides_the_world(config: GincConfig) -> None:
    first, again = built(config), built(replace(config))
    assert all(np.array_equal(a, b) for a, b in zip(arrays(first), arrays(again), strict=True))
    other = built(replace(config, seed=config.seed + 1))
    assert not np.array_equal(first.start, other.start)
    assert not np.array_equal(first.slot_transition, other.slot_transition)


def test_an_hmm_does_not_depend_on_how_many_others_there_are() -> None:
    few, many = (built(GincConfig(n_hmms=n, n_in_mixture=1)) for n in (2, 7))
    np.testing.assert_array_equal(few.slot_transition, many.slot_transition[:2])
    np.testing.assert_array_equal(few.memory, many.memory)


def test_symbols_are_named_by_letters_after_the_delimiter() -> None:
    names = built(GincConfig(n_symbols=1 + 26 + 26 * 26 + 1)).symbols
    assert names[:3] == ("/", "a", "b")
    assert names[26:29] == ("z", "aa", "ab")
    assert names[52:54] == ("az", "ba")
    assert names[-2:] == ("zz", "aaa")
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["n_symbols", "n_values", "n_slots"])
def test_at_least_two_symbols_values_and_slots(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}=1"):
        GincConfig(**{name: 1})
    GincConfig(**{name: 2})


@pytest.mark.parametrize(("n", "fits"), [(0, False), (1, True), (10, True), (11, False)])
def test_the_mixture_is_part_of_the_world(n: int, fits: bool) -> None:
    if fits:
        assert GincConfig(n_in_mixture=n).n_in_mixture == n
    else:
        with pytest.raises(SettingsError, match=f"n_in_mixture.*got {n}"):
            GincConfig(n_in_mixture=n)


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_value_identity_is_a_weight(value: float) -> None:
    with pytest.raises(SettingsError, match="value_identity"):
        GincConfig(value_identity=value)
    assert [GincConfig(value_identity=v).value_identity for v in (0.0, 1.0)] == [0.0, 1.0]
