"""V14  Two trained layers are nearer to two steps of GD++ than to two steps of GD.

Source: arXiv 2212.07677, section 3, figure 3: trained nets of two and more layers match GD++, not GD.
Quantity: npd from the model, GD's minus that of GD++; each at the setting nearest to the model on tuning episodes. GD
    has one rate, or, as GD++ has a second parameter too, one for each step.
Rule: mean difference over episodes > 0.01, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    GD's forms and training seeds.
Margin 0.01: half the margin of S2, 1% of y's variance; less would not show in the source's figure.
Refuted by: a form of GD that is as near to the model as GD++, within the margin.
Deviation: each layer has weights of its own (source: looped, and own weights); three seeds.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge, Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.vonoswald.alignment import replica
from iclgd_core.studies.vonoswald.two_layers import matched

MARGIN = 0.01
SEEDS = (1, 2, 3)
DEVIATION = "each layer has weights of its own (source: looped too); three training seeds"


@claim(
    "V14",
    VON_OSWALD.at("section 3, figure 3"),
    "Two trained layers of linear self-attention match GD++ better than GD.",
    brief="Two trained layers are nearer to GD++ than to GD",
    refuted_by="two steps of GD that come as near to the model as two steps of GD++",
    measures="prediction differences of GD and of GD++ from the trained model",
)
@pytest.mark.regression("icl-objective-lsa-2", "untrained-lsa-2", "shuffled-lsa-2")
@pytest.mark.parametrize("rival", ["gd", "gd-rates"])
@pytest.mark.parametrize("seed", SEEDS)
def test_two_layers_are_nearer_to_gd_plus_plus(regression: RegressionLab, judge: Judge, seed: int, rival: str) -> None:
    lab = replica(regression, seed)
    plain, curved = matched(lab, rival), matched(lab, "gd++")
    outcome = paired_greater(plain.distance, curved.distance, margin=MARGIN, quantity=f"npd from ICL, {rival} - gd++")
    found = {rival: plain, "gd++": curved}
    study = Study(
        {name: one.distance for name, one in found.items()},
        {"npd": {name: float(one.distance.mean()) for name, one in found.items()}},
        tuning={name: one.choices for name, one in found.items()},
    )
    judge(outcome, study, deviation=DEVIATION)
