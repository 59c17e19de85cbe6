"""Learners of in-context regression that train a linear model or solve for it, and simple baselines."""
