"""Verdicts."""

from enum import StrEnum


class Verdict(StrEnum):
    """What became of a claim on one model and task."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_RUN = "not run"
