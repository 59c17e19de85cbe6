"""SimAOU and SimAM of fine-tuning and ICL by layer, raw and normalised, beside random updates (arXiv 2212.10559).

Read at the last token of the prompt. The paper's code reads, for labels of a single token, one position further: that
of the first candidate label, which its recorded sequence includes.
"""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.lab.store.store import Arrays
from iclgd_core.metrics import sim_am, sim_am_delta, sim_aou, unit
from iclgd_core.metrics.cosine import cosine
from iclgd_core.models.activations import Recorded, record
from iclgd_core.models.language.projections import WHICH, projection_places
from iclgd_core.seeds import stream
from iclgd_core.studies.dai.fine_tuning import (
    QUERIES,
    FineTuning,
    common_tail,
    fine_tuning,
    first_order,
    measured,
    trained,
)
from iclgd_core.studies.dai.layers import LayerFigure, layer_study

Floats = NDArray[np.float64]

NORMALISATIONS = ("normalised", "raw")
"""SimAOU of h / |h| (arXiv 2212.10559, as coded) and of h itself (arXiv 2311.07772)."""

BASELINES = ("uniform", "centred", "same-length")
"""Random updates: uniform in [0, 1) (the paper's), the same minus 1/2, and a random direction of the same length that
starts where fine-tuning starts: the like-for-like one, since normalising pulls both updates back to the sphere."""


def similarity_study(
    lab: Lab,
    objective: str = "lm",
    *,
    how: FineTuning | None = None,
    n: int | None = None,
    figure: LayerFigure | None = None,
    first: int = 0,
) -> Study:
    """Measure how alike fine-tuning and ICL change attention, by layer.

    Args:
        lab: the laboratory; `lab.of(model)` for another model.
        objective: what fine-tuning minimises, one of learners.OBJECTIVES.
        how: a fine-tuning that was chosen already, for example at another objective's rate; None: the most accurate
            over the labels on tuning episodes.
        n: evaluation episodes; by default the tier's number for full-batch GD.
        figure: what is drawn; None for nothing.
        first: the layer, from 0, from which on the numbers average.

    Returns:
        Mean over layers of "sim-aou/FORM", "sim-aou/FORM/BASELINE" (the random update's), "sim-am/before",
        "sim-am/after" and "sim-am/delta", the last from layer 2 on.

    Raises:
        NotRunError: a model of one layer.
        DivergedError: a run diverged.
        SettingsError: an update of length zero, which has no direction.
    """
    if len(projection_places(lab.model.shape.module)) <= len(WHICH):
        raise NotRunError("with one layer, no demonstration changes how a query attends to its own tokens.")
    how = how or fine_tuning(lab, objective)
    n = lab.count("evaluation", n or lab.tier.episodes)
    chosen = how

    def compute() -> Arrays:
        return _similarities(lab, chosen, n)

    arrays = measured(lab, "similarity", n, {**how.key(), "seed": lab.seed, "queries": QUERIES}, compute)
    return layer_study(arrays, how, figure, first, queries_read=QUERIES, position="last token of the prompt")


def _similarities(lab: Lab, how: FineTuning, n: int) -> Arrays:
    drawn, orders = lab.episodes("evaluation", n), first_order(lab, n)
    rows: list[dict[str, Floats]] = []
    for e, weights in trained(lab, how, drawn, orders):
        asked, alone = drawn[e].prompts(orders[e])[:QUERIES], drawn[e].prompts(orders[e][:0])[:QUERIES]
        tails = [common_tail(one, other) for one, other in zip(asked, alone, strict=True)]
        icl, none, tuned = record(lab.model, asked), record(lab.model, alone), record(lab.model, alone, weights)
        rng = stream(lab.seed, lab.task.name, "evaluation", e, "random update")
        rows.append(_of_outputs(icl, none, tuned, rng) | _of_maps(icl, none, tuned, tails))
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _of_outputs(icl: Recorded, none: Recorded, tuned: Recorded, rng: np.random.Generator) -> dict[str, Floats]:
    """Return SimAOU and that of random updates, (layers,) each."""
    h_icl, h_zs, h_ft = (np.asarray(one.attention_out, dtype=np.float64) for one in (icl, none, tuned))
    uniform, direction = rng.random(h_zs.shape), unit(rng.standard_normal(h_zs.shape))
    h_random = h_zs + direction * np.linalg.norm(h_ft - h_zs, axis=-1, keepdims=True)
    out = {}
    for form in NORMALISATIONS:
        normalise = form == "normalised"
        update = unit(h_icl) - unit(h_zs) if normalise else h_icl - h_zs
        out[f"sim-aou/{form}"] = sim_aou(h_icl, h_zs, h_ft, normalise).mean(-1)
        out[f"sim-aou/{form}/uniform"] = cosine(update, uniform).mean(-1)
        out[f"sim-aou/{form}/centred"] = cosine(update, uniform - 0.5).mean(-1)
        out[f"sim-aou/{form}/same-length"] = sim_aou(h_icl, h_zs, h_random, normalise).mean(-1)
    return out


def _of_maps(icl: Recorded, none: Recorded, tuned: Recorded, tails: list[int]) -> dict[str, Floats]:
    """Return SimAM over the query's tokens, mean over heads and queries, (layers,) each; delta from layer 2 on.

    In layer 1 the query's tokens are the same with and without demonstrations; with rotary positions so are its scores.
    """
    m_icl, m_zs, m_ft = (one.tail(tails) for one in (icl, none, tuned))
    return {
        "sim-am/before": sim_am(m_icl, m_zs).mean((-1, -2)),
        "sim-am/after": sim_am(m_icl, m_ft).mean((-1, -2)),
        "sim-am/delta": sim_am_delta(m_icl[1:], m_zs[1:], m_ft[1:]).mean((-1, -2)),
    }
