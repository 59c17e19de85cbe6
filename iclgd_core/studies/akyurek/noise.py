"""Whether ICL on noisy prompts is nearer to the posterior mean or to least squares (arXiv 2211.15661, section 4.3)."""

import numpy as np

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.study import Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.baselines import ordinary_least_squares, ridge


def posterior_mean_or_least_squares(lab: RegressionLab, shots: int) -> Study:
    """Measure how far ICL is from both after so many demonstrations, on the evaluation episodes.

    Numbers: squared distance of ICL from one predictor / (from it + from the other), each summed over the queries, in
    [0, 1], 1/2 where ICL is both: "least-squares" of smallest norm, and "ridge" at sigma^2 / tau^2, the mean of the
    posterior over functions.

    Args:
        lab: of a task y = w . x + noise with w ~ N(0, I), one output.
        shots: demonstrations, from 1.

    Raises:
        NotRunError: a task without noise, whose posterior mean is least squares, or whose functions are not linear.
    """
    noise = lab.task.noise
    if not noise:
        raise NotRunError(
            f"{lab.task.name} is no linear task with noise, so its posterior mean is no ridge regression. Name a noisy "
            "task, as linear-regression-d5-noisy."
        )
    drawn, icl = lab.episodes(shots=shots), lab.in_context(shots)[:, 0]
    predictors = {"least-squares": ordinary_least_squares, "ridge": ridge(noise**2)}
    predicted = {name: rule(drawn.xs, drawn.ys[..., 0], drawn.xq)[..., None] for name, rule in predictors.items()}
    distance = {name: lab.npd(found, icl) for name, found in predicted.items()}
    both = distance["least-squares"] + distance["ridge"]
    shares = {name: np.divide(d, both, out=np.full_like(d, 0.5), where=both > 0.0) for name, d in distance.items()}
    errors = {name: lab.npd(found, drawn.yq) for name, found in (predicted | {"icl": icl}).items()}
    return Study(
        shares,
        {
            "median_distance_from_icl": {name: float(np.median(d)) for name, d in distance.items()},
            "median_error": {name: float(np.median(e)) for name, e in errors.items()},
            "demonstrations": shots,
        },
        {"demonstrations": shots, "ridge": noise**2, "scale": "E y^2 of tuning episodes"},
    )
