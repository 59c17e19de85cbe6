"""Studies of the claims of arXiv 2311.07772."""
