"""One sub-claim of the sample report: its outcome, its protocol, its evidence."""

from collections.abc import Mapping, Sequence

from scipy.stats import norm

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.interval import Inversion
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from tests.reports.sample_claims import CLAIMS, FILES, SIZES

LLAMA = "ginc-llama-794k"


def item(
    id: str,
    params: Mapping[str, str],
    outcome: Outcome | None = None,
    model: str = LLAMA,
    task: str = "ginc-k5",
    verdict: Verdict | None = None,
    expected: Verdict | None = None,
    reason: str = "",
    curves: Sequence[Curve] = (),
    **details: Json,
) -> Evidence:
    """Return evidence of one sub-claim, as the claim's file and its test would have it."""
    paper, where, statement, refuted_by = CLAIMS[id]
    if expected is None:
        expected = Verdict.SUPPORTED if outcome is not None else (verdict or Verdict.SUPPORTED)
    protocol: dict[str, Json] = {} if outcome is None else _protocol(id, params, outcome)
    return Evidence(
        id=id,
        params=params,
        paper=paper,
        where=where,
        statement=statement,
        refuted_by=refuted_by,
        model=model,
        task=task,
        expected=Verdict.SUPPORTED if verdict is Verdict.ERROR else expected,
        family_size=SIZES[id],
        outcome=outcome,
        verdict=verdict,
        reason=reason,
        seconds=1.25,
        details={"model_sha256": {model: "ab" * 32}, **details},
        curves=tuple(curves),
        protocol=protocol,
        node_id=f"claims/{FILES[id]}[{'-'.join([model, task, *params.values()])}]",
        text=f"{id}  {statement}\n\nSource: {paper}, {where}.\nRefuted by: {refuted_by}.",
    )


def sampled(quantity: str, mean: float, low: float, high: float, margin: float, p: float, n: int, sd: float) -> Outcome:
    """Return the outcome of a one-sided paired test, with the bounds of a normal mean whose p-value is p."""
    error = min(abs(mean - margin), abs(mean + margin)) / abs(float(norm.isf(p)))

    def bounds(level: float) -> tuple[float, float]:
        half = float(norm.isf(level)) * error
        return mean - half, mean + half

    return Outcome(
        quantity=quantity,
        rule=f"mean paired difference over episodes > {margin:g}, one-sided sign-flip tests",
        estimate=mean,
        interval=(low, high),
        threshold=margin,
        n=n,
        method="9999 random sign flips; 95% BCa bootstrap interval of the mean",
        p_supported=p,
        p_refuted=1.0 - p,
        sd=sd,
        minimum_effect=0.05,
        distance=abs(mean - margin),
        kind="greater",
        margin=margin,
        inversion=Inversion(bounds),
    )


def exact(quantity: str, value: float, span: tuple[float, float], bound: float, holds: bool, kind: str) -> Outcome:
    """Return the outcome of a deterministic rule."""
    word = "<" if kind == "below" else ">"
    return Outcome(
        quantity=quantity,
        rule=f"every value {word} {bound:g}",
        estimate=value,
        interval=span,
        threshold=bound,
        n=4,
        unit="episode",
        method="range over 4, not an interval",
        holds=holds,
        kind=kind,
        margin=bound,
    )


def _protocol(id: str, params: Mapping[str, str], outcome: Outcome) -> dict[str, Json]:
    return {
        "claim": id,
        "params": dict(params),
        "rule": outcome.rule,
        "quantity": outcome.quantity,
        "kind": outcome.kind,
        "margin": outcome.margin,
        "minimum_effect": outcome.minimum_effect,
        "alpha": 0.05,
        "correction": "Holm within claim, model and task; supporting and refuting tests apart",
        "family_size": SIZES[id],
        "tier": "quick",
        "tuning": {"split": "tuning", "episodes": 8, "learning_rates": [1e-4, 1e-3], "epochs": [3, 10, 30]},
        "unit": outcome.unit,
        "units": outcome.n,
    }
