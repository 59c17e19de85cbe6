"""Claims of Garg et al., arXiv 2208.01066 (G), and of Fu et al., arXiv 2310.17086 (F), one file each."""
