"""A piece of evidence in words, for a test's failure message."""

from collections.abc import Iterable, Mapping

from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with that many significant digits, or `undefined`.

    >>> number(0.123456), number(0.123456, 2), number(None)
    ('0.1235', '0.12', 'undefined')
    """
    return "undefined" if value is None else f"{value:.{digits}g}"


def label(evidence: Evidence) -> str:
    """Return claim and parameters, for example `S1 [optimizer=sgd]`."""
    return label_of(evidence.id, evidence.params)


def label_of(id: str, params: Mapping[str, str]) -> str:
    """Return claim and parameters.

    >>> label_of("S1", {"optimizer": "sgd"}), label_of("E1", {})
    ('S1 [optimizer=sgd]', 'E1')
    """
    named = ", ".join(f"{name}={value}" for name, value in sorted(params.items()))
    return f"{id} [{named}]" if named else id


def subject(evidence: Evidence) -> str:
    """Return model and task, for example `ginc-llama, ginc-k5`; empty if there is neither."""
    return ", ".join(part for part in (evidence.model, evidence.task) if part)


def effect(outcome: Outcome, digits: int = 4) -> str:
    """Return the estimate with the interval to be shown, for example `0.12 [0.1, 0.15]`."""
    if outcome.shown_interval is None:
        return number(outcome.estimate, digits)
    low, high = outcome.shown_interval
    return f"{number(outcome.estimate, digits)} [{number(low, digits)}, {number(high, digits)}]"


def described(evidence: Evidence, verdicts: Iterable[Verdict]) -> str:
    """Say what was found, what was expected, by which rule, and where the paper says so."""
    found = " or ".join(sorted(verdict.value for verdict in verdicts))
    where = f" on {subject(evidence)}" if subject(evidence) else ""
    lines = [f"claim {label(evidence)}{where}: {found}, expected {evidence.expected.value}."]
    rows = [("statement", evidence.statement)]
    outcome = evidence.outcome
    if outcome is not None:
        rows += [
            ("quantity", f"{outcome.quantity}, {outcome.n} {outcome.unit}s"),
            ("estimate", f"{effect(outcome)}, threshold {number(outcome.threshold)}"),
            ("p-values", _p_values(evidence, outcome)),
            ("rule", outcome.rule),
            ("undefined", outcome.undefined),
        ]
    rows += [
        ("reason", evidence.reason),
        ("refuted by", evidence.refuted_by),
        ("source", f"{evidence.paper}, {evidence.where}"),
    ]
    return "\n".join([*lines, *(f"  {name}: {text}" for name, text in rows if text)])


def _p_values(evidence: Evidence, outcome: Outcome) -> str:
    pairs = (
        ("supporting", outcome.p_supported, evidence.p_adjusted),
        ("refuting", outcome.p_refuted, evidence.p_refuted_adjusted),
    )
    parts = []
    for name, p, adjusted in pairs:
        if p is not None:
            corrected = "" if adjusted is None else f" ({number(adjusted)} after Holm's correction)"
            parts.append(f"{name} {number(p)}{corrected}")
    return ", ".join(parts)
