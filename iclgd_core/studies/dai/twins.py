"""Two ways of pretraining, paired by seed: what one attention gains over another (arXiv 2212.10559, section 6)."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve, Point, accuracy_of
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.models.language.perplexity import token_losses
from iclgd_core.models.pretrain.corpus import documents, windows
from iclgd_core.models.pretrain.recipe import Recipe
from iclgd_core.seeds import derive
from iclgd_core.stats import paired_t
from iclgd_core.studies.xie.icl_accuracy import icl_accuracy

Floats = NDArray[np.float64]

MEASURES = ("perplexity", "icl-accuracy")
KINDS = ("first", "second")
"""The two of a pair, where nobody says what they are called."""
LENGTHS = (64, 128, 192)
"""Tokens of a validation window; the last, the whole context, is judged, as 1024 is in the paper."""
NUMBERS = (4, 8, 16)
"""Demonstrations over which the accuracy is averaged."""
BATCHES = 8
"""Validation windows, in batches of the recipe's size."""


def twin_study(
    pairs: Sequence[tuple[Lab, Lab]],
    recipes: Sequence[Recipe],
    what: str,
    n: int,
    kinds: tuple[str, str] = KINDS,
) -> Study:
    """Measure each pair of models that share seed, data and initial weights.

    Each pair has episodes, and validation documents, of its own, so that the spread over seeds has the spread over
    episodes in it: on common episodes, what is peculiar to these would be common to all seeds and pass for certainty.

    Args:
        pairs: the laboratories of both, the one that should be worse first.
        recipes: of the first of each pair; its validation documents are read by both.
        what: one of MEASURES.
        n: episodes of the accuracy.
        kinds: what the first and the second of each pair are called.

    Returns:
        One number a seed: "gain" of the second, positive is better: log perplexity of the first minus that of the
        second (nats), or accuracy of the second minus the first, mean over numbers of demonstrations; and by `kinds`
        what is judged of each: perplexity at the whole context, or that accuracy.
    """
    table: dict[str, dict[str, float]] = {}
    judged: list[list[float]] = []
    for pair, recipe in zip(pairs, recipes, strict=True):
        own = [replace(lab, seed=derive(lab.seed, "twins", recipe.seed)) for lab in pair]
        rows = [_perplexities(lab, recipe) if what == "perplexity" else _accuracies(lab, n) for lab in own]
        table |= {lab.model.name: row for lab, row in zip(pair, rows, strict=True)}
        judged.append([_level(row, what) for row in rows])
    first, second = np.array(judged).T
    gain = np.log(first) - np.log(second) if what == "perplexity" else second - first
    seeds, levels = [recipe.seed for recipe in recipes], dict(zip(kinds, (first, second), strict=True))
    read: dict[str, Json] = {"lengths": list(LENGTHS), "batches": BATCHES}
    if what == "icl-accuracy":
        read = {"demonstrations": list(NUMBERS), "episodes": n, "episodes_of_each_seed": "its own"}
    return Study(
        numbers={"gain": gain, **levels},
        details={
            what: {name: dict(row) for name, row in table.items()},
            "gain_by_seed": {str(seed): float(d) for seed, d in zip(seeds, gain, strict=True)},
            "over_seeds": {kind: _over_seeds(level, what) for kind, level in levels.items()},
        },
        fixed={"what": what, "seeds": list(seeds), **read},
        curves=_curves(table, what),
    )


def _curves(table: dict[str, dict[str, float]], what: str) -> tuple[Curve, ...]:
    """Return one curve a model over its lengths, or its numbers of demonstrations."""
    quantity, axis = accuracy_of("vocabulary"), "demonstrations"
    if what == "perplexity":
        quantity, axis = "perplexity on validation documents (1 is certainty)", "tokens of a window"
    return tuple(
        Curve(quantity, "icl", name, axis, tuple(Point(float(x), y) for x, y in row.items()))
        for name, row in table.items()
    )


def _level(row: dict[str, float], what: str) -> float:
    """Return what is judged of one model: perplexity at the whole context, or the mean accuracy."""
    return row[str(LENGTHS[-1])] if what == "perplexity" else float(np.mean(list(row.values())))


def _over_seeds(level: Floats, what: str) -> Json:
    """Return mean and 95% t interval over seeds; no interval of fewer than two seeds, or of equal values."""
    interval = paired_t(level, margin=0.0, quantity=what, unit="pretraining seed").interval
    return {"mean": float(level.mean()), "interval": None if interval is None else list(interval), "n": len(level)}


def _accuracies(lab: Lab, n: int) -> dict[str, float]:
    return {str(shots): float(icl_accuracy(lab, shots, n).mean()) for shots in NUMBERS}


def _perplexities(lab: Lab, recipe: Recipe) -> dict[str, float]:
    """Return the perplexity of the first tokens of each validation window, by their number."""
    corpus = documents(recipe, "validation")
    rows = torch.cat(list(islice(windows(corpus, recipe, "validation"), BATCHES)))
    key = {
        "measurement": "token losses",
        "model": lab.model.digest,
        "device": lab.model.device.type,
        "windows": sha256(rows.numpy().tobytes()).hexdigest(),
    }
    losses = lab.store.measure(key, lambda: {"losses": token_losses(lab.model, rows)})["losses"]
    return {str(length): float(np.exp(losses[:, : length - 1].mean())) for length in LENGTHS}
