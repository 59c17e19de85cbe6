"""The posterior predictives against the sum over all hidden paths, in a world small enough to write them out."""

import numpy as np

from iclgd_core.evidence.study import Study
from iclgd_core.learners.bayes import (
    POSTERIORS,
    RESTART,
    chains_by_start_slot,
    enumerated,
    mixture_of_hmms,
)
from iclgd_core.tasks import GincConfig, GincTask

SMALL = GincConfig(n_symbols=12, n_values=3, n_slots=4, n_hmms=4, n_in_mixture=3, seed=4)
"""A world whose prompts have some thousand hidden paths."""
LENGTH, DEMONSTRATIONS, EPISODES, QUERIES = 4, 2, 6, 2


def exactness_study(account: str) -> Study:
    """Predict a few prompts of the small world in both ways.

    Args:
        account: one of bayes.POSTERIORS.

    Returns:
        The largest difference of a probability between forward algorithm and enumeration, by prompt.
    """
    task, found = GincTask(LENGTH, SMALL), {}
    for index in range(EPISODES):
        drawn = task.episode(0, "evaluation", index, QUERIES)
        shown = np.concatenate([drawn.demonstrations, drawn.labels[:, None]], axis=1)[:DEMONSTRATIONS]
        predicted = POSTERIORS[account](task.world, shown, drawn.queries).next_symbol
        for i, query in enumerate(drawn.queries):
            if account == "bayes-mixture":
                whole = np.concatenate([*(np.append(run, drawn.separator) for run in shown), query])
                expected = enumerated(mixture_of_hmms(task.world, RESTART), [], whole)
            else:
                expected = enumerated(chains_by_start_slot(task.world), list(shown), query)
            found[f"episode {index}, query {i}"] = np.abs(predicted[i] - expected).max()
    return Study(
        numbers=found,
        details={"differences": {prompt: float(difference) for prompt, difference in found.items()}},
        fixed={"posterior": account, "k": LENGTH, "demonstrations": DEMONSTRATIONS, "world_seed": SMALL.seed},
    )
