"""The whole calibration as jobs, done by several processes; what comes out does not depend on how many."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

from iclgd_core.calibration.check import Check
from iclgd_core.calibration.closure_checks import closure_coverage, closure_without_gap
from iclgd_core.calibration.metric_checks import METRICS, planted_metric, planted_weights
from iclgd_core.calibration.real_rules import false_verdicts_end_to_end, mean_coverage
from iclgd_core.calibration.rules import false_verdicts, power_at_minimum_effect
from iclgd_core.calibration.shapes import SHAPES, Shape
from iclgd_core.calibration.sized_design import SizedDesign

NORMAL, HEAVY, TIES = SHAPES[:3]
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Job:
    """One piece of the calibration.

    Attributes:
        label: what it simulates, for the progress line.
        work: does it; can be sent to another process.
    """

    label: str
    work: Callable[[], Check | list[Check]]


def rule_jobs(designs: Sequence[SizedDesign], studies: int, seed: int) -> list[Job]:
    """Return the jobs for decision rules: false verdicts, power, coverage, and each kind's own function."""
    distinct = _distinct(designs)
    smallest = {design.kind: min((d for d in distinct if d.kind == design.kind), key=_episodes) for design in distinct}
    jobs = [
        Job(
            f"false verdicts: {design.name}: {design.rule}, {shape.name}",
            partial(false_verdicts, design, shape, studies, seed),
        )
        for design in distinct
        for shape in SHAPES
    ]
    jobs += [
        Job(f"power: {design.name}, {shape.name}", partial(power_at_minimum_effect, design, shape, studies, seed))
        for design in designs
        if design.minimum_effect is not None and design.spread
        for shape in SHAPES
        if shape.symmetric
    ]
    jobs += [
        Job(f"coverage: {n} episodes, {shape.name}", partial(mean_coverage, n, shape, studies, seed))
        for n in sorted({design.episodes for design in distinct})
        for shape in SHAPES
    ]
    return jobs + [
        Job(f"end to end: {design.rule}", partial(false_verdicts_end_to_end, design, NORMAL, studies, seed))
        for design in smallest.values()
    ]


def metric_jobs(few: int, many: int, studies: int, seed: int) -> list[Job]:
    """Return the jobs for metrics: planted predictions, planted weights, and closure, with few or many episodes."""
    jobs = [Job(f"metric: {name}", partial(planted_metric, name, few, studies, seed)) for name in METRICS]
    jobs.append(Job("metrics of weights", partial(planted_weights, studies, seed)))
    closures: list[tuple[float, int, Shape]] = [
        *((truth, few, NORMAL) for truth in (0.0, 0.5, 1.0)),
        (0.5, few, HEAVY),
        (0.5, few, TIES),
        (0.5, many, NORMAL),
    ]
    jobs += [
        Job(f"closure {truth:g}, {n} episodes, {shape.name}", partial(closure_coverage, truth, n, shape, studies, seed))
        for truth, n, shape in closures
    ]
    return jobs + [
        Job(f"closure without gap, {shape.name}", partial(closure_without_gap, few, shape, studies, seed))
        for shape in (NORMAL, HEAVY, TIES)
    ]


def run_jobs(jobs: Sequence[Job], workers: int, done: Callable[[str], None] = lambda label: None) -> list[Check]:
    """Do the jobs, `done(label)` after each, and return their checks in the order of the jobs.

    Every job draws from streams of its own, so neither the order nor the number of processes matters. With one worker
    everything is done in this process.
    """
    found: list[Check | list[Check]] = []
    if workers == 1:
        for job in jobs:
            found.append(job.work())
            done(job.label)
        return _flat(found)
    with _one_thread_each():
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        try:
            futures = [pool.submit(job.work) for job in jobs]
            for job, future in zip(jobs, futures, strict=True):
                found.append(future.result())
                done(job.label)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return _flat(found)


def _flat(found: Sequence[Check | list[Check]]) -> list[Check]:
    return [check for one in found for check in (one if isinstance(one, list) else [one])]


def _distinct(designs: Sequence[SizedDesign]) -> list[SizedDesign]:
    """Return one design for each rate of false verdicts, under the names of all that have it."""
    alike: dict[tuple[object, ...], list[SizedDesign]] = {}
    for design in designs:
        alike.setdefault(design.null_key, []).append(design)
    return [replace(same[0], name=", ".join(dict.fromkeys(one.name for one in same))) for same in alike.values()]


def _episodes(design: SizedDesign) -> int:
    return design.episodes


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that are started meanwhile compute on one thread each."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
