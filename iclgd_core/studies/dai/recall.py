"""Rec2FTP and its chance level: how much of what fine-tuning puts right ICL puts right too (arXiv 2212.10559)."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import rec2ftp
from iclgd_core.stats import paired_greater
from iclgd_core.studies.chosen import refuse_diverged
from iclgd_core.studies.dai.fine_tuning import fine_tuning, right

Floats = NDArray[np.float64]

READINGS = ("as-reported", "above-chance")
"""Rec2FTP as the paper reports it, and minus what ICL would recover of queries that were flipped at random."""


def recall_outcome(study: Study, reading: str, margin: float, minimum_effect: float) -> Outcome:
    """Judge Rec2FTP, or its excess over chance, by one number an episode.

    Rec2FTP is a ratio of sums, R = sum g / sum f, with f_e the flipped queries of episode e, g_e what is counted of
    them (as reported: both_e; above chance: both_e - expected_e). It is judged by its linearisation,

        mean over e of  R + ( g_e - R f_e ) / mean f  > margin

    whose mean is R and whose spread is that of the ratio: how many queries are flipped varies, too.

    Args:
        study: of `recall_study`.
        reading: one of READINGS.
        margin: what it must exceed.
        minimum_effect: distance from the margin that is worth detecting.
    """
    flipped, quantity = study["flipped"], f"Rec2FTP, {reading.replace('-', ' ')}"
    if not flipped.any():
        why = "fine-tuning put nothing right that zero-shot has wrong, so there is nothing to recover"
        return Outcome.without_verdict(quantity, f"Rec2FTP > {margin:g}", margin, len(flipped), why)
    counted = study["recovered"] - (study["recovered by chance"] if reading == "above-chance" else 0.0)
    return paired_greater(
        linear_ratio(counted, flipped),
        np.zeros_like(flipped),
        margin=margin,
        quantity=quantity,
        minimum_effect=minimum_effect,
    )


def linear_ratio(part: Floats, whole: Floats) -> Floats:
    """Return numbers by episode whose mean is the ratio R = sum(part) / sum(whole), and whose spread is that of R.

        R + ( part_e - R whole_e ) / mean(whole)

    the ratio to first order in each episode's share (delta method). NaN, which no rule judges, where the ratio is
    undefined: nothing was counted in any episode.

    Args:
        part: (episodes,).
        whole: (episodes,), not negative.

    >>> linear_ratio(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    array([0.5, 0.5])
    """
    if whole.sum() == 0.0:
        return np.full(len(whole), np.nan)
    ratio = part.sum() / whole.sum()
    return np.asarray(ratio + (part - ratio * whole) / whole.mean())


def recall_study(lab: Lab, scope: str, objective: str = "lm") -> Study:
    """Measure Rec2FTP on all queries of the evaluation episodes.

    Args:
        lab: the laboratory.
        scope: what counts as right: the argmax over the "labels" (the paper) or the "vocabulary".
        objective: what fine-tuning minimises.

    Returns:
        Counts of an episode: queries "flipped" (fine-tuning puts them right, zero-shot has them wrong), of these
        "recovered" (ICL has them right as well), and "recovered by chance" (expected if they were flipped at random).

    Raises:
        DivergedError: a run diverged.
    """
    how = fine_tuning(lab, objective, scope)
    n = lab.count("evaluation", lab.tier.accuracy_episodes)
    runs = lab.descend(how.optimizer, how.schedule, part=how.part, n=n, objective=objective)
    refuse_diverged(runs.diverged, f"{how.optimizer} at learning rate {how.rate:g}")
    predictions = {
        "zero_shot": lab.zero_shot(n=n),
        "fine_tuned": runs.predictions[:, 0, 0, 0],
        "icl": lab.in_context(n=n)[:, 0],
    }
    each = {name: right(lab, log_probs, scope) for name, log_probs in predictions.items()}
    found = rec2ftp(**each)
    return Study(
        numbers={"flipped": found.flipped, "recovered": found.both, "recovered by chance": found.expected},
        details={
            "rec2ftp": found.value,
            "chance": found.chance,
            "flipped": int(found.flipped.sum()),
            "recovered": int(found.both.sum()),
            "accuracy": {name: float(x.mean()) for name, x in each.items()},
            **how.chosen,
        },
        fixed={"demonstrations": SHOTS, "scope": scope, **how.settings},
        tuning=how.protocol,
    )
