"""V15  Two trained layers match two steps of GD++.

Source: arXiv 2212.07677, section 3, figure 3.
Quantity: npd of GD++ from the model, at the setting nearest to it on tuning episodes: one rate and gamma for both
    steps, as in the source, or a rate and a gamma for each, as each layer has weights of its own here.
Rule: mean over episodes < 0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over the
    forms of GD++ and the seeds.
Margin 0.02: that of S2; within it, predictions count as the same here.
Combines: one of the recursions is enough, for every seed: layers may share their rates or not.
Refuted by: two trained layers that are further from GD++.
Deviation: as V14. The second form was added after the first had been measured; margin and seeds stayed.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Judge, Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.vonoswald.alignment import replica
from iclgd_core.studies.vonoswald.two_layers import matched

MARGIN = 0.02
SEEDS = (1, 2, 3)
DEVIATION = "each layer has weights of its own (source: looped too); three training seeds"


@claim(
    "V15",
    VON_OSWALD.at("section 3, figure 3"),
    "Two trained layers of linear self-attention predict what two steps of GD++ predict.",
    brief="Two trained layers predict what GD++ predicts",
    combines="any of recursion",
    refuted_by="two trained layers that differ from the nearest GD++ by more than 2% of y's variance",
    measures="prediction difference of GD++ from the trained model",
)
@pytest.mark.regression("icl-objective-lsa-2", "untrained-lsa-2", "shuffled-lsa-2")
@pytest.mark.parametrize("recursion", ["gd++", "gd++-rates"])
@pytest.mark.parametrize("seed", SEEDS)
def test_two_layers_match_gd_plus_plus(regression: RegressionLab, judge: Judge, seed: int, recursion: str) -> None:
    found = matched(replica(regression, seed), recursion)
    bound = np.full_like(found.distance, MARGIN)
    outcome = paired_greater(bound, found.distance, margin=0.0, quantity=f"{MARGIN:g} - npd of {recursion} from ICL")
    details: dict[str, Json] = {"npd": float(found.distance.mean()), "setting": list(found.setting)}
    judge(outcome, Study({"npd": found.distance}, details, tuning=found.choices), deviation=DEVIATION)
