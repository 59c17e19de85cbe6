"""Studies of the claims of arXiv 2212.07677."""
