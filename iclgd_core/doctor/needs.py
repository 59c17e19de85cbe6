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
from iclgd_core.doctor.hardware import Device
from iclgd_core.doctor.subject import SHOTS, Described, Lengths
from iclgd_core.errors import ModelError
from iclgd_core.learners import OPTIMIZERS
from iclgd_core.learners.replicas import REPLICA_BYTES
from iclgd_core.learners.workload import step_workload
from iclgd_core.models.loading import LARGE, attention_for
from iclgd_core.models.projections import trained
from iclgd_core.tiers import Tier

COPIES = 3
"""Weights, gradients and what SGD needs besides, of each replica."""


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
    keeps = attention == "eager"
    try:
        deep, parts = tuple(trained(shape.module, "v_middle")), ""
    except ModelError as error:
        deep, parts = None, str(error)

    def need(what: str, work: Workload, *claims: str) -> Need:
        return Need(
            what, estimate(shape, work, device.name, calibration.ratio(situation_of(shape, work, device.name))), claims
        )

    icl = Workload("icl", tier.queries, lengths.prompt, keeps_scores=keeps)
    needs = [need("in-context learning", icl, "S1", "S1t", "S2", "S2a", "S2b", "S2n", "S4", "S5")]
    gd = descent(shape, lengths, keeps, None, "sgd")
    needs.append(need("GD on the whole model", gd, "S1", "S1t", "S2", "S2b", "S2n", "S4"))
    needs.append(need("Adam on the whole model", descent(shape, lengths, keeps, None, "adam"), "S1", "S2"))
    needs.append(_in_float64(shape, model, lengths, keeps, device))
    if deep is not None:
        needs.append(need("GD on W_V of one layer", descent(shape, lengths, keeps, deep, "sgd"), "S2a"))
    capacity = None if device.free is None else usable(device.free)
    return Needs(shape, chosen, attention, _engine(shape, model, attention), tuple(needs), parts, capacity)


def _in_float64(shape: Skeleton, model: Described, lengths: Lengths, keeps: bool, device: Device) -> Need:
    """Return what S1t takes: GD on a copy in float64 beside the model itself."""
    copy = skeleton(model.config, torch.float64, model.masked)
    taken = estimate(copy, descent(copy, lengths, keeps, None, "sgd"), device.name)
    return Need("GD on a copy in float64", replace(taken, weights=taken.weights + shape.weight_bytes), ("S1t",))


def descent(shape: Skeleton, lengths: Lengths, keeps: bool, part: tuple[str, ...] | None, rule: str) -> Workload:
    """Return the workload of a full-batch step on SHOTS demonstrations, as the learner would take it."""
    return step_workload(shape, OPTIMIZERS["adam" if rule == "adam" else "gd"], SHOTS, lengths.example, part, keeps)


def _engine(shape: Skeleton, model: Described, attention: str) -> str:
    copies = REPLICA_BYTES // (COPIES * shape.weight_bytes)
    if copies > 1 and attention == "eager" and not model.masked:
        return f"replicas: up to {copies} runs at a time on copies of the model, where its architecture vectorises"
    return "in place: one run at a time on the model itself, restored after each"
