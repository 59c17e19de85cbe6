"""Gradient descent on the weights of a model's network: objectives, rules, and three ways to run them."""
