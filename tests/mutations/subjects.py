"""Mutating what a claim test asks for by argument: a laboratory, a family of sizes, a series of checkpoints."""

from collections.abc import Sequence
from dataclasses import replace

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.lab import Lab, Series
from iclgd_core.learners.gd.objectives import LABELS
from tests.mutations.laboratory import STAND_INS, MutatedLab
from tests.mutations.posterior import OF_POSTERIOR
from tests.mutations.weights import constant, constructed, permuted, untrained


def mutated_lab(
    lab: Lab, mutation: Mutation, optimizer: str = "gd", part: str = "whole", objective: str = LABELS
) -> Lab:
    """Return a laboratory under a mutation.

    Args:
        lab: the laboratory, left as it is.
        mutation: any that is about one laboratory.
        optimizer: which GD stands in for ICL: that of the sub-claim.
        part: what that GD trains.
        objective: what it minimises.

    Raises:
        SettingsError: a mutation about several laboratories, or about a posterior (see `posterior`).
        ModelError: a model that cannot be mutated so (see `weights`).
    """
    if mutation in STAND_INS:
        return MutatedLab(
            lab.model, lab.task, lab.tier, lab.seed, lab.store, lab.plan,
            base=lab, mutation=mutation, optimizer=optimizer, part=part, objective=objective,
        )  # fmt: skip
    match mutation:
        case Mutation.PERMUTED_WEIGHTS:
            return lab.of(permuted(lab.model, lab.seed))
        case Mutation.UNTRAINED:
            return lab.of(untrained(lab.model, lab.seed))
        case Mutation.CONSTANT:
            return lab.of(constant(lab.model))
        case Mutation.CONSTRUCTED_WEIGHTS:
            return lab.of(constructed(lab.model, lab.seed))
    what = "a posterior" if mutation in OF_POSTERIOR else "several sizes or checkpoints"
    raise SettingsError(f"mutation {str(mutation)!r} is about {what}, not about one laboratory.")


def mutated_family(labs: Sequence[Lab], mutation: Mutation) -> tuple[Lab, ...]:
    """Return the laboratories of several sizes under a mutation, of each of them or of the largest alone.

    Raises:
        SettingsError: a mutation about checkpoints.
    """
    if mutation is Mutation.ICL_AS_BOTH_AT_LARGEST:
        largest = max(labs, key=lambda lab: lab.model.n_parameters)
        return tuple(mutated_lab(lab, Mutation.ICL_AS_BOTH) if lab is largest else lab for lab in labs)
    return tuple(mutated_lab(lab, mutation) for lab in labs)


def mutated_series(series: Series, mutation: Mutation) -> Series:
    """Return the checkpoints of one training run under a mutation, of each of them or of how they follow.

    Raises:
        SettingsError: a mutation about sizes.
    """
    labs, last = series.labs, series.labs[-1]
    if mutation is Mutation.WEIGHTS_AT_REST:
        rest = tuple(lab.of(replace(last.model, name=lab.model.name)) for lab in labs)
        return replace(series, labs=rest)
    if mutation is Mutation.ZERO_SHOT_BEFORE_LAST:
        without = tuple(mutated_lab(lab, Mutation.ZERO_SHOT_AS_ICL) for lab in labs[:-1])
        return replace(series, labs=(*without, last))
    return replace(series, labs=tuple(mutated_lab(lab, mutation) for lab in labs))
