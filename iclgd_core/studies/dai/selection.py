"""What choosing settings on the reported queries adds to what is reported (arXiv 2212.10559, section 4.1, appendix B).

The paper takes, of seven draws of demonstrations, the one with the best ICL accuracy on the validation set, then the
learning rate with the best fine-tuned accuracy there, and reports on the same set. Here the queries of an episode are
halved; settings are chosen on one half and reported on both:

    inflation = mean over halves of ( reported on the half that chose - reported on it by the other half's choice )
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners import get_optimizer, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.metrics import correct_among, sim_aou
from iclgd_core.models.activations import record
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.chosen import refuse_diverged
from iclgd_core.studies.dai.fine_tuning import OPTIMIZER, PART, FineTuning, measured, trained
from iclgd_core.studies.dai.recall import linear_ratio
from iclgd_core.tasks.prompts import EpisodePrompts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 7
"""Draws of demonstrations that are tried, as many as the paper's seeds."""
HALF = 56
"""Queries of each half: as many as CB, the smallest validation set of the paper, has."""
READ = 8
"""Queries of each half on which activations are read."""
EPISODES = 20
REPORTED = ("icl-accuracy", "ft-accuracy", "rec2ftp", "sim-aou")


def selection_study(lab: Lab) -> Study:
    """Choose demonstrations and rate on each half of the queries and report on both.

    Returns:
        "NAME, own choice" and "NAME, other's choice" for each of REPORTED, mean over halves: what is reported on a half
        by its own choice, and by that of the other half.

    Raises:
        ContextError: a task that holds fewer demonstrations or queries an episode than is needed.
        DivergedError: every rate diverged for some episode.
    """
    wide, rates = replace(lab, tier=replace(lab.tier, queries=2 * HALF)), lab.tier.one_pass.learning_rates
    n = lab.count("evaluation", EPISODES)
    settings: dict[str, str | int | float] = {"draws": DRAWS, "rates": repr(rates), "half": HALF, "read": READ}
    found = measured(wide, "selection", n, settings, lambda: _by_choice(wide, n))
    numbers = {name: array.astype(np.float64) for name, array in found.items()}
    own, other = ({name: numbers[f"{name}/{who}"] for name in _MEASURED} for who in ("own", "other"))
    for reported in (own, other):
        both, flipped = reported.pop("both"), reported.pop("flipped")
        reported["rec2ftp"] = linear_ratio(both, flipped)
    return Study(
        numbers={f"{name}, own choice": x for name, x in own.items()}
        | {f"{name}, other's choice": x for name, x in other.items()},
        details={
            "chosen_on_the_reported_half": {name: _mean(x) for name, x in own.items()},
            "chosen_on_the_other_half": {name: _mean(x) for name, x in other.items()},
            "halves_that_choose_alike": float(numbers["agreed"].mean()),
        },
        fixed={
            "draws": DRAWS,
            "learning_rates": list(rates),
            "queries_of_a_half": HALF,
            "queries_read": READ,
            "demonstrations": SHOTS,
            "objective": "lm",
            "part": PART,
            "optimizer": OPTIMIZER,
        },
    )


_MEASURED = ("icl-accuracy", "ft-accuracy", "both", "flipped", "sim-aou")


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if np.isfinite(values).all() else None


def _by_choice(lab: Lab, n: int) -> Arrays:
    drawn, rates = lab.episodes("evaluation", n), lab.tier.one_pass.learning_rates
    halves = (slice(0, HALF), slice(HALF, 2 * HALF))
    orders = np.tile(np.arange(DRAWS * SHOTS).reshape(DRAWS, SHOTS), (n, 1, 1))
    icl = _right(drawn, in_context(lab.model, drawn, orders))
    none = _right(drawn, in_context(lab.model, drawn, orders[:, :1, :0]))[:, 0]
    draws = np.stack([icl[:, :, half].mean(-1).argmax(axis=1) for half in halves], axis=1)  # (episodes, halves)
    chosen = np.take_along_axis(orders, draws[:, :, None], axis=1)
    runs = gradient_descent(lab.model, drawn, chosen, get_optimizer(OPTIMIZER), lab.tier.one_pass, PART, "lm")
    usable = np.logical_not(np.any(runs.diverged[..., 0], axis=1))  # (episodes, rates)
    refuse_diverged(np.logical_not(np.any(usable, axis=1)), "every learning rate")
    ft = np.stack([_right(drawn, runs.predictions[:, :, r, 0]) for r in range(len(rates))], axis=2)
    accuracy = np.stack([ft[:, h, :, half].mean(-1) for h, half in enumerate(halves)], axis=1)
    best = np.where(usable[:, None], accuracy, -1.0).argmax(axis=2)  # (episodes, halves), ties to the smaller rate
    icl_of, ft_of = (
        np.take_along_axis(icl, draws[:, :, None], axis=1),
        np.take_along_axis(ft, best[:, :, None, None], axis=2)[:, :, 0],
    )  # (episodes, who chose, queries)
    similar = _similarity(lab, drawn, chosen, np.asarray(rates)[best])
    flipped = (none[:, None] == 0.0) & (ft_of == 1.0)
    by_query = {"icl-accuracy": icl_of, "ft-accuracy": ft_of, "flipped": flipped, "both": flipped & (icl_of == 1.0)}
    out: Arrays = {"agreed": ((draws[:, 0] == draws[:, 1]) & (best[:, 0] == best[:, 1])).astype(np.float64)}
    for who, step in (("own", 0), ("other", 1)):
        for name, x in by_query.items():
            out[f"{name}/{who}"] = np.mean(
                [x[:, (h + step) % 2, half].mean(-1) for h, half in enumerate(halves)], axis=0
            )
        out[f"sim-aou/{who}"] = np.mean([similar[:, (h + step) % 2, h] for h in range(2)], axis=0)
    return out


def _right(drawn: list[EpisodePrompts], log_probs: LogProbs) -> Floats:
    """Return whether predictions (episodes, ..., queries, vocabulary) are right over the labels, 0 or 1."""
    each = [correct_among(log_probs[e], own.answers, own.label_set) for e, own in enumerate(drawn)]
    return np.stack(each)


def _similarity(lab: Lab, drawn: list[EpisodePrompts], chosen: Ints, rates: Floats) -> Floats:
    """Return normalised SimAOU, mean over layers and queries, (episodes, who chose, half that is read)."""
    out = np.empty((len(drawn), 2, 2))
    kept = np.r_[0:READ, HALF : HALF + READ]
    for who in range(2):
        for rate in np.unique(rates[:, who]):
            rows = np.flatnonzero(rates[:, who] == rate)
            how = FineTuning(float(rate), Setting(float(rate), 1, 0, {}))
            for i, weights in trained(lab, how, [drawn[e] for e in rows], chosen[rows, who]):
                e = int(rows[i])
                asked, alone = drawn[e].prompts(chosen[e, who]), drawn[e].prompts(chosen[e, who][:0])
                asked, alone = [asked[q] for q in kept], [alone[q] for q in kept]
                icl, none, tuned = record(lab.model, asked), record(lab.model, alone), record(lab.model, alone, weights)
                outputs = icl.attention_out, none.attention_out, tuned.attention_out
                by_query = sim_aou(*outputs, True).mean(axis=0)
                out[e, who] = by_query.reshape(2, READ).mean(axis=1)
    return out
