"""Studies of the claims of arXiv 2211.15661."""
