"""Mutations of an exact posterior: what stands where a study asks for the predictions of one, without a laboratory.

For functions of the form of `bayes_predictions`, which the studies of posteriors call by name. The laboratory, and so
ICL and the precondition, stay as they are.
"""

from collections.abc import Callable

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners.bayes import RESTART
from iclgd_core.models.language.predictions import LogProbs

Posterior = Callable[..., LogProbs]
"""Of the form of `studies.bayes_predictions.bayes_predictions`."""

OF_POSTERIOR = (Mutation.ICL_AS_POSTERIOR, Mutation.ZERO_SHOT_AS_POSTERIOR)


def mutated_posterior(mutation: Mutation) -> Posterior:
    """Return what stands for every posterior, at every restart rate, under a mutation of OF_POSTERIOR.

    Raises:
        SettingsError: a mutation of something else.
    """
    if mutation not in OF_POSTERIOR:
        allowed = ", ".join(OF_POSTERIOR)
        raise SettingsError(f"mutation {str(mutation)!r} does not replace a posterior; those that do: {allowed}.")

    def predictions(
        lab: Lab,
        account: str,
        shots: int = SHOTS,
        split: str = "evaluation",
        n: int | None = None,
        restart: float = RESTART,
    ) -> LogProbs:
        """Return log-probs (episodes, queries, vocabulary): ICL's in the first order, or those without demonstrations.

        Account and restart rate change nothing.
        """
        if mutation is Mutation.ICL_AS_POSTERIOR:
            return lab.in_context(shots, split=split, n=n)[:, 0]
        return lab.zero_shot(split, n)

    return predictions
