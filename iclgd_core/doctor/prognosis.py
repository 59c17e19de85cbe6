"""What a run on one model and task would do: memory, time, engine, workers, and which claims run."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from iclgd_core.devices import Calibration, cores, shown
from iclgd_core.doctor.claims import Circumstances, runs
from iclgd_core.doctor.duration import EFFICIENCY, FACTOR, shown_time, throughput, tokens_of
from iclgd_core.doctor.findings import Finding, Section, State
from iclgd_core.doctor.hardware import Device
from iclgd_core.doctor.needs import LAYER_CAUSAL, Needs, descent, needs_of
from iclgd_core.doctor.subject import Described, Lengths, describe, lengths_or_why, refused
from iclgd_core.errors import IclgdError
from iclgd_core.lab.tiers import Tier
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.loading import LARGE
from iclgd_core.studies.shen.invariance import LARGEST
from iclgd_core.tasks import GincTask, Task
from iclgd_core.tasks.text.linear_digits import LinearDigits

NEXT_TOKENS = ("U1", "U3", "D8")
"""Claims that fine-tune on every next token of the demonstrations, by no layer-causal loss and by no other."""

TIMED = "time of S1, S2, S2a, S2b"


@dataclass(frozen=True)
class Question:
    """What is asked of a machine.

    Attributes:
        models: names as asked for, families by their members; empty for the default run.
        tier: how much is measured.
        device: to compute on.
        dtype: number format that was asked for, or empty.
        may_ask: whether the Hub answers.
        calibration: measured peaks of earlier runs.
    """

    models: Sequence[str]
    tier: Tier
    device: Device
    dtype: str
    may_ask: bool
    calibration: Calibration


def prognosis(question: Question, model: str, task: Task) -> Section:
    """Return what a run of one model on one task would do; what it cannot do is a problem, with the reason."""
    title = f"{model} on {task.name}, {question.tier.name} tier"
    try:
        described = describe(model, question.may_ask)
    except IclgdError as error:
        return Section(title, [refused("model", error)])
    found = [_model(described)]
    try:
        lengths, why = lengths_or_why(task, model, described.here)
        needs = needs_of(described, lengths, question.tier, question.device, question.dtype, question.calibration)
    except IclgdError as error:
        return Section(title, [*found, refused("task", error)])
    found.append(_prompts(lengths, why, question.may_ask))
    found += _computing(needs)
    memory, errors = _memory(needs, question.device)
    found += memory
    found.append(_workers(needs, question.device))
    if question.device.name == "cpu" or torch.cuda.is_available():
        found.append(_time(needs, described, lengths, question))
    missing = why if lengths.assumed and described.here and not question.may_ask else ""
    left_out = _left_out(needs, described.masked)
    ginc, digits = isinstance(task, GincTask), isinstance(task, LinearDigits)
    known = Circumstances(question.models, model, errors, left_out, missing, lengths.pool, ginc, digits)
    return Section(title, [*found, *runs(known)])


def _left_out(needs: Needs, masked: bool) -> dict[str, str]:
    """Return by claim why it cannot be measured on a model of this kind."""
    found = {"S2a": needs.parts} if needs.parts else {}
    if needs.shape.layers == 1:
        found |= dict.fromkeys(("D5", "U1"), "it needs a model of at least two layers")
    if needs.shape.parameters > LARGEST:
        found |= dict.fromkeys(("S1t", "U1"), f"copies in float64 are made of models of up to {LARGEST:.2g} weights")
    if needs.shape.parameters > LARGE:
        found["U3"] = f"untrained twins are made of models of up to {LARGE:.2g} weights"
    if masked:
        found |= dict.fromkeys((*LAYER_CAUSAL, *NEXT_TOKENS), "a masked model predicts no next token")
    return found


def _model(described: Described) -> Finding:
    kind = f"{described.config.model_type}, {'masked' if described.masked else 'causal'}"
    if described.here:
        return Finding("model", f"{kind}, on this machine")
    hint = "`iclgd prefetch --model NAME` fetches it beforehand"
    return Finding("model", f"{kind}, {described.download / 1e9:.1f} GB to download first", "note", hint)


def _prompts(lengths: Lengths, why: str, may_ask: bool) -> Finding:
    told = f"up to {lengths.prompt} tokens with 8 demonstrations, {lengths.example} an example"
    if not lengths.assumed:
        return Finding("prompts", told)
    state: State = "note" if may_ask else "problem"
    return Finding("prompts", f"assumed: {told} ({why})", state, "`iclgd prefetch` fetches what is missing")


def _computing(needs: Needs) -> list[Finding]:
    slow = needs.shape.parameters > LARGE and needs.format.name == "float32" and "CPU" in needs.format.reason
    return [
        Finding("number format", f"{needs.format.name} ({needs.format.reason})", "note" if slow else "ok"),
        Finding("attention", needs.attention),
        Finding("engine of GD", needs.engine),
    ]


def _memory(needs: Needs, device: Device) -> tuple[list[Finding], dict[str, str]]:
    """Return the memory of each kind of measurement, and by claim why it ends in an error."""
    has = "unknown" if needs.capacity is None else shown(needs.capacity)
    found, errors = [], dict[str, str]()
    for need in needs.needs:
        told = f"{need.estimate} of {has}"
        if needs.fits(need):
            found.append(Finding(f"memory, {need.what}", told))
            continue
        hint = f"a device with more memory, or a smaller model; {device.name} has {has} for a run"
        found.append(Finding(f"memory, {need.what}", f"does not fit: {told}", "problem", hint))
        for claim in need.claims:
            errors.setdefault(claim, f"{need.what} needs {shown(need.estimate.total)}, {device.name} has {has}")
    return found, errors


def _workers(needs: Needs, device: Device) -> Finding:
    each = needs.workers()
    if each is None:
        return Finding("workers", "how many fit is unknown, since the free memory is", "note")
    if each == 0:
        return Finding("workers", "none fits", "note")
    most = min(each * device.count, cores())
    where = "the CPU" if device.name == "cpu" else f"each of {device.count} GPUs"
    return Finding("workers", f"{each} fit on {where} at a time; -n {most} keeps them and the {cores()} cores busy")


def _time(needs: Needs, described: Described, lengths: Lengths, question: Question) -> Finding:
    if needs.shape.parameters <= LARGE:
        told = "not estimated: under 100 million weights, other things than arithmetic decide it"
        return Finding(TIMED, told)
    work = descent(needs.shape, lengths, is_plain(needs.attention), None, "gd")
    operations = tokens_of(question.tier, lengths).operations(needs.shape.parameters, work.checkpointing)
    rate = throughput(needs.shape.hidden, needs.format.dtype, question.device.name)
    seconds = operations / (rate * EFFICIENCY)
    done = f"{operations:.1e} operations at {rate * EFFICIENCY:.1e} a second"
    told = f"{shown_time(seconds)} on one device, within a factor of {FACTOR:g} ({done})"
    return Finding(TIMED, told)
