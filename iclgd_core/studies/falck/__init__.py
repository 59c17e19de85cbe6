"""Studies of the claims of arXiv 2406.00793."""
