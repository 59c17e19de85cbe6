"""The curves of the sample report, in the form in which the studies hand them out."""

from iclgd_core.evidence.curves import ORDER_SENSITIVITY, Curve, Point, accuracy_of, agreement_in, sparsity_of

PAPER = "Shen, Mishra, Khashabi, arXiv 2310.08540, table 1, LLaMA-7B, AG News"
EPOCHS = (3.0, 10.0, 30.0)


def order(optimizer: str) -> tuple[Curve, ...]:
    """Return order sensitivity of ICL and of one optimizer over epochs."""
    quantity, axis = ORDER_SENSITIVITY, "epoch of GD"
    level = {"gd": 0.0001, "sgd1": 0.002, "adam1": 0.02}[optimizer]
    path = tuple(Point(x, level * (1 + x / 60), level, level * 1.6, 12) for x in EPOCHS)
    return (
        Curve(quantity, "icl", "ICL", axis, (Point(None, 0.049, 0.034, 0.072, 12),)),
        Curve(quantity, optimizer, optimizer, axis, path),
    )


def grid(agreement: str, part: str) -> tuple[Curve, ...]:
    """Return one agreement, and for Token Overlap the accuracy, over epochs between floor and ceiling."""
    axis, wide = "epoch of GD", 0.02
    panels = [(agreement_in(agreement), 0.93, 0.76)]
    if agreement == "token-overlap":
        panels.append((accuracy_of("vocabulary"), 0.88, 0.80))
    curves = []
    for quantity, ceiling, floor in panels:
        path = tuple(Point(x, floor - x / 400, floor - x / 400 - wide, floor + wide, 96) for x in (0.0, *EPOCHS))
        curves += [
            Curve(quantity, "icl", "ICL", axis, (Point(None, ceiling, ceiling - wide, ceiling + wide, 96),), part),
            Curve(
                quantity, "zero-shot", "zero-shot", axis, (Point(None, floor, floor - wide, floor + wide, 96),), part
            ),
            Curve(quantity, "gd", "gd, rate 0.001", axis, path, part),
        ]
    return tuple(curves)


def demonstrations(n: int) -> tuple[Curve, ...]:
    """Return accuracy by number of demonstrations, with a number of the paper's beside it."""
    quantity, axis = accuracy_of("vocabulary"), "demonstrations"
    gd = {32: 0.78, 128: 0.80, 512: 0.799}[n]
    return (
        Curve(quantity, "icl", "ICL", axis, (Point(8.0, 0.876, 0.84, 0.91, 48),), x_log=True),
        Curve(quantity, "sgd8", "GD", axis, (Point(float(n), gd, gd - 0.03, gd + 0.03, 48),), x_log=True),
        Curve(quantity, "zero-shot", "zero-shot", axis, (Point(None, 0.799, 0.76, 0.83, 48),), x_log=True),
        Curve(
            quantity, "gd", "GD in the paper", axis, (Point(8.0, 0.42), Point(512.0, 0.69)), x_log=True, source=PAPER
        ),
    )


def sparsity(share: float) -> tuple[Curve, ...]:
    """Return the measured share of small weights by threshold, and the required one."""
    quantity, axis, facet = sparsity_of("W_K"), "threshold", "absolute threshold"
    measured = tuple(Point(x, share * x / 1e-2, 0.9 * share * x / 1e-2, share * x / 8e-3) for x in (1e-6, 1e-4, 1e-2))
    return (
        Curve(quantity, "weights", "measured, range over layers", axis, measured, facet, x_log=True),
        Curve(quantity, "construction", "construction of a GD step", axis, (Point(None, 0.5),), facet, x_log=True),
    )


def checkpoints() -> tuple[Curve, ...]:
    """Return ICL accuracy and the drift of the weights over training steps."""
    axis, steps = "training step", (100.0, 1000.0, 1500.0, 2100.0, 2700.0)
    accuracy = tuple(Point(x, 0.5 + 0.4 * x / 2700, 0.47 + 0.4 * x / 2700, 0.53 + 0.4 * x / 2700, 96) for x in steps)
    drift = tuple(Point(x, 0.3 * (1.01 - x / 2700)) for x in steps[1:])
    return (
        Curve("ICL accuracy with 8 demonstrations", "icl", "ICL", axis, accuracy),
        Curve("relative change of the weights since the last checkpoint", "weights", "weights", axis, drift),
    )


def sizes() -> tuple[Curve, ...]:
    """Return the gap of GD over four sizes."""
    points = tuple(
        Point(x, y, y - 0.02, y + 0.02, 24) for x, y in ((57e3, 0.122), (208e3, 0.11), (794e3, 0.1), (3.1e6, 0.078))
    )
    quantity = "gap in token-overlap: ICL with itself - GD with ICL"
    return (Curve(quantity, "gd", "gap of GD", "weights of the model", points, x_log=True),)
