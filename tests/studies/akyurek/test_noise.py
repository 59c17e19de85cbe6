"""Noisy linear prompts: the task, and the study that tells the posterior mean from least squares."""

from dataclasses import replace

import numpy as np
import pytest

from claims.akyurek.test_a7_noise import MARGIN
from iclgd_core.errors import NotRunError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.baselines import ordinary_least_squares
from iclgd_core.models.regression.transformer_models import MODELS, TransformerModel
from iclgd_core.models.regression.transformer_recipes import TRANSFORMER_RECIPES
from iclgd_core.stats import paired_greater
from iclgd_core.studies.akyurek.noise import posterior_mean_or_least_squares
from iclgd_core.tasks.regression.gaussian import NOISY
from iclgd_core.tasks.regression.task import Floats
from tests.models.regression.planted_transformers import Ridge, lab, module

NAME = "icl-objective-gpt2-noisy-4-layers"


class LeastSquares(TransformerModel):
    """Predicts by least squares of smallest norm."""

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        return ordinary_least_squares(xs, ys[..., 0], xq)[..., None]


def noisy(model: TransformerModel) -> RegressionLab:
    return replace(lab(model), task=NOISY)


def test_the_noise_is_a_fifth_of_the_functions_variance_and_that_of_training() -> None:
    drawn = NOISY.draw(0, "tuning", 400, 10, 10)
    clean = replace(NOISY, noise=0.0).draw(0, "tuning", 400, 10, 10)
    np.testing.assert_array_equal(drawn.xs, clean.xs)
    assert np.var(drawn.ys - clean.ys) / np.var(clean.ys) == pytest.approx(0.2, rel=0.1)
    assert np.var(drawn.yq - clean.yq) == pytest.approx(1.0, rel=0.1)
    trained_on = TRANSFORMER_RECIPES[NAME].function_class
    assert (trained_on.name, trained_on.dimension) == ("noisy-linear", NOISY.inputs)
    names = [name for name in MODELS if "noisy" in name]
    assert len(names) == 3
    assert {MODELS[name].tasks for name in names} == {(NOISY.name,)}


@pytest.mark.parametrize("points", [3, 5, 10])
def test_each_predictor_is_told_from_the_other(points: int) -> None:
    study = posterior_mean_or_least_squares(noisy(Ridge("icl-objective-ridge", module(), 1.0)), points)
    np.testing.assert_allclose(study["ridge"], 0.0, atol=1e-12)
    np.testing.assert_allclose(study["least-squares"], 1.0, atol=1e-12)
    supported = paired_greater(study["least-squares"], study["ridge"], margin=MARGIN, quantity="q").p_supported
    other = posterior_mean_or_least_squares(noisy(LeastSquares("icl-objective-ols", module())), points)
    np.testing.assert_allclose(other["ridge"], 1.0, atol=1e-12)
    refuted = paired_greater(other["least-squares"], other["ridge"], margin=MARGIN, quantity="q").p_refuted
    assert supported is not None
    assert refuted is not None
    assert max(supported, refuted) < 1e-3


def test_without_noise_nothing_is_told_apart() -> None:
    with pytest.raises(NotRunError, match="no linear task with noise"):
        posterior_mean_or_least_squares(lab(Ridge("icl-objective-ridge", module(), 1.0)), 5)
