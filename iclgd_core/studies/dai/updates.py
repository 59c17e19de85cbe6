"""The update matrices themselves: Delta W_ICL against Delta W_FT, by layer (arXiv 2212.10559, sections 3.1 and 3.2).

    Delta W_ICL = sum_i (W_V x'_i) (W_K x'_i)^T                              x'_i: tokens of the demonstrations
    Delta W_FT  = (W_V + dW_V) X X^T (W_K + dW_K)^T - W_V X X^T W_K^T         X: tokens of the query

x: what goes into the layer's attention, in the model as it was: of the prompt with demonstrations for x', of the query
alone for X. Queries, keys and values without rotation, as the paper writes them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.lab.store.store import Arrays
from iclgd_core.metrics import cosine, outer_products
from iclgd_core.models.activations import attention_inputs, project
from iclgd_core.studies.dai.fine_tuning import (
    QUERIES,
    FineTuning,
    common_tail,
    fine_tuning,
    first_order,
    measured,
    trained,
)
from iclgd_core.studies.dai.layers import LOSSES, LayerFigure, layer_study
from iclgd_core.tasks.prompts import EpisodePrompts, Prompt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Weights = Mapping[str, torch.Tensor]


def update_study(lab: Lab, objective: str = "lm") -> Study:
    """Measure the cosine of Delta W_ICL and Delta W_FT by layer, mean over heads and queries.

    Returns:
        Mean over layers of "own", the cosine of both updates on the same demonstrations, and "other": Delta W_FT by
        the weights that were trained on the episode before's demonstrations, on the same query: what two updates share
        without having a demonstration in common.

    Raises:
        DivergedError: a run diverged.
        SettingsError: an update of length zero.
    """
    how, n = fine_tuning(lab, objective), lab.count("evaluation", lab.tier.minibatch_episodes)
    settings = {**how.key(), "queries": QUERIES}
    arrays = measured(lab, "updates", n, settings, lambda: _cosines(lab, how, n))
    lines = {"own": ("sgd1", "the same demonstrations"), "other": ("other", "demonstrations of another episode")}
    quantity = "cosine of Delta W_ICL and Delta W_FT (-1 to 1)"
    figure = LayerFigure(quantity, lines, LOSSES.get(objective, objective))
    return layer_study(arrays, how, figure, queries_read=QUERIES)


def _cosines(lab: Lab, how: FineTuning, n: int) -> Arrays:
    """Return "own" and "other", (episodes, layers) each; the other weights are those of the episode before."""
    drawn, orders = lab.episodes("evaluation", n), first_order(lab, n)
    rows: dict[int, Floats] = {}
    first: Weights = {}
    before: Weights = {}
    for e, weights in trained(lab, how, drawn, orders):
        if e == 0:
            first = weights
        else:
            rows[e] = _of_episode(lab, drawn[e], orders[e], (weights, before))
        before = weights
    rows[0] = _of_episode(lab, drawn[0], orders[0], (first, before))
    both = np.stack([rows[e] for e in range(n)])
    return {"own": both[:, 0], "other": both[:, 1]}


def _of_episode(lab: Lab, episode: EpisodePrompts, order: Ints, trained_on: Sequence[Weights]) -> Floats:
    """Return the cosine by layer for each set of weights, mean over heads and queries, (sets, layers)."""
    asked, alone = episode.prompts(order)[:QUERIES], episode.prompts(order[:0])[:QUERIES]
    shared = len(asked[0].ids) - common_tail(asked[0], alone[0])
    # a causal model reads the demonstrations in the same way whatever query follows
    prefix = attention_inputs(lab.model, [Prompt(asked[0].ids[:shared], shared - 1)])[:, 0]
    by_prompts, inputs = _flat(_outer(lab, prefix, None)), attention_inputs(lab.model, alone)
    rows = []
    for i, prompt in enumerate(alone):
        x = inputs[:, i, : len(prompt.ids)]
        start = _outer(lab, x, None)
        rows.append([cosine(_flat(_outer(lab, x, weights) - start), by_prompts).mean(-1) for weights in trained_on])
    return np.asarray(np.mean(rows, axis=0))


def _flat(update: Floats) -> Floats:
    return update.reshape(*update.shape[:2], -1)


def _outer(lab: Lab, x: NDArray[np.floating], weights: Weights | None) -> Floats:
    """Return sum_i (W_V x_i) (W_K x_i)^T of tokens x (layers, tokens, d), (layers, heads, d_head, d_head)."""
    values, keys = (np.moveaxis(project(lab.model, x, which, weights), 1, 2) for which in ("v", "k"))
    return outer_products(values, keys)
