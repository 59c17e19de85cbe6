"""What forced delimiters do to the posterior of the pretraining mixture (arXiv 2111.02080, section 2)."""

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners.bayes import free_restart_likelihoods, mixture_likelihoods, structure_likelihoods
from iclgd_core.metrics import correct
from iclgd_core.studies.xie.bayes_predictions import RESTARTS, bayes_predictions, ginc_task
from iclgd_core.tasks.ginc.prompts import GincPrompts

IDENTIFYING = 64
"""Demonstrations from which an episode's own HMM is read off, by the posterior that knows the structure."""


def concentration_study(lab: Lab) -> Study:
    """Follow the mixture's posterior, in the limit of no restarts, along 0, 1, 2, 4, 8 demonstrations.

    Returns:
        Accuracy of the mixture "without demonstrations" and "with 8 demonstrations"; in the details, by number of
        demonstrations: accuracy, share of impossible prompts, posterior of the episode's own HMM; and accuracy with 8
        demonstrations by restart rate, and with free restarts at the delimiters.

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
    return Study(
        numbers={"without demonstrations": accuracy[0], "with 8 demonstrations": accuracy[SHOTS]},
        details={"by_demonstrations": rows, "accuracy_by_restart_rate": by_restart},
        fixed={"demonstrations": SHOTS, "restart_rates": list(RESTARTS), "identifying": IDENTIFYING},
    )
