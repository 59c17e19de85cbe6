"""Charts as inline SVG, from the curves and outcomes of evidence; and the paper's figures, drawn from both."""

from .catalogue import FIGURES, PaperFigure, Plate, plates
from .forest import draw_forest
from .heat_map import GapMap, batch_text, cell_text, draw_gap_map, gap_map_of
from .panel import Domain, draw_panel, y_domain
from .series import DrawnSeries, Panel, left_out, panels_of
from .style import STYLE_SHEET, Style, style_of

__all__ = [
    "FIGURES",
    "STYLE_SHEET",
    "Domain",
    "DrawnSeries",
    "GapMap",
    "Panel",
    "PaperFigure",
    "Plate",
    "Style",
    "batch_text",
    "cell_text",
    "draw_forest",
    "draw_gap_map",
    "draw_panel",
    "gap_map_of",
    "left_out",
    "panels_of",
    "plates",
    "style_of",
    "y_domain",
]
