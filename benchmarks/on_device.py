"""Measuring in-context learning and gradient descent on one device: time, peak of memory, estimate."""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.random_models import behind, random_ids
from iclgd_core.devices import Workload, estimate, measured_peak
from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.in_place import InPlaceDescent, Plan, Rounding
from iclgd_core.learners.gd.run import Run
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import answer
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs
from iclgd_core.models.language.projections import trained
from iclgd_core.tasks.prompts import Prompt

SHOTS, QUERIES, TOKENS = 8, 32, 60
REPEATS = 3


@dataclass(frozen=True, eq=False)
class Material:
    """What every part works on.

    Attributes:
        model: with random weights.
        examples, queries: prompts without demonstrations.
        targets: token id of each example's label.
        prompts: the queries behind all demonstrations.
    """

    model: CausalModel
    examples: list[Prompt]
    targets: NDArray[np.int64]
    queries: list[Prompt]
    prompts: list[Prompt]


def material(model: CausalModel) -> Material:
    """Return demonstrations and queries of random tokens."""
    rng = np.random.default_rng(0)
    vocabulary = model.config.vocab_size
    examples = [random_ids(rng, TOKENS - 8, TOKENS, vocabulary) for _ in range(SHOTS)]
    targets = rng.integers(0, vocabulary, SHOTS)
    queries = [random_ids(rng, TOKENS - 8, TOKENS, vocabulary) for _ in range(QUERIES)]
    head = np.concatenate([np.append(e.ids, target) for e, target in zip(examples, targets, strict=True)])
    prompts = [behind(Prompt(head, len(head) - 1), query) for query in queries]
    return Material(model, examples, targets, queries, prompts)


def now(device: torch.device) -> float:
    """Return the time in seconds, after all work on the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def held(device: torch.device) -> int:
    """Return the bytes that are in use: PyTorch's on a GPU, resident memory of the process on the CPU."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    match = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(match[1]) * 1024 if match else 0


def with_peak(device: torch.device, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what the work returns, and the peak of memory while it ran."""
    before = held(device)
    with measured_peak(device) as peak:
        found = work()
    growth = peak.growth or 0
    return found | {"bytes": {"before": before, "peak": before + growth, "growth": growth}}


def in_context(given: Material, reuse: bool, answers: dict[bool, LogProbs]) -> dict[str, Any]:
    """Measure the answers behind a prefix that is computed once (`reuse`), or behind whole prompts; note them."""
    model, labels = given.model, np.unique(given.targets)
    times = []
    for _ in range(REPEATS + 1):  # the first warms up
        start = now(model.device)
        answers[reuse] = answer(model.module, [given.prompts], labels, False, reuse)
        times.append(now(model.device) - start)
    found: dict[str, Any] = {
        "seconds": {"first": times[0], "all queries": statistics.median(times[1:])},
        "prompt_tokens": [min(len(p.ids) for p in given.prompts), max(len(p.ids) for p in given.prompts)],
        "estimate": estimated(model, Workload("icl", QUERIES, max(len(p.ids) for p in given.prompts))),
    }
    if len(answers) == 2:
        one, other = (of_labels(answers[key], labels) for key in (True, False))
        found["largest_difference_of_a_log_probability"] = float(np.abs(one - other).max())
        found["spread_of_a_log_probability_over_queries"] = float(np.ptp(other, axis=-2).max())
    return found


def of_labels(answers: LogProbs, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the log-probabilities of labels, (..., labels)."""
    if not isinstance(answers, TopLogProbs):
        return answers[..., labels].astype(np.float64)
    columns = [np.argmax(answers.ids == label, axis=-1)[..., None] for label in labels]
    taken = [np.take_along_axis(answers.log_probs, column, axis=-1) for column in columns]
    return np.concatenate(taken, axis=-1).astype(np.float64)


def descent(given: Material, part: str, rounding: Rounding, epochs: int, rate: float, plan: Plan) -> dict[str, Any]:
    """Measure one run of gradient descent with a readout after every epoch."""
    model, device = given.model, given.model.device
    masks = trained(model.module, part)
    run = Run(given.examples, given.targets, given.queries, rate)
    asked: list[tuple[float, float]] = []

    def ask() -> LogProbs:
        start = now(device)
        answers = model.log_probs([given.queries], np.unique(given.targets))
        asked.append((start, now(device)))
        return answers

    marks = [now(device)]
    with InPlaceDescent(model, masks, rounding=rounding, plan=plan) as descending:
        marks.append(now(device))
        answers, losses = descending.descend(get_optimizer("gd"), range(1, epochs + 1), run, ask)
        marks.append(now(device))
    steps = [start - end for (start, _), end in zip(asked, [marks[1], *(end for _, end in asked)], strict=False)]
    parameters = dict(model.module.named_parameters())
    nbytes = sum(parameters[name].nbytes for name in masks)
    longest = max(len(example.ids) for example in given.examples)
    work = Workload(
        "gd", SHOTS, longest, None if part == "whole" else tuple(masks), master=rounding == "master",
        checkpointing=plan.checkpoints(model.config, SHOTS, longest, model.module.dtype.itemsize),
        at_once=plan.updates_at_once(nbytes), keeps_scores=keeps_scores(model),
    )  # fmt: skip
    return {
        "trained_parameters": sum(parameters[name].numel() for name in masks),
        "seconds": {
            "snapshot": marks[1] - marks[0], "first_epoch": steps[0],
            "epoch": statistics.median(steps[1:]) if len(steps) > 1 else None,
            "readout": statistics.median(end - start for start, end in asked),
            "restore": marks[2] - asked[-1][1],
        },
        "losses": [float(loss) for loss in losses],
        "readouts_that_diverged": sum(one is None for one in answers),
        "plan": {"checkpointing": work.checkpointing, "at_once": work.at_once},
        "estimate": estimated(model, work),
    }  # fmt: skip


def keeps_scores(model: CausalModel) -> bool:
    """Return whether attention holds its scores."""
    return is_plain(model.config._attn_implementation)


def estimated(model: CausalModel, work: Workload) -> dict[str, int]:
    """Return the estimate, in bytes: of the formulas (weights and growth, without context), and what is leased."""
    found = estimate(model.shape, work, str(model.device))
    return {"weights": found.weights, "growth": found.growth, "leased": found.total}
