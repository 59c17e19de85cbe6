"""Charts as inline SVG, from the curves and outcomes of evidence; and the paper's figures, drawn from both."""

from reports.render.figures.catalogue import FIGURES, PaperFigure, Plate, plates
from reports.render.figures.forest import draw_forest
from reports.render.figures.heat_map import GapMap, batch_text, cell_text, draw_gap_map, gap_map_of
from reports.render.figures.panel import Domain, draw_panel, y_domain
from reports.render.figures.series import Panel, Series, left_out, panels_of
from reports.render.figures.style import STYLE_SHEET, Style, style_of

__all__ = [
    "FIGURES",
    "STYLE_SHEET",
    "Domain",
    "GapMap",
    "Panel",
    "PaperFigure",
    "Plate",
    "Series",
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
