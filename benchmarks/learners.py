"""How much faster the learners are than the plain way, on an embedded model.

`python -m benchmarks.learners [--model NAME] [--out FILE]` prints and writes, for each pair, the median of several
rounds of both in turn and their ratio: replicas trained together against one `torch.optim.SGD` loop a run; queries
behind a shared prefix against whole prompts.
"""

import argparse
import copy
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import transformers
from rich.console import Console
from rich.table import Table

from iclgd_core.learners import OPTIMIZERS, Schedule, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import load_model
from iclgd_core.tasks import TASKS
from iclgd_core.tasks.prompts import EpisodePrompts

ROUNDS = 5
EPISODES = 16
SHOTS = 8
EPOCHS = 5
RATE = 1e-3


def plain_descent(model: CausalModel, episodes: list[EpisodePrompts]) -> None:
    """Train one copy of the module for each episode, one after the other."""
    order = np.arange(SHOTS)
    for episode in episodes:
        module = copy.deepcopy(model.module).requires_grad_(True)
        optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
        inputs = torch.from_numpy(np.stack([example.ids for example in episode.examples(order)]))
        labels = torch.from_numpy(episode.targets(order))
        for _ in range(EPOCHS):
            optimizer.zero_grad()
            logits = module(inputs, use_cache=False, logits_to_keep=1).logits[:, -1]
            torch.autograd.backward(torch.nn.functional.cross_entropy(logits, labels))
            optimizer.step()
        with torch.no_grad():
            queries = np.stack([prompt.ids for prompt in episode.prompts(order[:0])])
            module(torch.from_numpy(queries), use_cache=False, logits_to_keep=1)


def plain_prompts(model: CausalModel, episodes: list[EpisodePrompts]) -> None:
    """Read every prompt whole, demonstrations and query."""
    for episode in episodes:
        prompts = episode.prompts(np.arange(SHOTS))
        model.log_probs([[prompt] for prompt in prompts], episode.label_set)


def timed(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float, float]:
    """Return the median seconds of ours and of the peer, and the median of their ratios, over rounds in turn."""
    pairs = []
    for _ in range(ROUNDS + 1):
        marks = [time.perf_counter()]
        for run in (ours, peer):
            run()
            marks.append(time.perf_counter())
        pairs.append((marks[1] - marks[0], marks[2] - marks[1]))
    mine, theirs = zip(*pairs[1:], strict=True)  # the first round warms up
    return statistics.median(mine), statistics.median(theirs), statistics.median(b / a for a, b in pairs[1:])


def main() -> None:
    """Run both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="ginc-llama-794k")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, task = load_model(args.model), TASKS["ginc-k5"]
    drawn = [task.episode(0, "benchmark", i, queries=32) for i in range(EPISODES)]
    episodes = [task.encode(episode, model.reader) for episode in drawn]
    orders = np.tile(np.arange(SHOTS), (EPISODES, 1, 1))
    schedule = Schedule((RATE,), (EPOCHS,))
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "GD: replicas together / a loop a run": (
            lambda: gradient_descent(model, episodes, orders, OPTIMIZERS["gd"], schedule),
            lambda: plain_descent(model, episodes),
        ),
        "ICL: shared prefix / whole prompts": (
            lambda: in_context(model, episodes, orders),
            lambda: plain_prompts(model, episodes),
        ),
    }
    found = {name: timed(*pair) for name, pair in pairs.items()}
    table = Table("comparison", "ours, s", "peer, s", "times faster")
    for name, row in found.items():
        table.add_row(name, *(f"{value:.3f}" for value in row))
    Console().print(table)
    if args.out:
        versions = {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }
        record = {
            "model": args.model, "threads": 1, "rounds": ROUNDS, "machine": platform.machine(), "versions": versions,
            "seconds": {name: {"ours": a, "peer": b, "times_faster": c} for name, (a, b, c) in found.items()},
        }  # fmt: skip
        args.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
