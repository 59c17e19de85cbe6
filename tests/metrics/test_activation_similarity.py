"""SimAOU, SimAM and their cosine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial.distance import cosine as scipy_cosine_distance

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import cosine, sim_am, sim_am_delta, sim_aou, sim_aou_of_random_updates, unit

Floats = NDArray[np.float64]
ENTRY = st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3)
VECTOR = arrays(np.float64, 5, elements=ENTRY)


@given(VECTOR, VECTOR, st.floats(1e-200, 1e200))
def test_cosine_agrees_with_scipy_and_does_not_see_lengths(a: Floats, b: Floats, scale: float) -> None:
    found = float(cosine(a, b))
    assert -1.0 <= found <= 1.0
    assert found == pytest.approx(1.0 - scipy_cosine_distance(a, b), abs=1e-12)
    assert float(cosine(scale * a, b)) == pytest.approx(found, abs=1e-12)
    assert float(cosine(b, a)) == found


def test_cosine_broadcasts() -> None:
    np.testing.assert_allclose(cosine(np.eye(2)[:, None], [[1.0, 1.0], [0.0, 2.0]]), [[0.5**0.5, 0.0], [0.5**0.5, 1.0]])


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0.0, 0.0], [1.0, 0.0], "no direction in 1 of 1"),
        ([1.0, np.nan], [1.0, 0.0], "NaN"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "2 and of 3 entries"),
        (np.ones((2, 2)), np.ones((3, 2)), "no cosine along"),
        (1.0, [1.0], "at least one entry"),
        ([], [], "at least one entry"),
    ],
)
def test_undefined_cosines_are_refused(a: object, b: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        cosine(a, b)  # type: ignore[arg-type]


def test_unit_keeps_tiny_and_huge_vectors() -> None:
    np.testing.assert_allclose(unit([[3e-200, 4e-200], [3e200, 4e200]]), [[0.6, 0.8], [0.6, 0.8]])


@given(VECTOR, VECTOR, VECTOR, st.floats(0.01, 100.0))
def test_raw_sim_aou_is_the_cosine_of_updates(start: Floats, icl: Floats, tuned: Floats, scale: float) -> None:
    found = sim_aou(start + icl, start, start + tuned, normalise=False)
    assert float(found) == pytest.approx(float(cosine(start + icl - start, start + tuned - start)), abs=1e-9)
    assert float(sim_aou(start + icl, start, start + icl, normalise=False)) == pytest.approx(1.0)
    scaled = sim_aou(scale * (start + icl), scale * start, scale * (start + tuned), normalise=False)
    assert float(scaled) == pytest.approx(float(found), abs=1e-6)


def test_normalised_sim_aou_sees_directions_alone() -> None:
    h_icl, h_zs, h_ft = np.array([2.0, 2.0]), np.array([5.0, 0.0]), np.array([0.0, 0.1])
    first, second = np.array([0.5**0.5 - 1.0, 0.5**0.5]), np.array([-1.0, 1.0])
    assert float(sim_aou(h_icl, h_zs, h_ft, normalise=True)) == pytest.approx(float(cosine(first, second)))
    assert float(sim_aou(9 * h_icl, 4 * h_zs, 7 * h_ft, normalise=True)) == pytest.approx(float(cosine(first, second)))
    with pytest.raises(SettingsError, match="no direction"):
        sim_aou(h_icl, h_zs, 3.0 * h_zs, normalise=True)


@pytest.mark.parametrize(("c", "expected"), [(1.0, 0.146447), (3.0, 0.25), (10.0, 0.349244), (1e12, 0.5)])
def test_random_updates_are_alike_once_normalised(c: float, expected: float) -> None:
    assert float(sim_aou_of_random_updates(c)) == pytest.approx(expected, abs=2e-6)


def test_random_updates_in_many_dimensions() -> None:
    rng, d, c = np.random.default_rng(0), 4000, 3.0
    z, r, other = rng.standard_normal((3, 40, d))
    h_icl, h_ft = z + c**0.5 * r, z + c**0.5 * other
    # each of the 40 has a standard deviation of about 1 / sqrt(d) = 0.016, their mean of 0.0025
    assert float(sim_aou(h_icl, z, h_ft, normalise=True).mean()) == pytest.approx(0.25, abs=0.0125)
    assert float(sim_aou(h_icl, z, h_ft, normalise=False).mean()) == pytest.approx(0.0, abs=0.0125)


@pytest.mark.parametrize("c", [0.0, -1.0, np.inf, np.nan])
def test_lengths_of_random_updates_are_positive(c: float) -> None:
    with pytest.raises(SettingsError, match="positive and finite"):
        sim_aou_of_random_updates(c)


@given(VECTOR, VECTOR, st.integers(1, 4))
def test_zeros_in_front_do_not_change_sim_am(a: Floats, b: Floats, zeros: int) -> None:
    padded = (np.concatenate([np.zeros(zeros), x]) for x in (a, b))
    assert float(sim_am(*padded)) == pytest.approx(float(sim_am(a, b)), abs=1e-12)


def test_sim_am_delta_by_hand() -> None:
    assert float(sim_am_delta([3.0, 1.0], [1.0, 1.0], [2.0, 2.0])) == pytest.approx(0.5**0.5)
    assert float(sim_am_delta([3.0, 1.0], [1.0, 1.0], [0.0, 1.0])) == pytest.approx(-1.0)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(SettingsError, match="one shape"):
        sim_aou([1.0, 2.0], [[1.0, 0.0]], [1.0, 2.0], normalise=False)
    with pytest.raises(SettingsError, match="same tokens"):
        sim_am([1.0, 2.0], [1.0])
    with pytest.raises(SettingsError, match="same tokens"):
        sim_am_delta([1.0, 2.0], [1.0, 1.0], [1.0])
