"""The report as one HTML page."""

from .page import render_html

__all__ = ["render_html"]
