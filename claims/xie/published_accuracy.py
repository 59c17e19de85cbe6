"""The paper's own accuracies by number of demonstrations, to be drawn beside those of a run; no rule uses them.

Source: arXiv 2111.02080, the results released with it: in-distribution prompts, vocabulary of 50, mean over 5 seeds.
The models are GPT-2 of 4, 12 and 16 layers (29, 85 and 115 million weights), far larger than the embedded ones.
"""

from iclgd_core.evidence.curves import Curve, Point, accuracy_of

PAPER = "arXiv 2111.02080"
NUMBERS = (0, 1, 2, 4, 8, 16, 32, 64)

ACCURACY: dict[tuple[int, int], tuple[float, ...]] = {
    (16, 3): (0.385, 0.371, 0.414, 0.460, 0.474, 0.504, 0.536, 0.537),
    (16, 5): (0.577, 0.591, 0.634, 0.672, 0.684, 0.732, 0.754, 0.768),
    (16, 8): (0.679, 0.737, 0.750, 0.777, 0.798, 0.833, 0.825, 0.835),
    (16, 10): (0.746, 0.780, 0.794, 0.820, 0.827, 0.847, 0.866, 0.847),
    (12, 3): (0.368, 0.371, 0.406, 0.435, 0.454, 0.469, 0.502, 0.519),
    (12, 10): (0.695, 0.735, 0.752, 0.781, 0.799, 0.812, 0.825, 0.812),
    (4, 3): (0.321, 0.324, 0.352, 0.362, 0.381, 0.388, 0.398, 0.413),
    (4, 10): (0.566, 0.591, 0.595, 0.606, 0.593, 0.594, 0.614, 0.602),
}
"""By number of layers and length k."""

PARAMETERS = {4: 29e6, 12: 85e6, 16: 115e6}
EIGHT = NUMBERS.index(8)


def _source(what: str) -> str:
    return f"{PAPER}, section 4: {what}, vocabulary of 50"


def by_demonstrations(k: int) -> tuple[Curve, ...]:
    """Return the accuracy of each of the paper's models at length k over demonstrations."""
    return tuple(
        Curve(
            quantity=accuracy_of("vocabulary"),
            learner="icl",
            label=f"{layers} layers",
            x_label="demonstrations",
            points=tuple(Point(float(n), y) for n, y in zip(NUMBERS, values, strict=True)),
            source=_source(f"GPT-2 of {layers} layers, k = {length}"),
        )
        for (layers, length), values in ACCURACY.items()
        if length == k
    )


def by_length() -> tuple[Curve, ...]:
    """Return the accuracy with 8 demonstrations of the paper's largest model over k."""
    points = tuple(Point(float(k), values[EIGHT]) for (layers, k), values in ACCURACY.items() if layers == 16)
    label, source = "16 layers", _source("GPT-2 of 16 layers, 8 demonstrations")
    return (Curve(accuracy_of("vocabulary"), "icl", label, "symbols an example (k)", points, source=source),)


def by_size(k: int) -> tuple[Curve, ...]:
    """Return the accuracy with 8 demonstrations over the paper's sizes at length k; empty where only one is known."""
    points = tuple(
        Point(size, ACCURACY[layers, k][EIGHT]) for layers, size in PARAMETERS.items() if (layers, k) in ACCURACY
    )
    if len(points) < 2:
        return ()
    source = _source(f"GPT-2 of 4, 12 and 16 layers, 8 demonstrations, k = {k}")
    axis = "weights of the model"
    return (Curve(accuracy_of("vocabulary"), "icl", f"k = {k}", axis, points, x_log=True, source=source),)
