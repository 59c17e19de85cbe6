"""Tasks and episodes: the same streams for the same names, moments as stated, orders and prefixes of one draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.regression.task import RegressionEpisodes, RegressionTask
from iclgd_core.tasks.regression.uniform import LINEAR, LINEAR_HALF, UniformLinear

SMALL = UniformLinear("small", inputs=3, outputs=2, shots=4)


def equal(a: RegressionEpisodes, b: RegressionEpisodes) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("xs", "ys", "xq", "yq"))


def test_answers_are_linear_in_inputs_with_one_teacher_an_episode() -> None:
    e = SMALL.draw(0, "tuning", 3, 8, 5)
    assert (e.xs.shape, e.ys.shape, e.xq.shape, e.yq.shape) == ((3, 8, 3), (3, 8, 2), (3, 5, 3), (3, 5, 2))
    for i in range(3):
        teacher = np.linalg.lstsq(e.xs[i], e.ys[i])[0]
        np.testing.assert_allclose(e.xq[i] @ teacher, e.yq[i], atol=1e-12)


def test_the_first_of_more_are_the_same() -> None:
    few, many = SMALL.draw(0, "tuning", 2, 3, 2), SMALL.draw(0, "tuning", 4, 5, 3)
    np.testing.assert_array_equal(few.xs, many.xs[:2, :3])
    np.testing.assert_array_equal(few.yq, many.yq[:2, :2])
    assert equal(many.first(3), SMALL.draw(0, "tuning", 4, 3, 3))


@pytest.mark.parametrize("other", [(1, "tuning"), (0, "evaluation")])
def test_another_seed_or_split_is_another_draw(other: tuple[int, str]) -> None:
    first, second = SMALL.draw(0, "tuning", 2, 3, 2), SMALL.draw(*other, 2, 3, 2)
    assert not np.isclose(first.xs, second.xs).any()
    assert first.digest != second.digest


@pytest.mark.parametrize("task", [LINEAR, LINEAR_HALF])
def test_moments_are_as_stated(task: UniformLinear) -> None:
    e = task.draw(0, "evaluation", 400, 20, 1)
    s2 = task.a**2 / 3.0
    assert np.abs(e.xs).max() <= task.a
    assert np.square(e.xs).mean() == pytest.approx(s2, rel=0.02)
    assert np.square(e.ys).mean() == pytest.approx(task.inputs * s2, rel=0.1)  # 400 teachers: sd 0.45 / 20


@pytest.mark.parametrize("law", ["normal", "exponential", "laplace"])
def test_other_laws_have_the_same_standard_deviation(law: str) -> None:
    e = UniformLinear("other", a=2.0, law=law).draw(0, "evaluation", 100, 100, 1)
    assert e.xs.std() == pytest.approx(2.0 / 3.0**0.5, rel=0.03)
    assert e.xs.mean() == pytest.approx(2.0 / 3.0**0.5 if law == "exponential" else 0.0, abs=0.02)


def test_a_larger_teacher_is_a_multiple() -> None:
    plain, larger = (UniformLinear("same", teacher=t).draw(0, "tuning", 2, 4, 3) for t in (1.0, 3.0))
    np.testing.assert_allclose(3.0 * plain.yq, larger.yq)
    assert "x 3" in str(UniformLinear("same", teacher=3.0).protocol()["function"])


@given(st.permutations(range(4)))
@settings(max_examples=20)
def test_an_order_moves_pairs(order: list[int]) -> None:
    e = SMALL.draw(0, "tuning", 2, 4, 1)
    moved = e.ordered(np.tile(order, (2, 1)))
    np.testing.assert_array_equal(moved.xs[:, 0], e.xs[:, order[0]])
    back = moved.ordered(np.tile(np.argsort(order), (2, 1)))
    assert equal(back, e)


@pytest.mark.parametrize(
    ("split", "n", "shots", "queries"),
    [("test", 1, 1, 1), ("tuning", 0, 1, 1), ("tuning", 1, -1, 1), ("tuning", 1, 1, 0)],
)
def test_counts_out_of_range_are_refused(split: str, n: int, shots: int, queries: int) -> None:
    with pytest.raises(SettingsError, match=r"^task small: split .* Allowed: split tuning or evaluation"):
        SMALL.draw(0, split, n, shots, queries)


def test_no_demonstrations_are_allowed() -> None:
    assert SMALL.draw(0, "tuning", 1, 0, 1).xs.shape == (1, 0, 3)


@pytest.mark.parametrize("shots", [-1, 5])
def test_more_demonstrations_than_drawn_are_refused(shots: int) -> None:
    with pytest.raises(SettingsError, match="Allowed: 0 to 4"):
        SMALL.draw(0, "tuning", 1, 4, 1).first(shots)


def test_arrays_that_do_not_fit_are_refused() -> None:
    x, y = np.zeros((1, 2, 3)), np.zeros((1, 2, 1))
    RegressionEpisodes("t", "tuning", x, y, x, y)
    with pytest.raises(SettingsError, match="episodes need xs"):
        RegressionEpisodes("t", "tuning", x, y[:, :1], x, y)


def test_the_tasks_are_tasks() -> None:
    assert isinstance(LINEAR, RegressionTask)
    assert LINEAR.protocol() != LINEAR_HALF.protocol()
