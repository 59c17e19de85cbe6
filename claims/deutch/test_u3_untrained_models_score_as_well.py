"""U3  By SimAOU and SimAM, GD and ICL look at least as alike in an untrained model as in the trained one.

Source: arXiv 2311.07772, section 3.3, table 1: the critique of these metrics. The published files suggest that the
    table sets normalised values of untrained models against raw ones of the trained model; here like meets like.
Quantity: SimAOU raw, SimAOU normalised, SimAM of changes, mean over layers and queries; untrained minus trained. Kept
    of the trained weights: embeddings, norms and output layer ("trained-embeddings"); norms alone, as the published
    logs' name says ("trained-norms"); nothing, as the text says ("no-training"). Mean of two initialisations.
Rule: mean difference over episodes > -0.02, one-sided tests (sign flips and bootstrap-t, both must reject);
    Holm over baselines and metrics. Rate of both: the most accurate of the trained model on tuning episodes.
Margin 0.02: the last digit of the paper's table, twice. Minimum effect 0.08: half the trained model's value there
    (0.16). 64 episodes; the spread on 24 tuning episodes (0.16 for SimAOU) needs 59 for power 0.9 after correction.
Refuted by: a baseline whose value is below the trained model's by more than the margin.
About the metrics, not about ICL: where it holds, a high value shows nothing learnt.
Inference is over episodes, for the two initialisations drawn.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs, Training
from iclgd_core.evidence.papers import DEUTCH
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.models.language.reinitialised import KEPT
from iclgd_core.stats import paired_greater
from iclgd_core.studies.deutch.untrained import METRICS, untrained_study

MARGIN = 0.02
MINIMUM_EFFECT = 0.08
DEVIATION = "read at the last token of the prompt; SimAM from layer 2 on; the paper: GPT of 1.3B on six text sets"


@claim(
    "U3",
    DEUTCH.at("section 3.3, table 1"),
    "SimAOU and SimAM of changes of an untrained model are at least those of the trained model, like for like.",
    brief="Untrained models score as high on SimAOU and SimAM",
    refuted_by="an untrained model whose value is below the trained model's by more than 0.02",
    measures="the metrics of similarity on untrained models",
    needs=Needs(next_tokens=True, fresh_twin=True),
    trains=(Training.KEYS_VALUES,),
    demonstrations=8,
)
@pytest.mark.parametrize("metric", METRICS, ids=lambda name: name.replace("/", "-"))
@pytest.mark.parametrize("kept", list(KEPT))
def test_untrained_models_score_as_well(lab: Lab, judge: Judge, kept: str, metric: str) -> None:
    study = untrained_study(lab, kept, metric)
    outcome = paired_greater(
        study[kept],
        study["trained"],
        margin=-MARGIN,
        quantity=f"{metric} of GD and ICL, {kept} - trained",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, deviation=DEVIATION)
