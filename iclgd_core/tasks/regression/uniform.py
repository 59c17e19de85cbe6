"""Linear functions of uniform inputs, and their shifts out of a training distribution (arXiv 2212.07677)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.tasks.regression.task import Floats, Function, RegressionEpisodes, drawn

_LAWS: dict[str, Callable[[np.random.Generator, float, tuple[int, int]], Floats]] = {
    "uniform": lambda rng, a, shape: rng.uniform(-a, a, shape),
    "normal": lambda rng, a, shape: rng.normal(0.0, a / 3.0**0.5, shape),
    "exponential": lambda rng, a, shape: rng.exponential(a / 3.0**0.5, shape),
    "laplace": lambda rng, a, shape: rng.laplace(0.0, a / 6.0**0.5, shape),
}
"""Laws of the inputs, all with the standard deviation a / sqrt 3 of the uniform one; the exponential has a mean."""


@dataclass(frozen=True)
class UniformLinear:
    """Linear functions of uniform inputs: y = W x, W ~ N(0, I), x ~ U(-a, a)^d, no noise; and shifts of it.

    Attributes:
        name: of the task.
        a: half the width of the inputs' range; 1 in the text of arXiv 2212.07677, 0.5 in its code.
        inputs, outputs, shots: d, Ny, N.
        noise: none.
        teacher: factor on W.
        law: of the inputs; "normal", "exponential" and "laplace" have the standard deviation of U(-a, a).

    Moments: s2 = a^2 / 3, E |y|^2 = d Ny s2.
    """

    name: str
    a: float = 1.0
    inputs: int = 10
    outputs: int = 1
    shots: int = 10
    noise: float = 0.0
    teacher: float = 1.0
    law: str = "uniform"

    def draw(self, seed: int, split: str, n: int, shots: int, queries: int) -> RegressionEpisodes:
        """Draw the first n episodes of a split."""

        def function(rng: np.random.Generator) -> Function:
            weights = self.teacher * rng.standard_normal((self.inputs, self.outputs))
            return lambda x: x @ weights

        def inputs(rng: np.random.Generator, count: int) -> Floats:
            return _LAWS[self.law](rng, self.a, (count, self.inputs))

        return drawn(self.name, seed, split, n, shots, queries, inputs, function)

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about the task."""
        return {
            "function": "y = W x, W ~ N(0, I)" + ("" if self.teacher == 1.0 else f" x {self.teacher:g}"),
            "x": f"U(-{self.a:g}, {self.a:g})^{self.inputs}"
            if self.law == "uniform"
            else f"{self.law}, a = {self.a:g}",
            "outputs": self.outputs,
            "noise": 0.0,
            "demonstrations": self.shots,
        }


LINEAR = UniformLinear("linear-regression-d10")
"""The setting of arXiv 2212.07677, appendix A: N = d = 10, x ~ U(-1, 1)."""
LINEAR_HALF = UniformLinear("linear-regression-d10-half", a=0.5)
"""The setting of its code: x ~ U(-0.5, 0.5)."""
