"""Two reports side by side: what flipped, what moved, what is in one only."""

from reports.compare.comparison import Change, Comparison, Difference, Header, Side, Status
from reports.compare.document import comparison_document, read_comparison
from reports.compare.markdown import comparison_lines, render_comparison_markdown
from reports.compare.pairing import compare
from reports.compare.text import render_comparison

__all__ = [
    "Change",
    "Comparison",
    "Difference",
    "Header",
    "Side",
    "Status",
    "compare",
    "comparison_document",
    "comparison_lines",
    "read_comparison",
    "render_comparison",
    "render_comparison_markdown",
]
