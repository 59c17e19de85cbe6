"""Memory of each kind of measurement on one model, against what the device has, and how many workers fit."""

import math
from dataclasses import dataclass, replace

import torch

from iclgd_core.devices import (
    Calibration,
    Estimate,
    NumberFormat,
    Skeleton,
    Workload,
    choose_dtype,
    estimate,
    situation_of,
    skeleton,
    usable,
)
from iclgd_core.doctor.claims import ICL, NEEDS
from iclgd_core.doctor.hardware import Device
from iclgd_core.doctor.subject import SHOTS, Described, Lengths
from iclgd_core.errors import ModelError
from iclgd_core.lab.tiers import Tier
from iclgd_core.learners import OPTIMIZERS
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.learners.gd.replicas import REPLICA_BYTES
from iclgd_core.learners.gd.workload import step_workload
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.loading import LARGE, attention_for
from iclgd_core.models.language.projections import trained

COPIES = 3
"""Weights, gradients and what SGD needs besides, of each replica."""

IN_CONTEXT = (ICL, *(need.id for need in NEEDS if need.material != "built-in"))
WHOLE = ("S1", "S1t", "S2", "S2b", "S2n", "S4", "R2", "O1", "O2", "O4", "O5", "O6")
FINE_TUNED = ("D3", "D4", "D5", "D6", "D8", "D9", "D10", "U2", "U2r", "U3", "U5", "U5n")
LAYER_CAUSAL = ("U2", "U2r", "U5", "U5n", "U6")
"""Claims that measure ICL, if only to see whether there is any; that train the whole model on labels; that train keys
and values on whole demonstrations; that do so by a layer-causal loss."""


@dataclass(frozen=True)
class Need:
    """One kind of measurement.

    Attributes:
        what: in words.
        estimate: of its memory.
        claims: that cannot run without it.
    """

    what: str
    estimate: Estimate
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Needs:
    """What a model takes on a device.

    Attributes:
        shape: of the model.
        format: its number format and why.
        attention: implementation of attention.
        engine: of gradient descent, in words.
        needs: by kind of measurement.
        parts: why W_V cannot be trained alone; empty if it can.
        capacity: bytes of the device that a run may take; None where nobody tells.
    """

    shape: Skeleton
    format: NumberFormat
    attention: str
    engine: str
    needs: tuple[Need, ...]
    parts: str
    capacity: int | None

    def workers(self) -> int | None:
        """Return how many workers fit on one device with the largest need that fits at all; None if unknown."""
        fitting = [need.estimate.total for need in self.needs if self.fits(need)]
        if self.capacity is None or not fitting:
            return None if self.capacity is None else 0
        return math.floor(self.capacity / max(fitting))

    def fits(self, need: Need) -> bool:
        """Return whether a measurement fits when it has the device for itself."""
        return self.capacity is None or need.estimate.total <= self.capacity


def needs_of(
    model: Described, lengths: Lengths, tier: Tier, device: Device, asked: str, calibration: Calibration
) -> Needs:
    """Return what a model takes on a device.

    Args:
        model: its configuration.
        lengths: of its prompts.
        tier: sizes of the measurements.
        device: to compute on.
        asked: number format that was asked for, or empty.
        calibration: measured peaks of earlier runs.

    Raises:
        ModelError: the configuration builds no model.
        SettingsError: no such number format.
    """
    size = skeleton(model.config, torch.float32, model.masked)
    chosen = choose_dtype(size.parameters, device.name, asked)
    shape = skeleton(model.config, chosen.dtype, model.masked)
    attention = attention_for(model.config, model.masked, shape.parameters > LARGE)
    keeps = is_plain(attention)
    (deep, parts), (kv, _) = _part(shape, "v_middle"), _part(shape, "kv")

    def need(what: str, work: Workload, *claims: str) -> Need:
        return Need(
            what, estimate(shape, work, device.name, calibration.ratio(situation_of(shape, work, device.name))), claims
        )

    icl = Workload("icl", tier.queries, lengths.prompt, keeps_scores=keeps)
    needs = [need("in-context learning", icl, *IN_CONTEXT)]
    gd = descent(shape, lengths, keeps, None, "gd")
    needs.append(need("GD on the whole model", gd, *WHOLE))
    needs.append(need("Adam on the whole model", descent(shape, lengths, keeps, None, "adam"), "S1", "S2", "O4"))
    needs.append(_in_float64(shape, model, lengths, keeps, device))
    if deep is not None:
        needs.append(need("GD on W_V of one layer", descent(shape, lengths, keeps, deep, "gd"), "S2a"))
    if kv is not None and not model.masked:
        whole, causal = (descent(shape, lengths, keeps, kv, "sgd1", loss) for loss in ("lm", "layer-causal"))
        needs.append(need("SGD on keys and values, whole demonstrations", whole, *FINE_TUNED))
        needs.append(need("layer-causal SGD on keys and values", causal, *LAYER_CAUSAL))
    capacity = None if device.free is None else usable(device.free)
    return Needs(shape, chosen, attention, _engine(shape, model, attention), tuple(needs), parts, capacity)


def _in_float64(shape: Skeleton, model: Described, lengths: Lengths, keeps: bool, device: Device) -> Need:
    """Return what S1t and U1 take: gradients of a copy in float64 beside the model itself."""
    copy = skeleton(model.config, torch.float64, model.masked)
    taken = estimate(copy, descent(copy, lengths, keeps, None, "gd"), device.name)
    return Need("GD on a copy in float64", replace(taken, weights=taken.weights + shape.weight_bytes), ("S1t", "U1"))


def descent(
    shape: Skeleton,
    lengths: Lengths,
    keeps: bool,
    part: tuple[str, ...] | None,
    optimizer: str,
    objective: str = LABELS,
) -> Workload:
    """Return the workload of a step on SHOTS demonstrations, as the learner takes it; whole ones end in a label."""
    tokens = lengths.example + (objective != LABELS)
    return step_workload(shape, OPTIMIZERS[optimizer], SHOTS, tokens, part, keeps, objective)


def _part(shape: Skeleton, part: str) -> tuple[tuple[str, ...] | None, str]:
    """Return the parameters of a part of the model, and why they are not known; empty if they are."""
    try:
        return tuple(trained(shape.module, part)), ""
    except ModelError as error:
        return None, str(error)


def _engine(shape: Skeleton, model: Described, attention: str) -> str:
    copies = REPLICA_BYTES // (COPIES * shape.weight_bytes)
    if copies > 1 and is_plain(attention) and not model.masked:
        return f"replicas: up to {copies} runs at a time on copies of the model, where its architecture vectorises"
    return "in place: one run at a time on the model itself, restored after each"
