"""In-context regression in text: how near learners come to ICL's expected answer, in normalised prediction distance."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners import get_optimizer
from iclgd_core.metrics.expected_digit import expected_digit, label_log_probs
from iclgd_core.metrics.prediction_distance import npd
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.accounts import NPD, between, cells_of, closure_details
from iclgd_core.studies.chosen import nearest_gd, sizes_of
from iclgd_core.studies.forms import account_of
from iclgd_core.tasks.text.linear_digits import LinearDigits, answer_variance
from iclgd_core.tasks.text.text_prompts import TextPrompts

Floats = NDArray[np.float64]

CRITERION = "1 - npd of the expected digit"


def text_regression_study(lab: Lab, optimizer: str) -> Study:
    """Measure how near the most favourable GD comes to ICL's expected digit, and how near ICL comes to itself.

    Agreement is 1 - npd of expected digits: 1 for the same, unbounded below. Episodes, settings and orders are those
    of `agreement_study`, so that both share their measurements.

    Args:
        lab: the laboratory, on `LinearDigits`.
        optimizer: name of an optimizer.

    Raises:
        NotRunError: another task, or a tokenizer under which the digits' tokens depend on the episode.
        DivergedError: a run diverged on the evaluation episodes.
    """
    rule = get_optimizer(optimizer)
    n, n_tuning, orders = sizes_of(lab.tier, rule)
    labels, right = _digits(lab, n_tuning, n)

    def agree(predictions: LogProbs, icl: LogProbs) -> Floats:
        return _agreement(expected_digit(predictions, labels), expected_digit(icl, labels))

    found = nearest_gd(lab, optimizer, agree, CRITERION, lab.tier.schedule(rule.rule), n, n_tuning, orders)
    predictions = {
        "icl": found.icl,
        "icl-other-order": found.other_order,
        optimizer: found.learner,
        "zero-shot": found.zero_shot,
    }
    said = {name: expected_digit(p, labels) for name, p in predictions.items()}
    mass = {name: np.exp(label_log_probs(p, labels)).sum(-1).mean() for name, p in predictions.items()}
    ends = found.agreement(agree)
    return between(
        lab,
        NPD,
        ends,
        cells_of(account_of(optimizer, "whole", "labels")),
        {
            **closure_details(ends),
            **found.details(),
            "npd_from_answers": {name: float(1.0 - _agreement(one, right).mean()) for name, one in said.items()},
            "mass_on_digits": {name: float(share) for name, share in mass.items()},
        },
        {
            "agreement": CRITERION,
            "variance_of_answers": answer_variance(),
            "optimizer": optimizer,
            "part": "whole",
            "demonstrations": SHOTS,
        },
        found.setting.protocol,
    )


def _agreement(f: Floats, g: Floats) -> Floats:
    """1 - npd of expected digits (episodes, queries), (episodes,)."""
    return 1.0 - npd(f[..., None], g[..., None], answer_variance())


def _digits(lab: Lab, n_tuning: int, n: int) -> tuple[tuple[int, ...], Floats]:
    """Return the token ids of the digits, 0 first, and the right digits of the evaluation queries, (n, queries)."""
    if not isinstance(lab.task, LinearDigits):
        raise NotRunError(f"task {lab.task.name!r} has no answers that are numbers; give --iclgd-task=linear-digits.")
    tuning, evaluation = (
        [episode for episode in lab.episodes(split, lab.count(split, count)) if isinstance(episode, TextPrompts)]
        for split, count in (("tuning", n_tuning), ("evaluation", n))
    )
    tokens = {episode.labels.tokens for episode in (*tuning, *evaluation)}
    if len(tokens) != 1:
        raise NotRunError(f"under the tokenizer of {lab.model.name!r} the tokens of digits differ between episodes.")
    right = [[row.label for row in episode.episode.queries] for episode in evaluation]
    return tokens.pop(), np.array(right, dtype=np.float64)
