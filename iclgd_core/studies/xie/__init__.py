"""Studies of the claims of arXiv 2111.02080."""
