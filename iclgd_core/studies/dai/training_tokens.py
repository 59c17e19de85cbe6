"""Attention to training tokens: do ICL and fine-tuning rank the demonstrations' tokens alike (arXiv 2212.10559).

    m_ICL: scores of the last token with each token of the demonstrations, summed over heads
    m_FT:  inner product of the query vectors, all heads, of the last token (after fine-tuning, no demonstrations) and
           of each training token (in its own forward pass, before that example's step)

The first token of each demonstration is left out. Query vectors are W_Q x, without the rotation of rotary positions:
the two stand in different sequences.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners.gd.objectives import sequences
from iclgd_core.metrics import kendall_tau
from iclgd_core.models.activations import Recorded, attention_inputs, project, record
from iclgd_core.seeds import stream
from iclgd_core.studies.dai.fine_tuning import (
    QUERIES,
    FineTuning,
    fine_tuning,
    first_order,
    measured,
    trained,
)
from iclgd_core.studies.dai.layers import LayerFigure, layer_study
from iclgd_core.tasks.prompts import EpisodePrompts, Prompt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOGETHER = 12
"""Episodes whose training tokens are held at once."""


def training_token_study(lab: Lab, objective: str = "lm") -> Study:
    """Measure Kendall's tau of attention to training tokens by layer, mean over queries.

    Returns:
        Mean over layers of "tau"; "random", of random numbers in place of m_FT (the paper's chance level); and
        "shuffled", with the demonstrations in m_FT permuted: what is left where only a token's place within its
        demonstration is known.

    Raises:
        NotRunError: demonstrations whose tokens differ between a prompt and a training sequence.
        DivergedError: a run diverged.
    """
    how, n = fine_tuning(lab, objective), lab.count("evaluation", lab.tier.minibatch_episodes)
    settings = {**how.key(), "seed": lab.seed, "queries": QUERIES}
    arrays = measured(lab, "training tokens", n, settings, lambda: _taus(lab, how, n))
    lines = {
        "tau": ("sgd1", "ICL and fine-tuning"),
        "shuffled": ("shuffled", "demonstrations permuted"),
        "random": ("random", "random numbers"),
    }
    figure = LayerFigure("Kendall's tau of attention to training tokens (-1 to 1)", lines)
    return layer_study(arrays, how, figure, queries_read=QUERIES)


def _taus(lab: Lab, how: FineTuning, n: int) -> Arrays:
    drawn, orders = lab.episodes("evaluation", n), first_order(lab, n)
    rows: list[dict[str, Floats]] = []
    for at in range(0, n, TOGETHER):
        some, their = drawn[at : at + TOGETHER], orders[at : at + TOGETHER]
        taught = _training_queries(lab, how, some, their)
        for e, weights in trained(lab, how, some, their):
            rng = stream(lab.seed, lab.task.name, "evaluation", at + e, "training tokens")
            rows.append(_of_episode(lab, some[e], their[e], weights, taught[e], rng))
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _of_episode(
    lab: Lab,
    episode: EpisodePrompts,
    order: Ints,
    weights: dict[str, torch.Tensor],
    taught: list[Floats],
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Return tau and its chance levels, mean over queries, (layers,) each."""
    asked, alone = episode.prompts(order)[:QUERIES], episode.prompts(order[:0])[:QUERIES]
    lessons = [lesson.ids for lesson in _sequences(episode, order)]
    m_icl = _prompted(record(lab.model, asked), [positions(prompt.ids, lessons) for prompt in asked])
    last = project(lab.model, record(lab.model, alone, weights).inputs, "q", weights)
    by_demonstration = [np.einsum("lqhd,lthd->lqt", last, tokens) for tokens in taught]
    m_ft = np.concatenate(by_demonstration, axis=-1)
    shuffled = np.concatenate(_permuted(by_demonstration, rng), axis=-1)
    each = {"tau": m_ft, "shuffled": shuffled, "random": rng.random(m_ft.shape)}
    return {name: kendall_tau(m_icl, m).mean(-1) for name, m in each.items()}


def _training_queries(lab: Lab, how: FineTuning, drawn: list[EpisodePrompts], orders: Ints) -> list[list[Floats]]:
    """Return the query vectors of each demonstration's tokens, the first left out, (layers, tokens, heads, d_head).

    Demonstration i is read with the weights before its step: those of a pass over the i demonstrations before it.
    """
    found: list[list[Floats]] = [[] for _ in drawn]

    def read(e: int, i: int, weights: dict[str, torch.Tensor] | None) -> None:
        lesson = _sequences(drawn[e], orders[e])[i]
        x = attention_inputs(lab.model, [lesson], weights)[:, 0, 1:]
        found[e].append(project(lab.model, x, "q", weights))

    for i in range(orders.shape[1]):
        if i == 0:
            for e in range(len(drawn)):
                read(e, 0, None)
        else:
            for e, weights in trained(lab, how, drawn, orders[:, :i]):
                read(e, i, weights)
    return found


def _sequences(episode: EpisodePrompts, order: Ints) -> list[Prompt]:
    return sequences(episode.examples(order), episode.targets(order))


def _prompted(seen: Recorded, places: list[Ints]) -> Floats:
    """Return the scores with the tokens at `places`, summed over heads, (layers, prompts, tokens)."""
    longest = seen.scores.shape[-1]
    rows = [seen.scores[:, i, :, at + longest - int(seen.lengths[i])].sum(axis=-1).T for i, at in enumerate(places)]
    return np.asarray(np.stack(rows, axis=1), dtype=np.float64)


def _permuted(parts: list[Floats], rng: np.random.Generator) -> list[Floats]:
    """Return the parts with those of equal length moved along one random cycle, so that none stays unless alone."""
    out = list(parts)
    for length in sorted({part.shape[-1] for part in parts}):
        members = rng.permutation([i for i, part in enumerate(parts) if part.shape[-1] == length])
        for here, there in zip(members, np.roll(members, 1), strict=True):
            out[there] = parts[here]
    return out


def positions(prompt: Ints, lessons: list[Ints]) -> Ints:
    """Return where the tokens of training sequences stand in a prompt, the first of each sequence left out.

    Each sequence is looked for behind the one before it, with or without its first token (a BOS that only the start of
    the prompt has).

    Raises:
        NotRunError: a sequence that is not there token by token.
    """
    found, start = [], 0
    for i, lesson in enumerate(lessons):
        at, n = _first(prompt, lesson, start), len(lesson) - 1
        at = at + 1 if at is not None else _first(prompt, lesson[1:], start)
        if at is None:
            raise NotRunError(
                f"demonstration {i + 1} has other tokens in the prompt than alone, so that attention to its tokens "
                "cannot be compared one by one; use a template whose fields begin at word boundaries."
            )
        found.append(np.arange(at, at + n))
        start = at + n
    return np.concatenate(found)


def _first(prompt: Ints, wanted: Ints, start: int) -> int | None:
    """Return where the tokens `wanted` first stand in a row in a prompt, from `start` on; None if nowhere."""
    if len(prompt) - start < len(wanted):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(prompt[start:], len(wanted))
    hits = np.flatnonzero((windows == wanted).all(axis=1))
    return start + int(hits[0]) if len(hits) else None
