"""One small report with everything a renderer meets: each verdict, each kind of outcome, curves, closure, reasons."""

from dataclasses import replace

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.document.report import Report, report_of
from tests.reports import sample_curves as drawn
from tests.reports.sample_items import LLAMA, exact, item, sampled

GPTJ, UNTRAINED = "ginc-gptj-829k", "untrained-llama-794k"
NO_ICL = "no ICL: accuracy 0.110 with 8 demonstrations, 0.120 without, over the whole vocabulary (one-sided p = 0.7)"

RUN: dict[str, Json] = {
    "versions": {"python": "3.11.7", "iclgd": "0.1.0", "torch": "2.13.0+cpu", "scipy": "1.17.1", "pytest-xdist": None},
    "platform": "Linux-6.1-x86_64-with-glibc2.36",
    "machine": "x86_64",
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "dirty": True,
    "started": "2026-01-02T03:04:05+00:00",
    "finished": "2026-01-02T03:09:35+00:00",
    "workers": 2,
    "device": "cpu",
    "dtype": "float32",
    "seed": 0,
    "tier": "quick",
    "options": {
        "given": {"--iclgd-seed": "0"},
        "resolved": {"models": [], "tasks": [], "fresh": False, "device": "cpu", "seed": 0, "tier": "quick"},
    },
}


def sample_report() -> Report:
    """Return the report: 22 sub-claims of nine claims on three models; one is refuted unexpectedly."""
    evidence = with_verdicts([*_order(), *_invariance(), *_agreement(), *_demonstrations(), *_weights(), *_others()])
    return report_of(evidence, RUN, len(evidence) - 1)


def _order() -> list[Evidence]:
    quantity = "order sensitivity, ICL - GD, least over epochs"
    rows = []
    for name, mean, low, high, p in (
        ("gd", 0.049, 0.034, 0.072, 2**-12), ("sgd1", 0.047, 0.033, 0.070, 2**-12), ("adam1", 0.023, 0.007, 0.049, 0.12)
    ):  # fmt: skip
        outcome = replace(sampled(quantity, mean, low, high, 0.01, p, 12, sd=0.037), kind="every greater", members=3)
        rows.append(item("S1", {"optimizer": name}, outcome, curves=drawn.order(name), learning_rate=1e-4))
    rows[-1] = replace(rows[-1], expected=Verdict.INCONCLUSIVE)
    return [*rows, item("S1", {"optimizer": "gd"}, model=UNTRAINED, verdict=Verdict.INCONCLUSIVE, reason=NO_ICL)]


def _invariance() -> list[Evidence]:
    quantity = "largest change of a probability"
    gd = exact(f"{quantity}, gd", 4e-16, (1e-16, 4e-16), 1e-9, True, "below")
    icl = exact(f"{quantity}, icl", 0.06, (0.06, 0.31), 1e-9, True, "above")
    return [item("S1t", {"learner": "gd"}, gd), item("S1t", {"learner": "icl"}, icl)]


def _agreement() -> list[Evidence]:
    rows = []
    for id, params, part, agreement in (
        ("S2", {"optimizer": "gd", "agreement": "token-overlap"}, "whole model", "token-overlap"),
        ("S2", {"optimizer": "gd", "agreement": "ocs-bounded"}, "whole model", "ocs-bounded"),
        ("S2a", {"part": "v_middle", "agreement": "token-overlap"}, "W_V of a middle layer", "token-overlap"),
        ("S2a", {"part": "v_deep", "agreement": "token-overlap"}, "W_V of a deep layer", "token-overlap"),
    ):
        outcome = sampled(f"agreement with ICL ({agreement}), ceiling - GD", 0.17, 0.15, 0.19, 0.02, 1e-4, 96, sd=0.1)
        curves = drawn.grid(agreement, part)
        rows.append(item(id, params, outcome, curves=curves, closure=0.021, closure_interval=[-0.01, 0.05]))
    rows.append(
        item("S2", {"optimizer": "sgd1", "agreement": "token-overlap"}, verdict=Verdict.ERROR,
             reason="DivergedError: sgd1 at learning rate 0.1 diverged on evaluation episode 3.")
    )  # fmt: skip
    none = Outcome.without_verdict("agreement with ICL (ocs-bounded), ceiling - GD", "mean > 0.02", 0.02, 1, "one unit")
    return [*rows, item("S2", {"optimizer": "adam1", "agreement": "ocs-bounded"}, none, expected=Verdict.INCONCLUSIVE)]


def _demonstrations() -> list[Evidence]:
    rows = []
    for n, mean, low, high, margin, p in (
        (32, 0.102, 0.06, 0.14, 0.0, 1e-4), (128, 0.076, 0.023, 0.126, 0.0, 4e-3),
        (512, -0.077, -0.115, -0.037, -0.05, 0.9)
    ):  # fmt: skip
        outcome = sampled(f"accuracy, {n} demonstrations", mean, low, high, margin, p, 48, sd=0.14)
        rows.append(item("S2n", {"demonstrations": str(n)}, outcome, curves=drawn.demonstrations(n)))
    rows[-1] = replace(rows[-1], expected=Verdict.INCONCLUSIVE)
    return rows


def _weights() -> list[Evidence]:
    rows = []
    for model, value in ((LLAMA, 0.073), (GPTJ, 0.091)):
        outcome = replace(exact("sparsity of W_K, absolute threshold", value, (0.0, value), 0.5, True, "below"), n=5)
        rows.append(item("S3", {"matrix": "W_K"}, outcome, model=model, task="", curves=drawn.sparsity(value)))
    moved = exact("relative change of the weights", 0.003, (0.003, 0.09), 0.01, False, "above")
    level = replace(sampled("change of ICL accuracy", 0.052, 0.036, 0.07, 0.05, 0.6, 96, sd=0.08), kind="equivalent")
    return [
        *rows,
        item("S5", {"what": "weights"}, moved, model="ginc-llama-208k", task="ginc-k8", curves=drawn.checkpoints()),
        item("S5", {"what": "accuracy"}, level, model="ginc-llama-208k", task="ginc-k8",
             expected=Verdict.INCONCLUSIVE, curves=drawn.checkpoints()),
    ]  # fmt: skip


def _others() -> list[Evidence]:
    slope = sampled("slope of the gap a decade", -0.029, -0.041, -0.019, 0.05, 1e-4, 24, sd=0.03)
    slope = replace(slope, kind="equivalent", rule="|mean difference over episodes| < 0.05")
    four = "a trend over sizes needs at least 4 sizes that learn in context; of 1 given, 1 did."
    return [
        item("S4", {"agreement": "token-overlap"}, slope, model="4 sizes", task="ginc-k8", curves=drawn.sizes()),
        item("S4", {"agreement": "token-overlap"}, model=GPTJ, verdict=Verdict.NOT_RUN, reason=four),
        item("E1", {}, sampled("accuracy, 8 demonstrations - 1", 0.04, 0.02, 0.06, 0.0, 2e-3, 96, sd=0.1)),
    ]
