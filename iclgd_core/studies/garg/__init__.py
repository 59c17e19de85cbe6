"""Studies of the claims of arXiv 2208.01066 and arXiv 2310.17086."""
