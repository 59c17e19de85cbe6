"""U4  Normalised SimAOU calls two independent random updates alike; raw SimAOU does not.

Source: arXiv 2311.07772, section 3.1 (updates with |r|^2 = 3 |h|^2); the closed form (1 - s)^2 / (s^2 c + (1 - s)^2),
    s = 1 / sqrt(1 + c), follows for orthogonal vectors: 0.146, 0.25 and 0.349 for c = 1, 3, 10.
Quantity: |mean SimAOU of 1000 pairs of updates in random directions - closed form|, in 2048 dimensions (the paper's
    model); the closed form of the raw one is 0.
Rule: deterministic given the seed: < 0.005.
Bound 0.005: one pair scatters by about 1 / sqrt(2048) = 0.022, the mean of 1000 by 0.0007, and a finite number of
    dimensions moves it by about 1 / 2048; the bound is some six standard errors.
Refuted by: a mean that is off by more.
About the metric alone: no model is involved.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import DEUTCH
from iclgd_core.evidence.study import Judge
from iclgd_core.stats import below
from iclgd_core.studies.deutch.artefact import NORMALISATIONS, SIZES, artefact_study

BOUND = 0.005


@claim(
    "U4",
    DEUTCH.at("section 3.1"),
    "Of two independent random updates normalised SimAOU is far above 0, by the closed form, and raw SimAOU is 0.",
    brief="Random updates look alike by normalised SimAOU",
    refuted_by="a mean over random updates that is off its closed form by more than sampling allows",
    needs_icl=False,
    measures="SimAOU of random updates against its closed form",
)
@pytest.mark.parametrize("form", NORMALISATIONS)
@pytest.mark.parametrize("size", SIZES)
def test_random_updates_look_alike_once_normalised(judge: Judge, size: float, form: str) -> None:
    study = artefact_study(size, form)
    outcome = below(
        study.numbers,
        BOUND,
        quantity=f"|mean SimAOU ({form}) of random updates - closed form|",
        unit="size of update",
    )
    judge(outcome, study, paper_value="high at c = 3; closed form 0.25" if form == "normalised" else "0")
