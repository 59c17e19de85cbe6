"""GINC, the synthetic language of arXiv 2111.02080: its world, its prompts, answers of several symbols."""
