"""What becomes of gradient descent on bfloat16 weights, by how an updated weight is rounded.

`python -m benchmarks.precision [--model NAME] [--out FILE]` trains an embedded model, its weights cast to bfloat16, on
demonstrations, with each rounding at each learning rate, and beside it the same weights in float32, the reference.
Printed and written, as means over episodes after the last epoch:

moved: share of the weights that are not what they were.
weights: distance to the reference's weights, over the distance that the reference moved: 0 is the reference, 1 about as
    far off as not to train at all.
answers: total variation distance to the reference's answers, over that between its answers before and after. The row
    "none" is the reference's final weights rounded once and read in bfloat16: no way to update can do much better.
"""

import argparse
import copy
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.in_place import InPlaceDescent, Rounding
from iclgd_core.learners.gd.run import Run
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import load_model
from iclgd_core.tasks import TASKS
from iclgd_core.tasks.prompts import EpisodePrompts

EPISODES = 4
SHOTS = 8
QUERIES = 32
EPOCHS = 30
RATES = {
    "gd": (1e-5, 1e-4, 1e-3, 5e-3, 2e-2, 1e-1, 5e-1),
    "adam": (1e-6, 1e-5, 1e-4, 5e-4, 1e-3),
}
ROUNDINGS: tuple[Rounding, ...] = ("stochastic", "master", "nearest")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class State:
    """A model's answers and weights at one time.

    Attributes:
        answers: probabilities, (queries, vocabulary).
        weights: all of them, (weights,), in float64.
    """

    answers: Floats
    weights: torch.Tensor


def state(model: CausalModel, episode: EpisodePrompts) -> State:
    """Return what the model answers, and its weights, as they are now."""
    log_probs = model.log_probs([episode.prompts(np.zeros(0, dtype=np.int64))], episode.label_set)[0]
    weights = torch.cat([weight.detach().double().flatten() for weight in model.module.parameters()])
    return State(np.exp(np.asarray(log_probs, dtype=np.float64)), weights)


def trained(
    model: CausalModel, episode: EpisodePrompts, optimizer: str, rate: float, rounding: Rounding, seed: int
) -> State | None:
    """Return the state after the last epoch; None where the run diverged."""
    order = np.arange(SHOTS)
    run = Run(episode.examples(order), episode.targets(order), (), rate, seed)
    names: dict[str, torch.Tensor | None] = {name: None for name, _ in model.module.named_parameters()}
    with InPlaceDescent(model, names, rounding=rounding) as descent:
        [after], _ = descent.descend(get_optimizer(optimizer), (EPOCHS,), run, lambda: state(model, episode))
    return after


def rounded_once(model: CausalModel, weights: torch.Tensor, episode: EpisodePrompts) -> State:
    """Return the state of the model with given weights, rounded to the nearest of its precision."""
    module = copy.deepcopy(model.module)
    torch.nn.utils.vector_to_parameters(weights.to(torch.bfloat16), module.parameters())
    return state(CausalModel(model.name, module, model.tokenizer), episode)


def distance(one: State, other: State) -> float:
    """Return the mean total variation distance of the answers, in [0, 1]."""
    return float(np.abs(one.answers - other.answers).sum(axis=-1).mean() / 2)


def compared(found: State, start: State, reference: State, reference_start: State) -> dict[str, float]:
    """Return the three figures of one run (see the module)."""
    travelled = (reference.weights - reference_start.weights).norm()
    return {
        "moved": float((found.weights != start.weights).double().mean()),
        "weights": float((found.weights - reference.weights).norm() / travelled),
        "answers": distance(found, reference) / distance(reference, reference_start),
    }


def at_rate(
    low: CausalModel, exact: CausalModel, episodes: Sequence[EpisodePrompts], optimizer: str, rate: float
) -> dict[str, Any]:
    """Return the means over episodes for each rounding, and how far the reference's answers moved."""
    rows: dict[str, list[dict[str, float]]] = {}
    moved = []
    for number, episode in enumerate(episodes):
        start, exact_start = state(low, episode), state(exact, episode)
        reference = trained(exact, episode, optimizer, rate, "nearest", number)
        if reference is None:
            return {"diverged": True}
        moved.append(distance(reference, exact_start))
        once = rounded_once(low, reference.weights, episode)
        rows.setdefault("none", []).append(compared(once, start, reference, exact_start))
        for rounding in ROUNDINGS:
            found = trained(low, episode, optimizer, rate, rounding, number)
            if found is not None:
                rows.setdefault(rounding, []).append(compared(found, start, reference, exact_start))
    means = {name: {key: fmean(row[key] for row in of) for key in of[0]} for name, of in rows.items()}
    return {"reference_answers_moved": fmean(moved), "rounding": means}


def main() -> None:
    """Train with every rounding at every rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="ginc-llama-794k")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    low, task = load_model(args.model, dtype="bfloat16"), TASKS["ginc-k5"]
    module = copy.deepcopy(low.module).float()  # type: ignore[no-untyped-call]  # the reference starts from the same weights
    exact = CausalModel(low.name, module, low.tokenizer)
    drawn = [task.episode(0, "benchmark", i, queries=QUERIES) for i in range(EPISODES)]
    episodes = [task.encode(episode, low.reader) for episode in drawn]
    started = time.perf_counter()
    found: dict[str, dict[str, Any]] = {}
    table = Table("optimizer", "rate", "answers moved", "rounding", "weights moved", "weights off", "answers off")
    for optimizer, rates in RATES.items():
        for rate in rates:
            one = found.setdefault(optimizer, {})[repr(rate)] = at_rate(low, exact, episodes, optimizer, rate)
            for name, row in one.get("rounding", {}).items():
                figures = (f"{row[key]:.3f}" for key in ("moved", "weights", "answers"))
                table.add_row(optimizer, repr(rate), f"{one['reference_answers_moved']:.4f}", name, *figures)
    Console().print(table)
    if args.out:
        record = {
            "command": f"python -m benchmarks.precision --model {args.model}",
            "model": args.model, "dtype": "bfloat16", "reference": "float32 from the same weights",
            "episodes": EPISODES, "demonstrations": SHOTS, "queries": QUERIES, "epochs": EPOCHS, "threads": 1,
            "seconds": time.perf_counter() - started, "machine": platform.machine(),
            "versions": {
                "python": platform.python_version(), "torch": torch.__version__,
                "transformers": transformers.__version__,
            },
            "found": found,
        }  # fmt: skip
        args.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
