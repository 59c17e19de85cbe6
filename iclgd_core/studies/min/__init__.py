"""Studies of the claims of arXiv 2202.12837."""
