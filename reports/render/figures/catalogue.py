"""The figures and tables of the paper, each with the claims whose measurements draw it again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from iclgd_core.evidence.curves import PART_NAMES, Curve, accuracy_of, agreement_in, sparsity_of
from iclgd_core.evidence.record import Evidence
from reports.render.figures.series import Panel, panels_of

ARXIV = "arXiv 2310.08540"
SPARSITY_ROWS = tuple(sparsity_of(name) for name in ("W_K", "W_Q", "W_V"))
GRID_COLUMNS = tuple(PART_NAMES.values())
GRID_ROWS = (accuracy_of("vocabulary"), agreement_in("token-overlap"), agreement_in("ocs-bounded"))


def _all(item: Evidence, curve: Curve) -> bool:
    return True


def _absolute(item: Evidence, curve: Curve) -> bool:
    """The paper's thresholds are absolute; relative ones stand in the section of the claim."""
    return curve.facet == "absolute threshold"


def _of_grid(item: Evidence, curve: Curve) -> bool:
    """The nine panels have full-batch GD alone; S2 has other optimizers, both claims other agreements."""
    return item.params.get("optimizer", "gd") == "gd" and curve.quantity in GRID_ROWS


@dataclass(frozen=True)
class PaperFigure:
    """One figure or table of the paper.

    Attributes:
        name: as the paper numbers it; caption: what is to be seen.
        claims: ids of the claims that measure it.
        columns: 3 where the panels are a grid of three columns; 0 for as many as fit.
        wanted: which curves of these claims belong to it.
        rows: quantities in the order of the rows; facets: facets in the order of the columns; others follow.
        one_x: whether all panels share the ends of the x axis; one_y: those of a row share the ends of the y axis.
        tabled: whether the numbers stand below as a table.
    """

    name: str
    caption: str
    claims: tuple[str, ...]
    columns: int = 0
    wanted: Callable[[Evidence, Curve], bool] = _all
    rows: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    one_x: bool = False
    one_y: bool = False
    tabled: bool = False

    def place(self, panel: Panel) -> tuple[int, int]:
        """Return row and column of a panel, for sorting."""
        return _index(self.rows, panel.quantity), _index(self.facets, panel.facet)


def _index(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


FIGURES = (
    PaperFigure(
        "Figure 2",
        "Sparsity of the attention weights over thresholds, against the share of zeros that the construction of a "
        "gradient step needs.",
        ("S3",),
        columns=3,
        wanted=_absolute,
        rows=SPARSITY_ROWS,
    ),
    PaperFigure(
        "Figure 3",
        "Weights and ICL accuracy over the checkpoints of one training run.",
        ("S5",),
        one_x=True,
    ),
    PaperFigure(
        "Figure 4",
        "Sensitivity to the order of the demonstrations over epochs, of ICL, GD, SGD and Adam.",
        ("S1",),
    ),
    PaperFigure(
        "Figure 5",
        "Accuracy, Token Overlap and overlap cosine similarity (bounded) of GD over epochs, between the floor "
        "(zero-shot) and the ceiling (ICL, for agreements in another order of the same demonstrations). Columns: what "
        "GD trains.",
        ("S2", "S2a"),
        columns=3,
        wanted=_of_grid,
        rows=GRID_ROWS,
        facets=GRID_COLUMNS,
        one_y=True,
    ),
    PaperFigure(
        "Figure 6",
        "The gap between GD and ICL over model sizes.",
        ("S4",),
    ),
    PaperFigure(
        "Table 1",
        "Accuracy of ICL with 8 demonstrations, and of GD with many more.",
        ("S2n",),
        tabled=True,
    ),
)


@dataclass(frozen=True)
class Plate:
    """One figure as measured on one model and task.

    Attributes:
        figure: which; model, task: on what.
        panels: row by row.
    """

    figure: PaperFigure
    model: str
    task: str
    panels: tuple[Panel, ...]


def plates(evidence: Iterable[Evidence]) -> list[Plate]:
    """Return the paper's figures for each model and task on which they were measured, in the paper's order."""
    ours = [item for item in evidence if ARXIV in item.paper and item.curves]
    found = []
    for figure in FIGURES:
        mine = [item for item in ours if item.id in figure.claims]
        for model, task in dict.fromkeys((item.model, item.task) for item in mine):
            here = [item for item in mine if (item.model, item.task) == (model, task)]
            here.sort(key=lambda item: figure.claims.index(item.id))
            curves = [[c for c in item.curves if figure.wanted(item, c)] for item in here]
            panels = sorted(panels_of(curves), key=figure.place)
            if panels:
                found.append(Plate(figure, model, task, tuple(panels)))
    return found
