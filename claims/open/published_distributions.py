"""What the paper says of ICL after pretraining on other distributions; no rule uses it.

Source: arXiv 2111.02080, section 4.2, as the results released with it have it.
"""

EMERGENCE = {
    "ginc-vanilla-208k-seed1": "64 demonstrations, k = 10: 92.8, 98.4 and 98.1 percent (4, 12, 16 layers)",
    "ginc-vic0-208k": "no gain: 20 to 31 percent flat (vocabulary of 50); 87.3 to 81.0, falling (150, k = 10)",
    "ginc-onehmm-208k": "no gain: 20 to 25 percent flat (vocabulary of 50, 4 layers)",
    "ginc-uniform-208k": "no ICL: at most 1.8 percent",
    "ginc-v50-195k": "64 demonstrations, k = 10: 60.2, 81.2 and 84.7 percent (4, 12, 16 layers)",
    "ginc-v100-202k": "64 demonstrations, k = 10: 67.4, 84.6 and 88.7 percent (4, 12, 16 layers)",
}
"""By the model that was trained on it."""
