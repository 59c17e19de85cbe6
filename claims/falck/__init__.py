"""Falck, Wang, Holmes: Is In-Context Learning in Large Language Models Bayesian? (arXiv 2406.00793)."""
