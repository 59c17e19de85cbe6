"""Lines of the table: interval, status, and the shapes of noise."""

import numpy as np
import pytest
from scipy import stats

from iclgd_core.calibration.check import MONTE_CARLO_LEVEL, Check, CheckStatus, Sense
from iclgd_core.calibration.shapes import SHAPES, Shape
from iclgd_core.calibration.sized_design import SizedDesign
from iclgd_core.errors import SettingsError


def line(hits: int, bound: float, sense: Sense, limit: float | None = None, studies: int = 1000) -> Check:
    return Check("rules", "r", "normal", "false supported", hits, studies, bound, sense, limit)


@pytest.mark.parametrize("hits", [0, 1, 50, 999, 1000])
def test_the_interval_is_clopper_and_pearsons(hits: int) -> None:
    tail = (1.0 - MONTE_CARLO_LEVEL) / 2.0
    low = 0.0 if hits == 0 else stats.beta.ppf(tail, hits, 1001 - hits)
    high = 1.0 if hits == 1000 else stats.beta.isf(tail, hits + 1, 1000 - hits)
    found = line(hits, 0.05, Sense.AT_MOST)
    assert found.interval == pytest.approx((low, high), abs=1e-9)
    assert found.interval[0] <= found.rate <= found.interval[1]


@pytest.mark.parametrize(
    ("hits", "sense", "bound", "limit", "status"),
    [
        (50, Sense.AT_MOST, 0.05, None, CheckStatus.HOLDS),
        (70, Sense.AT_MOST, 0.05, None, CheckStatus.HOLDS),  # the interval still reaches 0.05
        (80, Sense.AT_MOST, 0.05, None, CheckStatus.FAILS),
        (80, Sense.AT_MOST, 0.05, 0.1, CheckStatus.LIMIT),
        (150, Sense.AT_MOST, 0.05, 0.1, CheckStatus.FAILS),
        (930, Sense.AT_LEAST, 0.95, None, CheckStatus.HOLDS),
        (910, Sense.AT_LEAST, 0.95, None, CheckStatus.FAILS),
        (910, Sense.AT_LEAST, 0.95, 0.9, CheckStatus.LIMIT),
        (860, Sense.AT_LEAST, 0.95, 0.9, CheckStatus.FAILS),
        (1000, Sense.AT_LEAST, 1.0, None, CheckStatus.HOLDS),
        (999, Sense.AT_LEAST, 1.0, None, CheckStatus.FAILS),
    ],
)
def test_status(hits: int, sense: Sense, bound: float, limit: float | None, status: CheckStatus) -> None:
    assert line(hits, bound, sense, limit).status is status


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_noise_has_mean_zero_and_unit_deviation(shape: Shape) -> None:
    x = shape.draw(np.random.default_rng(3), (200, 1000))
    assert abs(x.mean()) < 0.02
    assert x.std() == pytest.approx(0.0 if shape.name == "zero variance" else 1.0, abs=0.03)
    share_above = float((x > 0.0).mean() - (x < 0.0).mean())
    assert (abs(share_above) < 0.1) == shape.symmetric


def test_designs_that_no_rule_can_have() -> None:
    good = SizedDesign("a", "a", "greater", 0.0, 0.1, 20, 3, 1.0)
    assert good.tested == 3
    assert SizedDesign("a", "a", "equivalent", 0.1, 0.1, 2, 3, 1.0, sampled=1).tested == 1
    for bad in (
        {"kind": "below"},
        {"episodes": 1},
        {"family": 0},
        {"members": 0},
        {"sampled": 4},
        {"kind": "equivalent", "margin": 0.0},
    ):
        with pytest.raises(SettingsError, match="a: "):
            SizedDesign(**{**good.__dict__, **bad})
