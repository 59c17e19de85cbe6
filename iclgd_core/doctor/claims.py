"""What each claim needs of what was asked for, and so whether it will run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from iclgd_core.doctor.findings import Finding
from iclgd_core.errors import IclgdError
from iclgd_core.hub import checkpoints, embedded_names
from iclgd_core.hub.series import is_series, series
from iclgd_core.hub.source import existing_folder

Material = Literal["task", "weights", "sizes", "checkpoints"]

FEWEST_SIZES = 4


@dataclass(frozen=True)
class Need:
    """A claim and what it is judged on.

    Attributes:
        id: of the claim.
        material: a model on a task, its weights alone, models of several sizes, or checkpoints of one.
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
)


def runs(
    models: Sequence[str],
    model: str,
    blocked: Mapping[str, str],
    missing: str,
    pool: int | None,
    parts: str,
) -> list[Finding]:
    """Return, claim by claim, whether it runs, and why not; a reason that is a problem stands in a line of its own.

    Args:
        models: as asked for, families by their members; empty for the default run, which has sizes and checkpoints.
        model: the one that is looked at.
        blocked: why it cannot be measured, by claim: memory.
        missing: why no episode can be drawn; empty if it can.
        pool: demonstrations that an episode of the task holds; None where it is not known.
        parts: why W_V cannot be trained alone; empty if it can.
    """
    return [_one(need, models, model, blocked.get(need.id, ""), missing, pool, parts) for need in NEEDS]


def _one(
    need: Need, models: Sequence[str], model: str, blocked: str, missing: str, pool: int | None, parts: str
) -> Finding:
    name = need.id
    if need.material != "weights" and (missing or blocked):
        return Finding(name, f"not run: {missing or blocked}", "note")
    if need.material == "sizes" and 0 < len(models) < FEWEST_SIZES:
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
