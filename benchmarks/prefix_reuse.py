"""How much faster queries are answered behind a prefix that is computed once than as whole prompts.

`python -m benchmarks.prefix_reuse [--size 60m] [--device cpu] [--out FILE]` answers queries of about 60 tokens behind
demonstrations of 60, on models with random weights, both ways in turn, and prints and writes the medians, the median of
the ratios, and the largest difference of a label's log-probability between the two beside its spread over the queries.
`tokens` is the ratio that counting tokens promises: whole prompts over one prefix and the tails.
"""

import argparse
import json
import platform
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from rich.console import Console
from rich.table import Table

from benchmarks.on_device import now, of_labels
from benchmarks.random_models import LLAMAS, behind, gpt_neox, llama, random_ids, random_model
from iclgd_core.devices import set_precise
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import answer
from iclgd_core.models.language.loading import DTYPES
from iclgd_core.tasks.prompts import Prompt

ARCHITECTURES = {"llama": llama, "gpt_neox": gpt_neox}
TOKENS = 60
SHOTS = (2, 4, 8)
LABELS = np.arange(8)


def prompts(shots: int, queries: int, vocabulary: int) -> list[Prompt]:
    """Return queries of unequal length behind the same demonstrations, random tokens all."""
    rng = np.random.default_rng(shots)
    head = random_ids(rng, shots * TOKENS, shots * TOKENS, vocabulary)
    return [behind(head, random_ids(rng, TOKENS - 8, TOKENS, vocabulary)) for _ in range(queries)]


def compared(model: CausalModel, asked: list[Prompt], shots: int, rounds: int) -> dict[str, Any]:
    """Answer both ways in turn."""
    pairs: list[tuple[float, float]] = []
    for _ in range(rounds + 1):
        found, seconds = [], []
        for reuse in (True, False):
            start = now(model.device)
            found.append(answer(model.module, [asked], LABELS, False, reuse))
            seconds.append(now(model.device) - start)
        pairs.append((seconds[0], seconds[1]))
    shared, whole = zip(*pairs[1:], strict=True)  # the first round warms up
    tails = sum(len(prompt.ids) - shots * TOKENS for prompt in asked)
    return {
        "demonstrations": shots,
        "seconds": {"shared prefix": statistics.median(shared), "whole prompts": statistics.median(whole)},
        "times_faster": statistics.median(b / a for a, b in pairs[1:]),
        "tokens": sum(len(prompt.ids) for prompt in asked) / (shots * TOKENS + tails),
        "spread_over_queries": float(np.ptp(of_labels(found[1], LABELS), axis=1).max()),
        "largest_difference": float(np.abs(of_labels(found[0], LABELS) - of_labels(found[1], LABELS)).max()),
    }


def main() -> None:
    """Compare on each architecture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="60m", choices=sorted(LLAMAS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32", choices=sorted(DTYPES))
    parser.add_argument("--queries", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    set_precise()
    torch.set_num_threads(1)
    device = torch.device(args.device)
    found: dict[str, Any] = {}
    table = Table("model", "demonstrations", "shared, s", "whole, s", "times faster", "by tokens", "difference")
    for name, config in ARCHITECTURES.items():
        model = random_model(f"random-{name}-{args.size}", config(args.size), device, args.dtype, "sdpa")
        rows = [
            compared(model, prompts(shots, args.queries, model.config.vocab_size), shots, args.rounds)
            for shots in SHOTS
        ]
        found[name] = {"parameters": model.n_parameters, "rows": rows}
        for row in rows:
            figures = (*row["seconds"].values(), row["times_faster"], row["tokens"])
            table.add_row(
                f"{name}, {model.n_parameters / 1e6:.0f} M", str(row["demonstrations"]),
                *(f"{value:.2f}" for value in figures), f"{row['largest_difference']:.1e}",
            )  # fmt: skip
    Console().print(table)
    if args.out:
        record = {
            "command": f"python -m benchmarks.prefix_reuse --size {args.size} --device {args.device} "
            f"--dtype {args.dtype} --queries {args.queries} --rounds {args.rounds}",
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "dtype": args.dtype, "threads": 1, "rounds": args.rounds, "machine": platform.machine(),
            "queries": args.queries, "tokens_of_a_demonstration": TOKENS, "weights": "random",
            "versions": {
                "python": platform.python_version(), "torch": torch.__version__,
                "transformers": transformers.__version__,
            },
            "found": found,
        }  # fmt: skip
        args.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
