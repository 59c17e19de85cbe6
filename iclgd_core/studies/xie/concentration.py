"""What forced delimiters do to the posterior of the pretraining mixture (arXiv 2111.02080, section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners.bayes import free_restart_likelihoods, mixture_likelihoods, structure_likelihoods
from iclgd_core.metrics import correct
from iclgd_core.studies.xie.bayes_predictions import RESTARTS, bayes_predictions, ginc_task
from iclgd_core.tasks.ginc.prompts import GincPrompts

Floats = NDArray[np.float64]

IDENTIFYING = 64
"""Demonstrations from which an episode's own HMM is read off, by the posterior that knows the structure."""


@dataclass(frozen=True, eq=False)
class ConcentrationStudy:
    """What forced delimiters do to the posterior of the pretraining mixture.

    Attributes:
        before: accuracy of the mixture without demonstrations, (episodes,).
        behind: with 8 demonstrations.
        rows: by number of demonstrations: accuracy, share of impossible prompts, posterior of the episode's own HMM.
        by_restart: accuracy with 8 demonstrations by restart rate, and with free restarts at the delimiters.
    """

    before: Floats
    behind: Floats
    rows: list[Json]
    by_restart: Mapping[str, Json]

    def curves(self) -> tuple[Curve, ...]:
        """Return nothing: the details have the numbers."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return nothing: there are no settings."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"demonstrations": SHOTS, "restart_rates": list(RESTARTS), "identifying": IDENTIFYING}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {"by_demonstrations": self.rows, "accuracy_by_restart_rate": dict(self.by_restart)}


def concentration_study(lab: Lab) -> ConcentrationStudy:
    """Follow the mixture's posterior, in the limit of no restarts, along 0, 1, 2, 4, 8 demonstrations.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    world, n = ginc_task(lab).world, lab.count()
    drawn = [e.episode for e in lab.episodes("evaluation", n) if isinstance(e, GincPrompts)]
    pools = [np.concatenate([e.demonstrations, e.labels[:, None]], axis=1) for e in drawn]
    own = [
        int(structure_likelihoods(world, pool[:IDENTIFYING], e.queries).hmms.mean(axis=0).argmax())
        for e, pool in zip(drawn, pools, strict=True)
    ]
    rows: list[Json] = []
    accuracy = {}
    for shots in (0, 1, 2, 4, SHOTS):
        found = [mixture_likelihoods(world, pool[:shots], e.queries) for e, pool in zip(drawn, pools, strict=True)]
        exact = [mixture_likelihoods(world, pool[:shots], e.queries, 0.0) for e, pool in zip(drawn, pools, strict=True)]
        hits = [f.next_symbol.argmax(axis=1) == e.answers for f, e in zip(found, drawn, strict=True)]
        accuracy[shots] = np.array([h.mean() for h in hits])
        impossible = np.stack([one.impossible for one in exact])
        rows.append(
            {
                "demonstrations": shots,
                "accuracy": float(accuracy[shots].mean()),
                "share_impossible": float(impossible.mean()),
                "accuracy_where_possible": float(np.stack(hits)[~impossible].mean()) if not impossible.all() else None,
                "posterior_of_own_hmm": float(np.mean([f.hmms[:, h].mean() for f, h in zip(found, own, strict=True)])),
            }
        )
    answers = lab.answers("evaluation", n)
    by_restart: dict[str, Json] = {
        f"{rate:g}": float(correct(bayes_predictions(lab, "bayes-mixture", n=n, restart=rate), answers).mean())
        for rate in RESTARTS
    }
    free = [free_restart_likelihoods(world, pool[:SHOTS], e.queries) for e, pool in zip(drawn, pools, strict=True)]
    by_restart["free at delimiters"] = float(
        np.mean([f.next_symbol.argmax(axis=1) == e.answers for f, e in zip(free, drawn, strict=True)])
    )
    return ConcentrationStudy(accuracy[0], accuracy[SHOTS], rows, by_restart)
