"""The paper's own numbers, to be drawn beside those of a run: on other models, and known at second hand.

Source: arXiv 2310.08540, figures 2 and 4, table 1, as summaries of the paper give them; the ranges were read off plots.
No rule uses them.
"""

from iclgd_core.evidence.curves import ORDER_SENSITIVITY, Curve, Point, accuracy_of, sparsity_of

PAPER = "arXiv 2310.08540"

SPARSITY = 0.60
"""Figure 2: the share stays below about this for W_K, W_Q and W_V of LLaMA-7B and GPT-J."""

ICL_SENSITIVITY = (0.10, 0.15)
GD_SENSITIVITY = (0.01, 0.05)
"""Figure 4: ranges over epochs; one place has 0.01 to 0.02 for GD."""

ACCURACY = {"AG News": (0.42, 0.69), "CB": (0.39, 0.72), "SST-2": (0.49, 0.75), "RTE": (0.36, 0.65)}
"""Table 1, printed as pairs; most likely GD with few demonstrations and with 512."""


TEXT_SETS = "LLaMA-7B and GPT-J on AG News, CB, SST-2 and RTE"
"""What the claims about outputs were measured on; each claim says itself in which way it differs from the paper."""

SENSITIVITIES = "ICL 0.10 to 0.15; GD, SGD and Adam 0.01 to 0.05 (AG News, over epochs, read off the plot)"
DEMONSTRATIONS = "GD with few and with 512: " + ", ".join(f"{task} {a} to {b}" for task, (a, b) in ACCURACY.items())
SHARES = f"below about {SPARSITY:.2f} for single projections at every threshold"


def sparsity(matrix: str, scale: str) -> tuple[Curve, ...]:
    """Return the bound of figure 2, which speaks of single projections and thresholds as they are."""
    if matrix not in ("W_K", "W_Q", "W_V") or scale != "absolute":
        return ()
    quantity = sparsity_of(matrix)
    source = f"{PAPER}, figure 2: LLaMA-7B and GPT-J, below about this at every threshold"
    bound = (Point(None, SPARSITY),)
    label = "LLaMA-7B, GPT-J"
    return (Curve(quantity, "weights", label, "threshold", bound, f"{scale} threshold", x_log=True, source=source),)


def order_sensitivity() -> tuple[Curve, ...]:
    """Return the ranges of figure 4; their ends are no confidence interval."""
    quantity, axis = ORDER_SENSITIVITY, "epoch of GD"
    source = f"{PAPER}, figure 4: LLaMA-7B on AG News, 10 orders; range over epochs, read off the plot"

    def over_epochs(learner: str, label: str, low: float, high: float) -> Curve:
        return Curve(quantity, learner, label, axis, (Point(None, (low + high) / 2.0, low, high),), source=source)

    return (
        over_epochs("icl", "ICL, LLaMA-7B", *ICL_SENSITIVITY),
        over_epochs("gd", "GD, SGD, Adam, LLaMA-7B", *GD_SENSITIVITY),
    )


def demonstrations_needed() -> tuple[Curve, ...]:
    """Return the pairs of table 1, the first of each placed at 8 demonstrations."""
    source = f"{PAPER}, table 1: LLaMA-7B, GD; the reading few to 512 is uncertain, few is placed at 8"
    return tuple(
        Curve(
            quantity=accuracy_of("vocabulary"),
            learner="sgd8",
            label=f"GD, {task}",
            x_label="demonstrations",
            points=(Point(8.0, few), Point(512.0, many)),
            x_log=True,
            source=source,
        )
        for task, (few, many) in ACCURACY.items()
    )
