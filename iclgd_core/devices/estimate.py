"""How much memory a measurement needs, from the configuration alone, before a weight is loaded.

With E bytes a number, T = rows x tokens of one forward pass, and L layers:

    weights      parameters and buffers, to the byte
    gradients    E x trained parameters; of several micro-batches of bfloat16 sums in float32, 4 x trained +
                 E x largest; where each weight is updated as soon as its gradient is there, E x the largest parameter
    optimizer    plain GD 0, Adam 2 x max(4, E) x trained; a float32 master copy of bfloat16 weights adds 4 x trained
    snapshot     E x trained up to 1 GiB, and always on a CPU; larger ones of a GPU lie in host memory
    kv_cache     2 x L x key-value width x T x E                                  (in-context learning alone)
    activations  A(s) = T x (E x inputs and outputs of a layer's matrices + hidden x (8 a RMSNorm + 2 E a LayerNorm))
                     + rows x heads x tokens^2 x s, the last where attention keeps its scores
                 no gradient            A(2 E + 4), the layer at work
                 gradient               layers passed x A(4, and E more unless E = 4) + A(2 E + 4)
                 with checkpointing     layers passed x T x hidden x E + 2 A(2 E + 4)
    logits       rows x positions x vocabulary x (E + 4 x copies): logits, and copies: log-probabilities and a
                 temporary of them, with a gradient one more; positions is 1 where one prediction a row is asked for,
                 the tokens where every token is predicted, and as often as layers predict it
    context      512 MiB on a CUDA device, which every process takes
    total        weights + ratio x 1.1 x (the rest) + context, the rest at least gradients + optimizer + snapshot

Weights, gradients, optimizer and snapshot are exact. The others leave out what a kernel takes for itself; a ratio
measured on the same model (see `MeasuredPeaks`) corrects them.
"""

from dataclasses import dataclass
from typing import Literal

from iclgd_core.devices.sizes import MIB, shown
from iclgd_core.devices.skeleton import Skeleton
from iclgd_core.errors import SettingsError

CUDA_CONTEXT = 512 * MIB
ALLOWANCE = 0.1
"""Share added for fragments and kernels' own memory."""

SNAPSHOT_ON_DEVICE = 2**30
"""Bytes up to which the weights' copy, from which they are restored, stays on their GPU."""

Kind = Literal["load", "icl", "gd"]


@dataclass(frozen=True)
class Workload:
    """What shall be done with a model.

    Attributes:
        kind: "load", "icl" (forward passes) or "gd" (forward and backward passes, and updates).
        rows: sequences of one forward pass.
        tokens: length of the longest.
        trained: names of the parameters that GD trains; None is all.
        optimizer: "sgd" (plain GD, no state) or "adam".
        master: whether GD keeps a float32 copy of the bfloat16 weights that it trains.
        checkpointing: whether activations are computed again in the backward pass.
        at_once: whether each weight is updated within the backward pass, and its gradient let go of.
        micro_batches: of one step; more than one excludes `at_once`.
        keeps_scores: whether attention keeps its (tokens, tokens) scores: fused kernels do not.
        positions: of each row whose logits are computed: 1 for a label alone, `tokens` for a loss over whole sequences,
            layers x tokens for one over the predictions of every layer.
    """

    kind: Kind
    rows: int = 1
    tokens: int = 0
    trained: tuple[str, ...] | None = None
    optimizer: Literal["sgd", "adam"] = "sgd"
    master: bool = False
    checkpointing: bool = False
    at_once: bool = False
    micro_batches: int = 1
    keeps_scores: bool = True
    positions: int = 1

    def __post_init__(self) -> None:
        if self.kind not in ("load", "icl", "gd"):
            raise SettingsError(f"the kind of a workload is {self.kind!r}. Allowed: load, icl, gd.")
        if self.rows < 1 or self.tokens < 0 or (self.kind != "load" and self.tokens == 0):
            raise SettingsError(
                f"a workload has {self.rows} rows of {self.tokens} tokens. Allowed: at least one of each."
            )
        if self.positions < 1:
            raise SettingsError(f"a workload has logits at {self.positions} positions a row. Allowed: at least one.")
        if self.micro_batches < 1 or (self.at_once and self.micro_batches > 1):
            raise SettingsError(
                f"a workload has {self.micro_batches} micro-batches and at_once={self.at_once}. Allowed: at least one, "
                "and one where weights are updated at once."
            )


@dataclass(frozen=True)
class Estimate:
    """Bytes that a workload takes, by what takes them; see the module for the formulas.

    Attributes:
        weights, gradients, optimizer, snapshot, activations, kv_cache, logits, context: bytes.
        ratio: measured growth over estimated growth of the same workload before; 1 if there was none.
    """

    weights: int
    gradients: int = 0
    optimizer: int = 0
    snapshot: int = 0
    activations: int = 0
    kv_cache: int = 0
    logits: int = 0
    context: int = 0
    ratio: float = 1.0

    @property
    def exact(self) -> int:
        """Bytes beyond weights and context that are known exactly."""
        return self.gradients + self.optimizer + self.snapshot

    @property
    def growth(self) -> int:
        """Bytes beyond weights and context, as the formulas give them, without ratio and allowance."""
        return self.exact + self.activations + self.kv_cache + self.logits

    @property
    def total(self) -> int:
        """Bytes to lease: with ratio and allowance."""
        inexact = round(self.growth * self.ratio * (1 + ALLOWANCE))
        return self.weights + max(inexact, self.exact) + self.context

    def __str__(self) -> str:
        parts = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "ratio"}
        listed = ", ".join(f"{name.replace('_', ' ')} {shown(amount)}" for name, amount in parts.items() if amount)
        return f"{shown(self.total)} ({listed})"


def estimate(shape: Skeleton, work: Workload, device: str, ratio: float = 1.0) -> Estimate:
    """Return the memory that a workload takes on a device.

    Args:
        shape: of the model, in the number format of its weights.
        work: what shall be done.
        device: `cpu` or a CUDA device.
        ratio: from `MeasuredPeaks.ratio`; 1 where nothing was measured yet.
    """
    weights, context = shape.weight_bytes, CUDA_CONTEXT if device.startswith("cuda") else 0
    if work.kind == "load":
        return Estimate(weights, context=context)
    logits = work.rows * work.positions * shape.vocabulary
    if work.kind == "icl":
        kv = 2 * shape.layers * shape.key_value_width * work.rows * work.tokens * shape.element
        return Estimate(
            weights,
            activations=_at_work(shape, work),
            kv_cache=kv,
            logits=logits * (shape.element + 8),
            context=context,
            ratio=ratio,
        )
    return Estimate(
        weights,
        gradients=_gradients(shape, work),
        optimizer=_optimizer(shape, work),
        snapshot=trained if (trained := shape.bytes_of(work.trained)) <= SNAPSHOT_ON_DEVICE or not context else 0,
        activations=_kept(shape, work),
        logits=logits * (shape.element + 12),
        context=context,
        ratio=ratio,
    )


def _gradients(shape: Skeleton, work: Workload) -> int:
    """Bytes of gradients at their peak; that of a parameter counts whole where some of its rows are trained."""
    largest = shape.largest_of(work.trained)
    if work.at_once:
        return largest
    if work.micro_batches > 1 and shape.element < 4:
        return 4 * shape.count_of(work.trained) + largest
    return shape.bytes_of(work.trained)


def _optimizer(shape: Skeleton, work: Workload) -> int:
    """Bytes of the optimizer's state and of a master copy."""
    numbers = shape.count_of(work.trained)
    state = 2 * max(4, shape.element) * numbers if work.optimizer == "adam" else 0
    return state + (4 * numbers if work.master and shape.element < 4 else 0)


def _layer(shape: Skeleton, work: Workload, score: int) -> int:
    """Bytes of one layer's activations, with so many bytes for each score of attention that is kept."""
    copied, plain = shape.norms
    normed = shape.hidden * (8 * copied + 2 * shape.element * plain)
    flat = work.rows * work.tokens * (shape.element * shape.linear_width + normed)
    scores = work.rows * shape.heads * work.tokens**2 * score if work.keeps_scores else 0
    return flat // shape.layers + scores


def _at_work(shape: Skeleton, work: Workload) -> int:
    """Bytes of the layer that is being computed: scores, their softmax in float32, and that in the weights' format."""
    return _layer(shape, work, 2 * shape.element + 4)


def _kept(shape: Skeleton, work: Workload) -> int:
    """Bytes of activations at the peak of a backward pass: those kept, and the layer that is being computed."""
    passed = shape.layers_from(work.trained)
    if work.checkpointing:
        return passed * work.rows * work.tokens * shape.hidden * shape.element + 2 * _at_work(shape, work)
    return passed * _layer(shape, work, 4 if shape.element == 4 else 4 + shape.element) + _at_work(shape, work)
