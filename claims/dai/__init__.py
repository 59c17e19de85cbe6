"""Claims of Dai et al., "Why Can GPT Learn In-Context?" (arXiv 2212.10559)."""
