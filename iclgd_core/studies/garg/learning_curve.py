"""Errors of an in-context model and of the baselines after so many demonstrations (arXiv 2208.01066, figure 2)."""

from iclgd_core.evidence.curves import Curve, Point
from iclgd_core.evidence.study import Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.baselines import averaging, nearest_neighbours, ordinary_least_squares
from iclgd_core.stats import mean_interval
from iclgd_core.tasks.regression.task import Floats

QUANTITY = "squared error / E y^2"
BASELINES = {
    "least-squares": ordinary_least_squares,
    "nearest-neighbours": nearest_neighbours,
    "averaging": averaging,
}
RESAMPLES = 999
"""Of the intervals drawn in the figure; no rule reads them."""


def errors_after(lab: RegressionLab, baseline: str, shots: int) -> Study:
    """Measure the model in context ("icl") and one of BASELINES ("baseline") on the evaluation episodes.

    Numbers are squared error / E y^2 after `shots` demonstrations, mean over queries; the figure has both after fewer
    demonstrations too.
    """
    icl, other, along = _error_of_icl(lab, shots), _error_of(lab, baseline, shots), range(1, lab.task.shots + 1)
    return Study(
        {"icl": icl, "baseline": other},
        {"icl": float(icl.mean()), baseline: float(other.mean()), "demonstrations": shots},
        {"demonstrations": shots, "baseline": baseline, "scale": "E y^2 of tuning episodes"},
        curves=(
            _curve("icl", f"ICL, {lab.model.name}", {n: _error_of_icl(lab, n) for n in along}),
            _curve(baseline, baseline.replace("-", " "), {n: _error_of(lab, baseline, n) for n in along}),
        ),
    )


def _error_of_icl(lab: RegressionLab, shots: int) -> Floats:
    return lab.npd(lab.in_context(shots)[:, 0], lab.episodes(shots=shots).yq)


def _error_of(lab: RegressionLab, baseline: str, shots: int) -> Floats:
    drawn = lab.episodes(shots=shots)
    return lab.npd(BASELINES[baseline](drawn.xs, drawn.ys[..., 0], drawn.xq)[..., None], drawn.yq)


def _curve(learner: str, label: str, errors: dict[int, Floats]) -> Curve:
    points = [
        Point(float(n), float(e.mean()), *mean_interval(e, resamples=RESAMPLES), n=len(e)) for n, e in errors.items()
    ]
    return Curve(QUANTITY, learner, label, "demonstrations", tuple(points))
