"""Claims of Akyürek et al., arXiv 2211.15661, one file each."""
