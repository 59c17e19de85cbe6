"""Shen, Mishra, Khashabi: Do pretrained Transformers Learn In-Context by Gradient Descent? (arXiv 2310.08540)."""
