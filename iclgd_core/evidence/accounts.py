"""Accounts of in-context learning, by name: every learner that is held against ICL, on whichever model."""

ACCOUNTS = {
    "zero-shot": "zero-shot (nothing learnt)",
    "gd": "GD, full batch",
    "sgd": "SGD, one demonstration a step",
    "adam": "Adam, one demonstration a step",
    "momentum": "GD with momentum",
    "nesterov": "Nesterov's GD",
    "newton": "Newton-like",
    "w_v-middle": "GD on W_V of the middle layer",
    "w_v-deep": "GD on W_V of the last layer",
    "kv-one-pass": "SGD on keys and values, one pass",
    "layer-causal": "layer-causal GD, as printed",
    "layer-causal-code": "layer-causal GD, as coded",
    "gd++": "GD++ (GD that curves its inputs)",
    "bayes": "Bayes, posterior mean (ridge)",
    "bayes-mixture": "Bayes, mixture of HMMs",
    "bayes-structure": "Bayes that knows the prompt's structure",
    "icl-other-order": "ICL in another order",
}
"""In the order of the adjudication table, each with a label; `icl-other-order` is 1 and `zero-shot` 0 by definition."""
