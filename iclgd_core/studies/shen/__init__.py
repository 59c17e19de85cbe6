"""Studies of the claims of arXiv 2310.08540 that no other paper shares."""
