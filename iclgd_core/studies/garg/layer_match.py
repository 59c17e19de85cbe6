"""Which step of GD or of Newton's iteration each layer of a Transformer is nearest to (arXiv 2310.17086, section 4).

SimE = cosine of two learners' error vectors, (prediction - answer) at points 2, ..., n + 1 of one prompt.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.store.kept import arrays_digest, floats, kept
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners.linear.step_grid import along, rates_of, steps_of
from iclgd_core.metrics.cosine import cosine
from iclgd_core.studies.layer_readout import (
    CHOOSING,
    PENALTY,
    fitting_and_choosing,
    predictions,
    prompts,
    transformer,
)
from iclgd_core.tasks.regression.gaussian import ILL_CONDITIONED
from iclgd_core.tasks.regression.task import Floats

ALGORITHMS = ("newton", "gd")


@dataclass(frozen=True, eq=False)
class Match:
    """The step of an algorithm that is nearest to some predictions.

    Attributes:
        rate: times 1 / |X^T X|; 0 for Newton.
        step: steps or iterations.
        similarity: SimE of each evaluation prompt, (prompts,).
    """

    rate: float
    step: int
    similarity: Floats


def final_match(lab: RegressionLab, algorithm: str, ill_conditioned: bool = False) -> Match:
    """Return the step nearest to the Transformer's own predictions, on its task or at condition number 100."""
    return _matches(replace(lab, task=ILL_CONDITIONED) if ill_conditioned else lab, algorithm, [None])[0]


def layer_matches(lab: RegressionLab, algorithm: str) -> dict[int, Match]:
    """Return the step nearest to the readout of each layer, from the first; GD has one rate for all layers.

    With a rate of its own for each layer, steps could not be compared: k steps at half the rate do what k / 2 do.
    """
    layers = range(1, transformer(lab).module.shape.layers + 1)
    return dict(zip(layers, _matches(lab, algorithm, list(layers)), strict=True))


def by_layer(matches: dict[int, Match]) -> list[tuple[str, float, float]]:
    """Return, for each layer from the second: its name, the step of the layer before, its own step."""
    steps = [float(matches[layer].step) for layer in sorted(matches)]
    return [(f"layer {i + 2}", a, b) for i, (a, b) in enumerate(itertools.pairwise(steps))]


def beyond_grid(matches: dict[int, Match], algorithm: str) -> str:
    """Return why the steps of layers cannot be told, empty where they can: one is the last that was tried."""
    last = steps_of(algorithm)[-1]
    layers = [f"{layer}" for layer, match in sorted(matches.items()) if match.step == last]
    return f"the most similar step is the last that was tried, {last}, in layer {', '.join(layers)}" if layers else ""


def study(matches: dict[str, Match], algorithm: str) -> Study:
    """Return the similarities by name as a study."""
    found: dict[str, Json] = {
        name: {"rate": match.rate, "step": match.step, "similarity": float(match.similarity.mean())}
        for name, match in matches.items()
    }
    return Study(
        {f"similarity of {name}": match.similarity for name, match in matches.items()},
        {"matches": found},
        {"algorithm": algorithm, "penalty_of_readouts": PENALTY},
        {
            "split": "tuning",
            "episodes": CHOOSING,
            "steps": list(steps_of(algorithm)),
            "rates": list(() if algorithm == "newton" else rates_of(algorithm)),
            "criterion": "highest mean SimE; of the rates of GD, the one for which its mean over the readouts is "
            "highest",
        },
    )


def _matches(lab: RegressionLab, algorithm: str, layers: Sequence[int | None]) -> list[Match]:
    """Return the match of each readout, kept where the laboratory keeps what it measured."""
    model, tuning, judged = transformer(lab), fitting_and_choosing(lab), prompts(lab, "evaluation")
    key: Key = {
        "learner": "layer_match",
        "model": model.digest,
        "layers": [layer or 0 for layer in layers],
        "prompts": arrays_digest(tuning.x, tuning.y, judged.x, judged.y),
        "choosing": CHOOSING,
        "penalty": PENALTY,
        "algorithm": algorithm,
        "steps": list(steps_of(algorithm)),
        "rates": list(rates_of(algorithm)),
    }
    found = kept(lab.store, key, lambda: _measured(lab, algorithm, layers))
    rate, steps, similarity = (floats(found, name) for name in ("rate", "steps", "similarity"))
    return [Match(float(rate[0]), int(step), values) for step, values in zip(steps, similarity, strict=True)]


def _measured(lab: RegressionLab, algorithm: str, layers: Sequence[int | None]) -> Arrays:
    """Return the rate, (1,), the step of each readout, (layers,), and their SimE, (layers, evaluation prompts)."""
    rates, steps, choosing = rates_of(algorithm), steps_of(algorithm), prompts(lab, "tuning")
    targets = np.stack([choosing.error(predictions(lab, "tuning", layer)) for layer in layers])[:, None]
    found = np.stack(
        [
            cosine(choosing.error(along(algorithm, choosing.x, choosing.y, rate, steps)), targets).mean(-1)
            for rate in rates
        ]
    )  # (rates, layers, steps)
    best = int(found.max(-1).mean(-1).argmax())
    chosen = found[best].argmax(-1)
    judged = prompts(lab, "evaluation")
    errors = judged.error(along(algorithm, judged.x, judged.y, rates[best], [steps[k] for k in chosen]))
    own = np.stack([judged.error(predictions(lab, "evaluation", layer)) for layer in layers])
    return {
        "rate": np.array([rates[best]]),
        "steps": np.array([steps[k] for k in chosen], dtype=np.float64),
        "similarity": cosine(errors, own),
    }
