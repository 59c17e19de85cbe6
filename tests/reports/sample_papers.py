"""A report with claims of every paper: closures of many accounts on models of every kind, numbers of the papers."""

from collections.abc import Sequence

from iclgd_core.evidence import papers
from iclgd_core.evidence.claim import Place
from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.document.report import Report, report_of
from tests.reports.finished import HEADER
from tests.reports.sample_items import sampled

NO_ICL = "no ICL: accuracy 0.110 with 8 demonstrations, 0.120 without, over the whole vocabulary (one-sided p = 0.7)"
SAME = "floor and ceiling do not differ: their 95% interval of difference is [-0.01, 0.02]"
SIZES = ("ginc-llama-57k", "ginc-llama-208k", "ginc-llama-794k", "ginc-gptj-829k", "ginc-llama-3.1m")
LANGUAGE = ("token-overlap", "ocs-bounded", "jensen-shannon")

REACHED: dict[str, tuple[float, ...]] = {
    "gd": (-0.02, 0.01, 0.00, 0.03, 0.05),
    "sgd": (0.00, 0.01, 0.02, 0.04, 0.06),
    "adam": (-0.11, 0.05, 0.07, 0.06, 0.08),
    "w_v-middle": (0.00, 0.05, 0.11, 0.02, 0.04),
    "kv-one-pass": (0.10, 0.16, 0.22, 0.19, 0.31),
    "layer-causal": (0.04, 0.09, 0.20, 0.21, 0.35),
    "bayes-mixture": (-0.62, -0.41, -0.38, -0.2, -0.12),
    "bayes-structure": (0.29, 0.47, 0.62, 0.71, 0.97),
}
"""Closure by account, for each of SIZES."""

REGRESSION: dict[str, tuple[float | None, ...]] = {
    "gd": (1.0, 1.0, 0.71, 0.64),
    "gd++": (None, 1.0, 0.93, None),
    "newton": (0.42, 0.4, 0.98, 0.97),
    "bayes": (0.41, 0.4, 0.99, 0.995),
}
SOLVERS = (
    ("constructed-gd-1", "linear-d10"), ("constructed-gd++-4", "linear-d10"), ("icl-objective-lsa-2.7k", "linear-d10"),
    ("icl-objective-gpt-98k", "linear-d5"),
)  # fmt: skip


def record(account: str, model: str, task: str, agreement: str, value: float | None, n: int = 96) -> dict[str, Json]:
    """Return a closure as a study records it, with an interval of its own width; undefined where value is None."""
    wide = 0.01 + 0.05 * abs(value or 0.0) if model.startswith("ginc") else 0.0
    ends = (None, None) if value is None else (value - wide, value + 1.2 * wide)
    return {
        "account": account, "model": model, "task": task, "agreement": agreement, "value": value, "low": ends[0],
        "high": ends[1], "n": n, "undefined": SAME if value is None else "",
    }  # fmt: skip


def claimed(
    id: str,
    place: Place,
    model: str,
    task: str,
    verdict: Verdict = Verdict.SUPPORTED,
    expected: Verdict | None = None,
    statement: str = "An account comes nearer to ICL than another one.",
    closures: Sequence[Json] = (),
    **details: Json,
) -> Evidence:
    """Return a sub-claim with a settled outcome, or one of a model without ICL."""
    p = {Verdict.SUPPORTED: 1e-4, Verdict.REFUTED: 1 - 1e-4}.get(verdict, 0.4)
    outcome: Outcome | None = sampled("agreement with ICL, gained", 0.21, 0.15, 0.28, 0.02, p, 96, 0.1)
    blank = model.startswith(("untrained", "shuffled"))
    return Evidence(
        id=id, params={"account": "gd"}, paper=place.paper, where=place.where, statement=statement,
        refuted_by="the contrary", model=model, task=task, family_size=1,
        expected=Verdict.INCONCLUSIVE if blank else expected or verdict,
        outcome=None if blank else outcome, verdict=Verdict.INCONCLUSIVE if blank else None,
        reason=NO_ICL if blank else "", details={"closures": list(closures), **details},
        node_id=f"claims/{id.lower()}/test_{id.lower()}.py::test_it[{model}-{task}]",
    )  # fmt: skip


def language_records(agreement: str) -> list[Json]:
    """Return the closures of all accounts on the language models; one size has none by Jensen-Shannon."""
    shift = {"token-overlap": 0.0, "ocs-bounded": -0.03, "jensen-shannon": 0.02}[agreement]
    rows: list[Json] = []
    for account, values in REACHED.items():
        for model, value in zip(SIZES, values, strict=True):
            undefined = agreement == "jensen-shannon" and model == "ginc-llama-57k"
            rows.append(record(account, model, "ginc-k8", agreement, None if undefined else value + shift))
    rows += [record("zero-shot", SIZES[2], "ginc-k8", agreement, 0.0)]
    return [*rows, record("gd", SIZES[2], "ginc-k8", agreement, 0.5, n=24)]


def papers_evidence() -> list[Evidence]:
    """Return the evidence, not yet adjudicated."""
    supported, refuted = Verdict.SUPPORTED, Verdict.REFUTED
    regression: list[Json] = [
        record(account, model, task, "npd", value, n=256)
        for account, values in REGRESSION.items()
        for (model, task), value in zip(SOLVERS, values, strict=True)
    ]
    gap: Json = {
        "learning_rates": [0.001, 0.02, 0.1], "epochs": [1, 10, 30], "batches": [1, 8],
        "closure": [[[0.0, 0.02, 0.06], [0.05, 0.31, 0.12], [-0.3, -0.9, None]],
                    [[0.0, 0.0, 0.01], [0.01, 0.03, 0.05], [0.04, 0.1, -0.02]]],
    }  # fmt: skip
    more = [claimed("S2", papers.SHEN.at("figure 5"), model, "ginc-k8", closures=language_records(agreement))
            for model, agreement in zip(SIZES[2:], LANGUAGE, strict=True)]  # fmt: skip
    return [
        *more,
        claimed("S2", papers.SHEN.at("figure 5"), "constructed-gd-1", "linear-d10", refuted, closures=regression),
        claimed("S2", papers.SHEN.at("figure 5"), "untrained-llama-794k", "ginc-k8"),
        claimed("S2", papers.SHEN.at("figure 5"), "shuffled-llama-794k", "ginc-k8"),
        claimed("V1", papers.VON_OSWALD.at("proposition 1"), "constructed-gd-1", "linear-d10", paper_value="0 (exact)"),
        claimed("A1", papers.AKYUREK.at("theorem 1"), "constructed-gd++-4", "linear-d10"),
        claimed("G1", papers.GARG.at("figure 2"), "icl-objective-gpt-98k", "linear-d5", paper_value=0.02,
                deviation="5 dimensions and 98k weights for 20 and 22M"),
        claimed("F1", papers.FU.at("figure 1"), "icl-objective-gpt-98k", "linear-d5"),
        claimed("D1", papers.DAI.at("table 2"), SIZES[2], "ginc-k8", refuted, supported, paper_value=0.85,
                statement="Rec2FTP is above chance."),
        claimed("D2", papers.DAI.at("table 4"), SIZES[2], "ginc-k8"),
        claimed("U1", papers.DEUTCH.at("figure 3"), SIZES[2], "ginc-k8"),
        claimed("X1", papers.XIE.at("theorem 1"), SIZES[2], "ginc-k8"),
        claimed("M1", papers.FALCK.at("section 4"), SIZES[2], "ginc-k8"),
        claimed("R1", papers.MIN.at("figure 1"), SIZES[2], "ginc-k8"),
        claimed("O2", papers.OPEN.at("section 7"), SIZES[2], "ginc-k8", gap_map=gap),
    ]  # fmt: skip


def papers_report() -> Report:
    """Return the report: claims of eleven sources, one verdict of which is not as registered."""
    evidence = with_verdicts(papers_evidence())
    return report_of(evidence, HEADER, len(evidence))
