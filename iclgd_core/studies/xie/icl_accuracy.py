"""Accuracy of ICL along demonstrations, example length and model size (arXiv 2111.02080, section 4)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve, accuracy_of
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import correct
from iclgd_core.stats import slopes
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

NUMBERS = (0, 1, 4, 8, 16)
"""Numbers of demonstrations; 16 examples of 10 symbols and a query fit the context of every embedded model."""

FEWEST_SIZES = 4


def icl_accuracy(lab: Lab, shots: int, n: int, shared: bool = False) -> Floats:
    """Return the accuracy with so many demonstrations, one number an episode, of the first n evaluation episodes.

    Args:
        lab: the laboratory.
        shots: demonstrations.
        n: episodes.
        shared: whether the precondition (`Lab.no_icl`) is asked of this laboratory as well: then what it needs, 0 and 8
            demonstrations, is measured on its episodes, of which these are the first, and so only once.
    """
    n = lab.count(n=n)
    measured = max(n, lab.count()) if shared and shots in (0, SHOTS) else n
    answers = lab.answers("evaluation", measured)
    return np.asarray(correct(lab.in_context(shots, n=measured)[:, 0], answers).mean(-1))[:n]


def _trend(
    axis: str,
    settings: Floats,
    accuracy: Floats,
    slope: Floats,
    reference: Floats | None = None,
    names: Sequence[str] = (),
    x_log: bool = False,
    **fixed: Json,
) -> Study:
    """Return the study of accuracy over the whole vocabulary along an axis, one number an episode.

    Args:
        axis: what the settings are, in words.
        settings: their values, (settings,), ascending.
        accuracy: (episodes, settings), in [0, 1], mean over queries.
        slope: of accuracy, (episodes,).
        reference: accuracy without demonstrations at the same settings, where that differs; else None.
        names: what each setting is called; empty for its value.
        x_log: whether the axis of a figure is logarithmic.
        fixed: what was fixed beforehand.
    """
    names = names or [f"{x:g}" for x in settings]
    numbers, details, curves = {"slope": slope}, dict[str, Json](), []
    for key, learner, label, values in (
        ("accuracy", "icl", "ICL", accuracy),
        ("zero_shot_accuracy", "zero-shot", "zero-shot", reference),
    ):
        if values is not None:
            numbers |= {f"{label} accuracy, {axis}: {name}": values[:, i] for i, name in enumerate(names)}
            details[key] = {name: float(mean) for name, mean in zip(names, values.mean(0), strict=True)}
            points = tuple(sampled(x, values[:, i]) for i, x in enumerate(settings))
            curves.append(Curve(accuracy_of("vocabulary"), learner, label, axis, points, x_log=x_log))
    return Study(numbers, details, {"axis": axis, **fixed}, curves=tuple(curves))


def by_demonstrations(lab: Lab, n: int, numbers: Sequence[int] = NUMBERS) -> Study:
    """Measure accuracy by number of demonstrations.

    Returns:
        "slope" per doubling of 1 + demonstrations; accuracy with so many of them, as "ICL accuracy, demonstrations: 8".
    """
    x = np.array(numbers, dtype=np.float64)
    accuracy = np.stack([icl_accuracy(lab, shots, n, shared=True) for shots in numbers], axis=1)
    slope, per = slopes(np.log2(1.0 + x), accuracy), "doubling of 1 + demonstrations"
    return _trend("demonstrations", x, accuracy, slope, slope_per=per, demonstrations=list(numbers))


def by_length(labs: Sequence[Lab], lengths: Sequence[int], n: int, shared: Sequence[int] = ()) -> Study:
    """Measure accuracy with 8 demonstrations by length of the examples.

    Episodes of different lengths are other draws; a row joins the i-th of each, so that rows are independent.

    Args:
        labs: one model on GINC prompts of each length.
        lengths: symbols an example, the label included.
        n: episodes.
        shared: lengths at which other claims ask for the precondition (see `icl_accuracy`).

    Returns:
        "slope" per symbol; "ICL accuracy, ..." and "zero-shot accuracy, ..." at each length.
    """
    x = np.array(lengths, dtype=np.float64)
    accuracy, none = (
        np.stack([icl_accuracy(lab, shots, n, k in shared) for lab, k in zip(labs, lengths, strict=True)], axis=1)
        for shots in (SHOTS, 0)
    )
    return _trend(
        "symbols an example (k)",
        x,
        accuracy,
        slopes(x, accuracy),
        none,
        slope_per="symbol",
        demonstrations=SHOTS,
        lengths=list(lengths),
    )


def by_size(labs: Sequence[Lab], n: int) -> Study:
    """Measure accuracy with 8 demonstrations by number of weights, on the same episodes.

    Returns:
        "slope" per decade of weights; "ICL accuracy, ..." and "zero-shot accuracy, ..." of each model.

    Raises:
        NotRunError: fewer than four sizes.
    """
    x = np.array([float(lab.model.n_parameters) for lab in labs])
    if len(set(x)) < FEWEST_SIZES:
        raise NotRunError(
            f"a trend over sizes needs at least {FEWEST_SIZES} sizes; {len(set(x))} were given. "
            "Give more with --iclgd-model."
        )
    accuracy, none = (
        np.stack([icl_accuracy(lab, shots, n, shared=True) for lab in labs], axis=1) for shots in (SHOTS, 0)
    )
    return _trend(
        "weights of the model",
        x,
        accuracy,
        slopes(np.log10(x), accuracy),
        none,
        [lab.model.name for lab in labs],
        x_log=True,
        slope_per="decade of weights",
        demonstrations=SHOTS,
        fewest_sizes=FEWEST_SIZES,
    )
