"""Mutations: what is fed to a claim in place of what it asks for, so that its verdict must turn.

A claim that says the same whatever it is given says nothing. Each claim's file therefore names, beside its margins,
what its verdict becomes under each mutation, and a test runs them all, in a planted world in which the claim holds:

    MUTATIONS: Mutations = {
        Mutation.GD_AS_BOTH: Verdict.REFUTED,
        Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,              # no ICL
        Mutation.ZERO_SHOT_AS_GD: {"32": Verdict.SUPPORTED, "512": Verdict.REFUTED},
        ...
    }

    @claim("S2n", place, statement, refuted_by, mutations=MUTATIONS)

A value is the verdict of every sub-claim, or one verdict for each value of a parameter, as text. A claim that declares
any names every mutation of `GENERAL`, with the verdict it keeps where the mutation does not touch what it reads; and
each of its sub-claims is refuted by at least one mutation. Where no general one does that, add a mutation of its own
to `Mutation`, and to `tests/mutations/subjects.py`. The table is data: it is written from what the rule says, not from
what a run gave. The test finds claims in the packages below `claims`: give a new folder an `__init__.py`.

Which GD stands in for ICL, a sub-claim says: by its parameters `optimizer`, `part` and `objective`, or, where it has
none of that name, by the constants OPTIMIZER, PART and OBJECTIVE of its file; else full-batch GD of the whole model on
the labels.
"""

from enum import StrEnum


class Mutation(StrEnum):
    """What is fed to a claim; `tests/mutations` says precisely how."""

    SWAPPED = "swapped"
    """GD's outputs where ICL is asked for, ICL's where GD is."""
    GD_AS_BOTH = "gd_as_both"
    """GD's outputs, at one fixed setting, for both."""
    ICL_AS_BOTH = "icl_as_both"
    """ICL's outputs for both."""
    ZERO_SHOT_AS_ICL = "zero_shot_as_icl"
    """The outputs without demonstrations where ICL is asked for."""
    ZERO_SHOT_AS_GD = "zero_shot_as_gd"
    """The outputs without demonstrations where GD is asked for."""
    PERMUTED_WEIGHTS = "permuted_weights"
    """The model with the entries of each of its weight tensors in random order."""
    UNTRAINED = "untrained"
    """The model's architecture with fresh weights."""
    CONSTANT = "constant"
    """The model with an output layer of zeros: every prompt has the same answer."""

    CONSTRUCTED_WEIGHTS = "constructed_weights"
    """Attention projections replaced by those of the construction of a GD step; outputs as they were."""
    ICL_AS_BOTH_AT_LARGEST = "icl_as_both_at_largest"
    """Of several sizes, the largest alone has ICL's outputs for both, so that its gap is gone."""
    WEIGHTS_AT_REST = "weights_at_rest"
    """Every checkpoint has the last one's weights."""
    ZERO_SHOT_BEFORE_LAST = "zero_shot_before_last"
    """Every checkpoint but the last has its outputs without demonstrations where ICL is asked for."""
    ICL_AS_POSTERIOR = "icl_as_posterior"
    """ICL's outputs where an exact posterior is asked for."""
    ZERO_SHOT_AS_POSTERIOR = "zero_shot_as_posterior"
    """The outputs without demonstrations where an exact posterior is asked for."""


GENERAL = (
    Mutation.SWAPPED,
    Mutation.GD_AS_BOTH,
    Mutation.ICL_AS_BOTH,
    Mutation.ZERO_SHOT_AS_ICL,
    Mutation.ZERO_SHOT_AS_GD,
    Mutation.PERMUTED_WEIGHTS,
    Mutation.UNTRAINED,
    Mutation.CONSTANT,
)
"""Mutations that make sense for every claim; the others are for single claims, which name them."""
