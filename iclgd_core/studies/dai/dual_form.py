"""The dual form of attention on a model's own queries, keys and values (arXiv 2212.10559, sections 2 and 3.1).

The identity is judged on W_K x and W_V x, as the paper writes it, without the rotation of rotary positions. How far
softmax attention is from linear attention is judged on the scores that the model computes, rotated and scaled.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.store.store import Arrays
from iclgd_core.metrics import linear_attention, outer_products, relaxation_share
from iclgd_core.models.activations import Recorded, attention_inputs, project, record
from iclgd_core.studies.dai.fine_tuning import common_tail, first_order, measured
from iclgd_core.studies.dai.layers import LayerFigure, layer_study
from iclgd_core.tasks.prompts import Prompt

Floats = NDArray[np.float64]

IDENTITY_EPISODES = 4
QUERIES_READ = 4


def identity_study(lab: Lab) -> Study:
    """Hold both sides of the dual form against each other in float64, on prompts with demonstrations.

        | linear_attention([V'; V], [K'; K], q) - (W_ZSL + Delta W_ICL) q | / | linear_attention |

    Returns:
        By layer the largest distance over episodes, queries and heads; in the details | Delta W_ICL q | / | output |,
        mean, as well: that the sum has two parts to it.
    """
    drawn, orders = lab.episodes("evaluation", IDENTITY_EPISODES), first_order(lab, IDENTITY_EPISODES)
    distances, shares = [], []
    for episode, order in zip(drawn, orders, strict=True):
        for asked, alone in zip(episode.prompts(order)[:QUERIES_READ], episode.prompts(order[:0]), strict=False):
            values, keys, query = _tokens(lab, asked)
            at = values.shape[-2] - common_tail(asked, alone)
            attended = linear_attention(values, keys, query)
            of_query, of_demonstrations = (outer_products(values[..., s, :], keys[..., s, :])
                                           for s in (slice(at, None), slice(0, at)))  # fmt: skip
            updated = np.einsum("...vk,...k->...v", of_query + of_demonstrations, query)
            size = np.linalg.norm(attended, axis=-1)
            distances.append((np.linalg.norm(attended - updated, axis=-1) / size).max(axis=1))
            shares.append(
                (np.linalg.norm(np.einsum("...vk,...k->...v", of_demonstrations, query), axis=-1) / size).mean(1)
            )
    layers = [f"layer {i + 1}" for i in range(len(distances[0]))]
    distance, share = np.max(distances, axis=0), np.mean(shares, axis=0).tolist()
    return Study(
        numbers=dict(zip(layers, distance, strict=True)),
        details={
            "distance": dict(zip(layers, distance.tolist(), strict=True)),
            "demonstrations_share": dict(zip(layers, share, strict=True)),
        },
        fixed={
            "episodes": IDENTITY_EPISODES,
            "queries_read": QUERIES_READ,
            "demonstrations": SHOTS,
            "dtype": "float64",
        },
    )


def relaxation_study(lab: Lab) -> Study:
    """Measure how much of softmax attention's output linear attention explains, at the last token of ICL prompts.

    Returns:
        Mean over layers of "head" (one best factor a head, mean over heads), "layer" (one factor for all heads of a
        layer, before the output projection), and for comparison "uniform" (the mean of all values in place of linear
        attention, one factor a head), each a share in [0, 1].
    """
    n = lab.count("evaluation", lab.tier.minibatch_episodes)
    arrays = measured(lab, "relaxation", n, {"queries": QUERIES_READ}, lambda: _relaxations(lab, n))
    lines = {"head": ("linear", "linear attention"), "uniform": ("uniform", "mean of the values")}
    figure = LayerFigure("share of softmax attention's output explained (0 to 1)", lines)
    return layer_study(arrays, figure=figure, queries_read=QUERIES_READ, position="last token of the prompt")


def _relaxations(lab: Lab, n: int) -> Arrays:
    drawn, orders = lab.episodes("evaluation", n), first_order(lab, n)
    rows: list[dict[str, Floats]] = []
    for episode, order in zip(drawn, orders, strict=True):
        asked = episode.prompts(order)[:QUERIES_READ]
        seen = record(lab.model, asked)
        each = [_shares(lab, prompt, seen, i) for i, prompt in enumerate(asked)]
        rows.append({name: np.mean([one[name] for one in each], axis=0) for name in each[0]})
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _shares(lab: Lab, prompt: Prompt, seen: Recorded, at: int) -> dict[str, Floats]:
    """Return the shares of one prompt, (layers,) each."""
    values, _, _ = _tokens(lab, prompt)  # (layers, heads, tokens, d_head)
    scores = np.asarray(seen.scores[:, at, :, -int(seen.lengths[at]) :], dtype=np.float64)
    soft = np.einsum("lht,lhtd->lhd", softmax(scores, axis=-1), values)
    linear, uniform = np.einsum("lht,lhtd->lhd", scores, values), values.mean(axis=-2)
    return {
        "head": relaxation_share(soft, linear).mean(-1),
        "layer": relaxation_share(soft.reshape(len(soft), -1), linear.reshape(len(soft), -1)),
        "uniform": relaxation_share(soft, uniform).mean(-1),
    }


def _tokens(lab: Lab, prompt: Prompt) -> tuple[Floats, Floats, Floats]:
    """Return values and keys of all tokens (layers, heads, tokens, d_head), the last one's query (layers, heads, d)."""
    x = attention_inputs(lab.model, [prompt])[:, 0, : prompt.readout + 1]
    values, keys = (np.moveaxis(project(lab.model, x, which), 1, 2) for which in ("v", "k"))
    return values, keys, project(lab.model, x[:, -1], "q")
