"""What each claim needs of what was asked for, and so what a run will say of it: what it measures, or why not.

The words are those of the report: `not run`, `error`, `inconclusive`. A claim about ICL is inconclusive on a model that
shows none, and that is looked at first, before anything that would leave it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from iclgd_core.doctor.findings import Finding
from iclgd_core.errors import IclgdError
from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.hub.series import is_series, series
from iclgd_core.hub.source import existing_folder
from iclgd_core.models.embedded import checkpoints, embedded_names

Material = Literal[
    "task", "ginc", "other ginc", "weights", "sizes", "ginc sizes", "checkpoints", "built-in", "linear-digits"
]

FEWEST_SIZES = 4
ICL = "ICL"
"""Stands among claims for what comes before all of them: in-context learning itself."""
NOT_GINC = "it needs a GINC task, whose exact posterior is known"


@dataclass(frozen=True)
class Need:
    """A claim and what it is judged on.

    Attributes:
        id: of the claim.
        material: a model on a task (or on a GINC task alone, whose exact posterior is known, or on other GINC tasks
            than the one that is named, or on linear-digits alone, whose answers are numbers), its weights alone, models
            of several sizes, checkpoints of one, or built-in models and none of the user's.
        demonstrations: most that GD trains on.
        measures: what is measured, in words.
        about_icl: whether it is inconclusive where a model shows no ICL.
    """

    id: str
    material: Material
    demonstrations: int
    measures: str
    about_icl: bool = True

    @property
    def of_one(self) -> bool:
        """Whether it is judged on one model, of which it is known whether it shows ICL before anything is measured."""
        return self.material in ("task", "ginc", "other ginc", "weights", "checkpoints", "linear-digits")


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
    Need("D1", "task", 8, "the dual form of linear attention", about_icl=False),
    Need("D2", "task", 8, "how far softmax attention is from the dual form"),
    Need("D3", "task", 8, "Rec2FTP, and its chance level"),
    Need("D4", "task", 8, "SimAOU: updates of attention outputs"),
    Need("D5", "task", 8, "SimAM: attention maps before and after fine-tuning"),
    Need("D6", "task", 8, "attention to training tokens, Kendall's tau"),
    Need("D7", "built-in", 8, "momentum attention against its plain twin"),
    Need("D8", "task", 56, "what choosing settings on the reported episodes inflates"),
    Need("D9", "task", 8, "update matrices of ICL and of fine-tuning"),
    Need("D10", "task", 8, "agreement, keys and values trained in one pass"),
    Need("U1", "task", 8, "whether a layer's gradient depends on the layers above", about_icl=False),
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
    Need("X6", "other ginc", 0, "accuracy by length of the examples", about_icl=False),
    Need("X7", "sizes", 0, "accuracy over model sizes", about_icl=False),
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
    Need("O3", "built-in", 8, "ICL after other pretraining distributions", about_icl=False),
    Need("O3g", "built-in", 8, "the gap after other pretraining distributions"),
    Need("O4", "sizes", 8, "the gap of each form of GD at every model size"),
    Need("O5", "other ginc", 8, "the gap where the answer is a sequence"),
    Need("O6", "linear-digits", 8, "the gap in regression in text"),
)
"""Claims about language models; those about regression, and about formulas alone, need nothing of the user."""


@dataclass(frozen=True)
class Circumstances:
    """What is known of a model on a task beforehand.

    Attributes:
        models: as asked for, families by their members; empty for the default run, which has sizes and checkpoints.
        model: the one that is looked at.
        errors: why a claim ends in an error, by claim, or ICL: memory.
        left_out: why a claim cannot be measured on the model, by claim.
        missing: why no episode can be drawn; empty if it can.
        pool: demonstrations that an episode of the task holds; None where it is not known.
        ginc: whether the task is a GINC task.
        digits: whether it is linear-digits.
    """

    models: Sequence[str]
    model: str
    errors: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""
    pool: int | None = None
    ginc: bool = True
    digits: bool = False


def runs(known: Circumstances) -> list[Finding]:
    """Return, claim by claim, what a run will say; a reason that is a problem stands in a line of its own."""
    return [_one(need, known) for need in NEEDS]


def _one(need: Need, known: Circumstances) -> Finding:
    """Return what a run will say of a claim, in the order in which it comes to it."""
    if before := _not_offered(need, known):
        return before
    if known.missing:
        return Finding(need.id, f"not run: {known.missing}", "note")
    first = need.about_icl and need.of_one
    if first and ICL in known.errors:
        return Finding(need.id, f"error: {known.errors[ICL]}", "note")
    if first and is_control(known.model):
        return Finding(need.id, "inconclusive: a control's weights learnt nothing, so there is no ICL", "note")
    otherwise = "; inconclusive where the model shows no ICL" if first else ""
    why = NOT_GINC if need.material.startswith("ginc") and not known.ginc else known.left_out.get(need.id, "")
    if why:
        return Finding(need.id, f"not run: {why}{otherwise}", "note")
    if error := known.errors.get(need.id, ""):
        return Finding(need.id, f"error: {error}{otherwise}", "note")
    if known.pool is not None and known.pool < need.demonstrations:
        beyond = f"beyond {known.pool} demonstrations, all that an episode of the task holds"
        return Finding(need.id, f"not run {beyond}{otherwise}", "note")
    return Finding(need.id, f"runs: {need.measures}")


def _not_offered(need: Need, known: Circumstances) -> Finding | None:
    """Return why there is nothing to judge a claim on, whatever the model would show; None where there is."""
    name, models = need.id, known.models
    if need.material == "built-in" and models:
        return Finding(name, "not run: it compares built-in models, so it runs where no model is named", "note")
    if need.material == "linear-digits" and not known.digits:
        return Finding(name, "not run: it needs the task linear-digits", "note")
    if need.material in ("other ginc", "ginc sizes") and not known.ginc:
        return Finding(name, f"not run: {NOT_GINC}", "note")
    if need.material.endswith("sizes") and 0 < len(models) < FEWEST_SIZES:
        hint = "give --model several times, or family:NAME (pythia, opt, ...)"
        return Finding(name, f"not run: {len(models)} of the {FEWEST_SIZES} sizes that a trend needs", "note", hint)
    if need.material == "checkpoints" and models and (why := _no_checkpoints(known.model)):
        return Finding(name, f"not run: {why}", "note", "give a series: owner/name@step*")
    return None


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
