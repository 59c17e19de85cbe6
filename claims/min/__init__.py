"""Min et al.: Rethinking the Role of Demonstrations (arXiv 2202.12837)."""
