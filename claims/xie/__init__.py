"""Xie et al.: An Explanation of In-context Learning as Implicit Bayesian Inference (arXiv 2111.02080)."""
