"""Rec2FTP and its chance level: how much of what fine-tuning puts right ICL puts right too (arXiv 2212.10559)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import Rec2Ftp, rec2ftp
from iclgd_core.stats import paired_greater
from iclgd_core.studies.chosen import refuse_diverged
from iclgd_core.studies.dai.fine_tuning import FineTuning, fine_tuning, right

Floats = NDArray[np.float64]

READINGS = ("as-reported", "above-chance")
"""Rec2FTP as the paper reports it, and minus what ICL would recover of queries that were flipped at random."""


@dataclass(frozen=True, eq=False)
class RecallStudy:
    """Counts behind Rec2FTP.

    Attributes:
        found: counts by episode.
        accuracy: of zero-shot, fine-tuning and ICL, mean over episodes.
        how: the fine-tuning.
    """

    found: Rec2Ftp
    accuracy: dict[str, float]
    how: FineTuning

    def outcome(self, reading: str, margin: float, minimum_effect: float) -> Outcome:
        """Judge Rec2FTP, or its excess over chance, by one number an episode.

        Rec2FTP is a ratio of sums, R = sum g / sum f, with f_e the flipped queries of episode e, g_e what is counted of
        them (as reported: both_e; above chance: both_e - expected_e). It is judged by its linearisation,

            mean over e of  R + ( g_e - R f_e ) / mean f  > margin

        whose mean is R and whose spread is that of the ratio: how many queries are flipped varies, too.

        Args:
            reading: one of READINGS.
            margin: what it must exceed.
            minimum_effect: distance from the margin that is worth detecting.
        """
        found, quantity = self.found, f"Rec2FTP, {reading.replace('-', ' ')}"
        n = len(found.flipped)
        if not found.flipped.any():
            why = "fine-tuning put nothing right that zero-shot has wrong, so there is nothing to recover"
            return Outcome.without_verdict(quantity, f"Rec2FTP > {margin:g}", margin, n, why)
        counted = found.both - found.expected if reading == "above-chance" else found.both
        return paired_greater(
            linear_ratio(counted, found.flipped),
            np.zeros(n),
            margin=margin,
            quantity=quantity,
            minimum_effect=minimum_effect,
        )

    def curves(self) -> tuple[Curve, ...]:
        """Return none: these are single numbers."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return how the learning rate was chosen."""
        return self.how.setting.protocol | {"not_training_is_a_choice": False}

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {
            "demonstrations": SHOTS,
            "scope": self.how.scope,
            "objective": self.how.objective,
            "part": self.how.part,
            "optimizer": self.how.optimizer,
        }

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "rec2ftp": self.found.value,
            "chance": self.found.chance,
            "flipped": int(self.found.flipped.sum()),
            "recovered": int(self.found.both.sum()),
            "accuracy": dict(self.accuracy),
            "learning_rate": self.how.rate,
            "tuning_accuracy": {rate: dict(row) for rate, row in self.how.setting.table.items()},
        }


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


def recall_study(lab: Lab, scope: str, objective: str = "lm") -> RecallStudy:
    """Measure Rec2FTP on all queries of the evaluation episodes.

    Args:
        lab: the laboratory.
        scope: what counts as right: the argmax over the "labels" (the paper) or the "vocabulary".
        objective: what fine-tuning minimises.

    Raises:
        DivergedError: a run diverged.
    """
    how = fine_tuning(lab, objective, scope)
    n = lab.count("evaluation", lab.tier.accuracy_episodes)
    runs = lab.descend(how.optimizer, how.schedule, part=how.part, n=n, objective=objective)
    refuse_diverged(runs.diverged, f"{how.optimizer} at learning rate {how.rate:g}")
    predictions = {
        "zero_shot": lab.zero_shot(n=n),
        "fine_tuned": runs.log_probs[:, 0, 0, 0],
        "icl": lab.in_context(n=n)[:, 0],
    }
    each = {name: right(lab, log_probs, scope) for name, log_probs in predictions.items()}
    return RecallStudy(rec2ftp(**each), {name: float(x.mean()) for name, x in each.items()}, how)
