"""Studies of the open questions of arXiv 2310.08540."""
