"""The figures and tables of the paper, drawn again from the claims whose place in the paper names them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from iclgd_core.evidence.curves import PART_NAMES, Curve, accuracy_of, agreement_in, sparsity_of
from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.record import Evidence

from .series import Panel, panels_of

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
        columns: 3 where the panels are a grid of three columns; 0 for as many as fit.
        wanted: which curves of the claims belong to it.
        rows: quantities in the order of the rows; facets: facets in the order of the columns; others follow.
        one_x: whether all panels share the ends of the x axis; one_y: those of a row share the ends of the y axis.
        tabled: whether the numbers stand below as a table.
    """

    name: str
    caption: str
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
        columns=3,
        wanted=_absolute,
        rows=SPARSITY_ROWS,
    ),
    PaperFigure(
        "Figure 3",
        "Weights and ICL accuracy over the checkpoints of one training run.",
        one_x=True,
    ),
    PaperFigure(
        "Figure 4",
        "Sensitivity to the order of the demonstrations over epochs, of ICL, GD, SGD and Adam.",
    ),
    PaperFigure(
        "Figure 5",
        "Accuracy, Token Overlap and overlap cosine similarity (bounded) of GD over epochs, between the floor "
        "(zero-shot) and the ceiling (ICL, for agreements in another order of the same demonstrations). Columns: what "
        "GD trains.",
        columns=3,
        wanted=_of_grid,
        rows=GRID_ROWS,
        facets=GRID_COLUMNS,
        one_y=True,
    ),
    PaperFigure(
        "Figure 6",
        "The gap between GD and ICL over model sizes.",
    ),
    PaperFigure(
        "Table 1",
        "Accuracy of ICL with 8 demonstrations, and of GD with many more.",
        tabled=True,
    ),
)


@dataclass(frozen=True)
class Plate:
    """One figure as measured on one model and task.

    Attributes:
        figure: which; model, task: on what.
        panels: row by row.
        claims: ids of the claims whose place in the paper is this figure.
    """

    figure: PaperFigure
    model: str
    task: str
    panels: tuple[Panel, ...]
    claims: tuple[str, ...]


def plates(evidence: Iterable[Evidence]) -> list[Plate]:
    """Return the paper's figures for each model and task on which they were measured, in the paper's order."""
    ours = sorted((item for item in evidence if ARXIV in item.paper), key=lambda item: natural(item.id))
    found = []
    for figure in FIGURES:
        about = [item for item in ours if item.figure == figure.name]
        claims = tuple(dict.fromkeys(item.id for item in about))
        mine = [item for item in about if item.curves]
        for model, task in dict.fromkeys((item.model, item.task) for item in mine):
            here = [item for item in mine if (item.model, item.task) == (model, task)]
            curves = [[c for c in item.curves if figure.wanted(item, c)] for item in here]
            panels = sorted(panels_of(curves), key=figure.place)
            if panels:
                found.append(Plate(figure, model, task, tuple(panels), claims))
    return found
