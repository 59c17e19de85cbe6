"""Measured peaks of memory, kept beside the measurements, that correct the next estimate of the same kind."""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from filelock import FileLock

from iclgd_core.devices.estimate import Workload
from iclgd_core.devices.skeleton import Skeleton, config_digest

SCHEMA = 1
KEPT = 16
"""Peaks remembered for each kind of workload; the largest of them counts."""

LOWEST, HIGHEST = 0.1, 20.0
"""Ratios outside are cut: beyond them something else was measured."""


@dataclass(frozen=True)
class Situation:
    """What a measured peak holds for.

    Attributes:
        model: digest of the configuration (`config_digest`).
        kind: of workload, with what changes its formula most: part trained, optimizer, kernel of attention, logits.
        device: `cuda` or `cpu`.
        dtype: number format of the weights.
    """

    model: str
    kind: str
    device: str
    dtype: str

    def key(self) -> dict[str, str]:
        """Return the fields and the versions of the libraries."""
        versions = {"torch": torch.__version__, "transformers": transformers.__version__}
        return {"model": self.model, "kind": self.kind, "device": self.device, "dtype": self.dtype, **versions}


def situation_of(shape: Skeleton, work: Workload, device: str) -> Situation:
    """Return what the measured peak of a workload on a torch device holds for."""
    trained = "whole" if work.trained is None else "part"
    logits = "one" if work.positions == 1 else f"{work.positions / max(1, work.tokens):g} a token"
    kind = f"{work.kind} {trained} {work.optimizer} {work.keeps_scores} {logits}"
    return Situation(config_digest(shape.module.config), kind, device.partition(":")[0], str(shape.module.dtype))


class MeasuredPeaks:
    """Ratios of measured to estimated growth of memory, one JSON file a situation."""

    def __init__(self, directory: Path) -> None:
        """Name the store; nothing is written yet."""
        self.directory = directory

    def ratio(self, situation: Situation) -> float:
        """Return the largest remembered ratio, within LOWEST and HIGHEST; 1 where nothing (readable) is stored."""
        return max(self._ratios(situation), default=1.0)

    def record(self, situation: Situation, estimated: int, measured: int) -> None:
        """Remember a measured growth of memory beside what was estimated; nothing where one of them is not positive.

        A directory that cannot be written costs only the correction, never the measurement: it is left alone.

        Args:
            situation: what was run.
            estimated: `Estimate.growth`.
            measured: `Peak.growth`.
        """
        if estimated <= 0 or measured <= 0:
            return
        path = self._path(situation)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(path.with_suffix(".lock")):
                ratios = [*self._ratios(situation), _cut(measured / estimated)][-KEPT:]
                _replace(path, {"schema": SCHEMA, "key": situation.key(), "ratios": ratios})
        except OSError:
            return

    def _path(self, situation: Situation) -> Path:
        name = hashlib.sha256(json.dumps(situation.key(), sort_keys=True).encode()).hexdigest()
        return self.directory / f"{name}.json"

    def _ratios(self, situation: Situation) -> list[float]:
        try:
            read = json.loads(self._path(situation).read_text(encoding="utf-8"))
            if read["schema"] != SCHEMA or read["key"] != situation.key():
                return []
            return [_cut(float(ratio)) for ratio in read["ratios"] if math.isfinite(float(ratio))]
        except (OSError, ValueError, KeyError, TypeError):
            return []


def _cut(ratio: float) -> float:
    return min(HIGHEST, max(LOWEST, ratio))


def _replace(path: Path, content: Mapping[str, object]) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
