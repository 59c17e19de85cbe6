"""What each claim needs of what was asked for, and so whether it will run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from iclgd_core.doctor.findings import Finding
from iclgd_core.errors import IclgdError
from iclgd_core.hub import checkpoints, embedded_names
from iclgd_core.hub.series import is_series, series
from iclgd_core.hub.source import existing_folder

Material = Literal["task", "ginc", "weights", "sizes", "ginc sizes", "checkpoints", "built-in", "linear-digits"]

FEWEST_SIZES = 4


@dataclass(frozen=True)
class Need:
    """A claim and what it is judged on.

    Attributes:
        id: of the claim.
        material: a model on a task (or on a GINC task alone, whose exact posterior is known, or on linear-digits alone,
            whose answers are numbers), its weights alone, models of several sizes, checkpoints of one, or built-in
            models and none of the user's.
        demonstrations: most that GD trains on.
        measures: what is measured, in words.
    """

    id: str
    material: Material
    demonstrations: int
    measures: str


NEEDS = (
    Need("S1", "task", 8, "order sensitivity of ICL and of GD, SGD and Adam"),
    Need("S1t", "task", 8, "outputs under other orders, in float64"),
    Need("S2", "task", 8, "agreement of output distributions"),
    Need("S2a", "task", 8, "agreement, W_V of one layer trained alone"),
    Need("S2b", "task", 8, "accuracy of ICL and GD"),
    Need("S2n", "task", 512, "accuracy of GD with up to 512 demonstrations"),
    Need("S3", "weights", 0, "sparsity of the weights"),
    Need("S4", "sizes", 8, "the gap over model sizes"),
    Need("S5", "checkpoints", 8, "weights and ICL accuracy late in pretraining"),
    Need("D1", "task", 8, "the dual form of linear attention"),
    Need("D2", "task", 8, "how far softmax attention is from the dual form"),
    Need("D3", "task", 8, "Rec2FTP, and its chance level"),
    Need("D4", "task", 8, "SimAOU: updates of attention outputs"),
    Need("D5", "task", 8, "SimAM: attention maps before and after fine-tuning"),
    Need("D6", "task", 8, "attention to training tokens, Kendall's tau"),
    Need("D7", "built-in", 8, "momentum attention against its plain twin"),
    Need("D8", "task", 56, "what choosing settings on the reported episodes inflates"),
    Need("D9", "task", 8, "update matrices of ICL and of fine-tuning"),
    Need("D10", "task", 8, "agreement, keys and values trained in one pass"),
    Need("U1", "task", 8, "whether a layer's gradient depends on the layers above"),
    Need("U2", "task", 8, "similarity to ICL of layer-causal GD and of plain GD"),
    Need("U2r", "task", 8, "the same at the learning rate of plain GD"),
    Need("U3", "task", 8, "the same metrics on untrained models"),
    Need("U5", "task", 8, "cosine of the updates of layer-causal and plain GD"),
    Need("U5n", "task", 8, "norms of their gradients"),
    Need("U6", "task", 8, "agreement, layer-causal GD"),
    Need("X2", "ginc", 8, "agreement of the exact Bayesian predictor"),
    Need("X3", "ginc", 8, "accuracy of ICL and of the Bayesian predictor"),
    Need("X3m", "ginc", 8, "the posterior that does not know the prompt's structure"),
    Need("X4", "ginc sizes", 8, "nearness to the Bayesian predictor over model sizes"),
    Need("X5", "task", 0, "accuracy by number of demonstrations"),
    Need("X6", "ginc", 0, "accuracy by length of the examples"),
    Need("X7", "sizes", 0, "accuracy over model sizes"),
    Need("M1", "ginc", 0, "martingale property, two steps"),
    Need("M1b", "ginc", 0, "the same of the exact posterior"),
    Need("M2", "ginc", 0, "exchangeability of the data"),
    Need("M3", "ginc", 0, "drift along sampled continuations"),
    Need("M4", "ginc", 0, "autocorrelation along sampled continuations"),
    Need("M5", "ginc", 0, "spread over sampled continuations"),
    Need("R1", "task", 0, "accuracy with random labels"),
    Need("R1b", "task", 0, "random labels against no demonstrations"),
    Need("R2", "task", 8, "whether GD follows random labels"),
    Need("R3", "ginc", 0, "demonstrations without labels"),
    Need("O1", "task", 8, "agreement: momentum, Nesterov, a Newton-like rule"),
    Need("O2", "task", 8, "the gap over learning rates, epochs and batches"),
    Need("O3", "built-in", 8, "ICL after other pretraining distributions"),
    Need("O3g", "built-in", 8, "the gap after other pretraining distributions"),
    Need("O4", "sizes", 8, "the gap of each form of GD at every model size"),
    Need("O5", "ginc", 8, "the gap where the answer is a sequence"),
    Need("O6", "linear-digits", 8, "the gap in regression in text"),
)
"""Claims about language models; those about regression, and about formulas alone, need nothing of the user."""


def runs(
    models: Sequence[str],
    model: str,
    blocked: Mapping[str, str],
    missing: str,
    pool: int | None,
    parts: str,
    ginc: bool,
    digits: bool = False,
) -> list[Finding]:
    """Return, claim by claim, whether it runs, and why not; a reason that is a problem stands in a line of its own.

    Args:
        models: as asked for, families by their members; empty for the default run, which has sizes and checkpoints.
        model: the one that is looked at.
        blocked: why it cannot be measured, by claim: memory.
        missing: why no episode can be drawn; empty if it can.
        pool: demonstrations that an episode of the task holds; None where it is not known.
        parts: why W_V cannot be trained alone; empty if it can.
        ginc: whether the task is a GINC task.
        digits: whether it is linear-digits.
    """
    other = "" if ginc else "it needs a GINC task, whose exact posterior is known"
    others = {"ginc": other, "ginc sizes": other, "linear-digits": "" if digits else "it needs the task linear-digits"}
    return [
        _one(need, models, model, blocked.get(need.id, ""), missing, pool, parts, others.get(need.material, ""))
        for need in NEEDS
    ]


def _one(
    need: Need, models: Sequence[str], model: str, blocked: str, missing: str, pool: int | None, parts: str, other: str
) -> Finding:
    name = need.id
    if need.material == "built-in" and models:
        return Finding(name, "not run: it compares built-in models, so it runs where no model is named", "note")
    if other:
        return Finding(name, f"not run: {other}", "note")
    if need.material != "weights" and (missing or blocked):
        return Finding(name, f"not run: {missing or blocked}", "note")
    if need.material.endswith("sizes") and 0 < len(models) < FEWEST_SIZES:
        hint = "give --model several times, or family:NAME (pythia, opt, ...)"
        return Finding(name, f"not run: {len(models)} of the {FEWEST_SIZES} sizes that a trend needs", "note", hint)
    if need.material == "checkpoints" and models and (why := _no_checkpoints(model)):
        return Finding(name, f"not run: {why}", "note", "give a series: owner/name@step*")
    if need.id == "S2a" and parts:
        return Finding(name, f"not run: {parts}", "note")
    if pool is not None and pool < need.demonstrations:
        return Finding(name, f"not run beyond {pool} demonstrations, all that an episode of the task holds", "note")
    return Finding(name, f"runs: {need.measures}")


def _no_checkpoints(model: str) -> str:
    if is_series(model):
        return ""
    if model in embedded_names():
        return "" if checkpoints(model) else f"{model} has no kept checkpoints"
    try:
        found = series(model) if existing_folder(model) is not None else ()
    except IclgdError:
        found = ()
    return "" if found else f"no checkpoints of {model} were named"
