"""Charts as inline SVG, from the curves and outcomes of evidence; and the paper's figures, drawn from both."""

from reports.figures.catalogue import FIGURES, PaperFigure, Plate, plates
from reports.figures.forest import draw_forest
from reports.figures.panel import Domain, draw_panel, y_domain
from reports.figures.series import Panel, Series, panels_of
from reports.figures.style import STYLE_SHEET, Style, style_of

__all__ = [
    "FIGURES",
    "STYLE_SHEET",
    "Domain",
    "Panel",
    "PaperFigure",
    "Plate",
    "Series",
    "Style",
    "draw_forest",
    "draw_panel",
    "panels_of",
    "plates",
    "style_of",
    "y_domain",
]
