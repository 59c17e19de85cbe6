"""Two reports side by side: what flipped, what moved, what is in one only."""

from .comparison import Change, Comparison, Difference, HeaderDifference, Side, Status
from .document import comparison_document, read_comparison
from .markdown import comparison_lines, render_comparison_markdown
from .pairing import compare
from .text import render_comparison

__all__ = [
    "Change",
    "Comparison",
    "Difference",
    "HeaderDifference",
    "Side",
    "Status",
    "compare",
    "comparison_document",
    "comparison_lines",
    "read_comparison",
    "render_comparison",
    "render_comparison_markdown",
]
