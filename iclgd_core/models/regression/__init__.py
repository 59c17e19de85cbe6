"""Models of in-context regression: linear self-attention and Transformers, constructed or trained."""
