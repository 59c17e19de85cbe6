"""von Oswald et al.: Transformers learn in-context by gradient descent (arXiv 2212.07677)."""
