"""The designs of the claims of Shen et al. in the quick tier.

Margins and minimum effects are those of the claims' files (a test compares them), numbers of episodes those of the
tier. Spreads are standard deviations over the 24 tuning episodes of the built-in models that learn in context, by
`pytest claims --iclgd-plan`: the largest among the sub-claims of a design. No evaluation episode enters. The additive
overlap cosine varies two to four times as much as the other agreements, has a minimum effect of its own, and stands
apart.
"""

from iclgd_core.calibration.design import Design
from iclgd_core.lab.tiers import TIERS

QUICK = TIERS["quick"]

DESIGNS = (
    Design(
        "S1", "S1", "every greater", 0.01, 0.05 - 0.01, QUICK.order_episodes, 5, 0.06752,
        members=len(QUICK.sgd.readouts),
    ),
    Design("S2 full-batch GD", "S2", "greater", 0.02, 0.07 - 0.02, QUICK.episodes, 12, 0.06745),
    Design("S2 SGD and Adam", "S2", "greater", 0.02, 0.07 - 0.02, QUICK.minibatch_episodes, 12, 0.06789),
    Design("S2 full-batch GD, additive OCS", "S2", "greater", 0.02, 0.20 - 0.02, QUICK.episodes, 12, 0.1593),
    Design("S2 SGD and Adam, additive OCS", "S2", "greater", 0.02, 0.20 - 0.02, QUICK.minibatch_episodes, 12, 0.1614),
    Design("S2a", "S2a", "greater", 0.02, 0.07 - 0.02, QUICK.episodes, 8, 0.06617),
    Design("S2a additive OCS", "S2a", "greater", 0.02, 0.20 - 0.02, QUICK.episodes, 8, 0.1623),
    Design("S2b", "S2b", "greater", 0.02, 0.12 - 0.02, QUICK.accuracy_episodes, 8, 0.2965),
    Design("S2n, 32 and 128", "S2n", "greater", 0.0, 0.10, QUICK.many_episodes, 3, 0.2962),
    Design("S2n, 512", "S2n", "greater", -0.05, 0.10, QUICK.many_episodes, 3, 0.2962),
    Design("S4", "S4", "equivalent", 0.05, 0.05, QUICK.size_episodes, 4, 0.01661),
    Design("S4 additive OCS", "S4", "equivalent", 0.05, 0.05, QUICK.size_episodes, 4, 0.07099),
    Design("S5 accuracy", "S5", "equivalent", 0.05, 0.05, QUICK.episodes, 2, 0.08339, sampled=1),
    Design("precondition: ICL", "precondition", "greater", 0.0, None, QUICK.episodes, 1, None),
)  # fmt: skip
