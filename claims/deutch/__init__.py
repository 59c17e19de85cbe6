"""Claims of Deutch, Magar, Bar Natan, Dar: layer-causal gradient descent, and metrics that mean what they say."""
