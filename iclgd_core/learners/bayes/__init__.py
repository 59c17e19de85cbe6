"""Exact posterior predictives on GINC: what a Bayesian who knows the language says next (arXiv 2111.02080)."""

from iclgd_core.learners.bayes.enumeration import enumerated
from iclgd_core.learners.bayes.filtering import (
    Belief,
    Chains,
    chains_by_start_slot,
    mixture_of_hmms,
    next_symbols,
    read,
)
from iclgd_core.learners.bayes.posterior import (
    RESTART,
    Likelihoods,
    free_restart_likelihoods,
    mixture_likelihoods,
    structure_likelihoods,
)
from iclgd_core.learners.bayes.predictive import POSTERIORS, predictive

__all__ = [
    "POSTERIORS",
    "RESTART",
    "Belief",
    "Chains",
    "Likelihoods",
    "chains_by_start_slot",
    "enumerated",
    "free_restart_likelihoods",
    "mixture_likelihoods",
    "mixture_of_hmms",
    "next_symbols",
    "predictive",
    "read",
    "structure_likelihoods",
]
