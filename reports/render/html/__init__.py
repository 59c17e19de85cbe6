"""The report as one HTML page."""

from reports.render.html.page import render_html

__all__ = ["render_html"]
