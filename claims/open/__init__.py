"""Open questions of arXiv 2310.08540."""
