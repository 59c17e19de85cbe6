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
to `Mutation`, and to `subjects`. The table is data: it is written from what the rule says, not from what a run gave.
The test finds claims in the packages below `claims`: give a new folder an `__init__.py`.

Which GD stands in for ICL, a sub-claim says: by its parameters `optimizer`, `part` and `objective`, or, where it has
none of that name, by the constants OPTIMIZER, PART and OBJECTIVE of its file; else full-batch GD of the whole model on
the labels.

This package's face is the names alone, which `iclgd_core.evidence` needs; the rest is in its modules: `laboratory`
(outputs), `weights` (models), `subjects` (what a claim asks for by argument), `learners` (learners without a
laboratory), `posterior` (exact posteriors).
"""

from iclgd_core.mutations.names import GENERAL, Mutation

__all__ = ["GENERAL", "Mutation"]
