"""Linear functions of Gaussian inputs as a task of the laboratory (arXiv 2208.01066, section 3)."""

import math
from dataclasses import dataclass

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.tasks.regression.task import Floats, Function, RegressionEpisodes, drawn


@dataclass(frozen=True)
class GaussianLinear:
    """y = w . x + noise, w ~ N(0, I_d), x ~ N(0, diag(spectrum)); the noise is in demonstrations and queries alike.

    Attributes:
        name: of the task.
        inputs, outputs, shots: d, Ny = 1, N.
        noise: standard deviation of the answers' noise.
        skew: eigenvalue k of the inputs' covariance is proportional to 1 / k^skew, with mean 1; 0 is the identity.

    Moments: E y^2 = d + noise^2.
    """

    name: str
    inputs: int = 5
    outputs: int = 1
    shots: int = 10
    noise: float = 0.0
    skew: float = 0.0

    @property
    def spectrum(self) -> Floats:
        """Eigenvalues of the covariance of x, (d,), with mean 1."""
        values = 1.0 / np.arange(1, self.inputs + 1) ** self.skew
        return np.asarray(values / values.mean())

    def draw(self, seed: int, split: str, n: int, shots: int, queries: int) -> RegressionEpisodes:
        """Draw the first n episodes of a split."""

        def function(rng: np.random.Generator) -> Function:
            weights = rng.standard_normal((self.inputs, self.outputs))
            return lambda x: x @ weights + self.noise * rng.standard_normal((len(x), self.outputs))

        def inputs(rng: np.random.Generator, count: int) -> Floats:
            return np.asarray(rng.standard_normal((count, self.inputs)) * np.sqrt(self.spectrum))

        return drawn(self.name, seed, split, n, shots, queries, inputs, function)

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about the task."""
        return {
            "function": "y = w . x, w ~ N(0, I)",
            "x": f"N(0, diag), dimension {self.inputs}",
            "spectrum": self.spectrum.tolist(),
            "outputs": self.outputs,
            "noise": self.noise,
            "demonstrations": self.shots,
        }


GAUSSIAN = GaussianLinear("linear-regression-d5-gaussian")
"""What the in-context Transformers are trained on, with as many demonstrations as they hold: N = 2 d = 10."""
ILL_CONDITIONED = GaussianLinear("linear-regression-d5-kappa100", skew=math.log(100.0) / math.log(5.0))
"""Inputs whose covariance has condition number 100 (arXiv 2310.17086, section 4); no model here is trained on it."""
NOISY = GaussianLinear("linear-regression-d5-noisy", noise=1.0)
"""Answers with noise, a fifth of the functions' variance; the posterior's mean is ridge with sigma^2 / tau^2 = 1."""
TASKS = {task.name: task for task in (GAUSSIAN, ILL_CONDITIONED, NOISY)}
