"""The designs of these claims in the quick tier, for `iclgd calibrate`: each rule at the size at which it is used.

Margins, minimum effects and families are those of the claims' files, numbers of episodes those of the tier. Spreads are
measurements: standard deviations over the 24 tuning episodes of the built-in models that learn in context, by
`pytest claims --iclgd-plan`, the largest among the sub-claims of a design. No evaluation episode enters. The additive
overlap cosine varies two to four times as much as the other agreements, has a minimum effect of its own, and stands
apart.
"""

from collections.abc import Callable
from typing import Any

from iclgd_core.calibration.design import Design
from iclgd_core.evidence.claim import claim_of
from iclgd_core.lab.tiers import TIERS

from . import test_s1_order_sensitivity as s1
from . import test_s2_output_distribution as s2
from . import test_s2a_sub_models as s2a
from . import test_s2b_accuracy as s2b
from . import test_s2n_demonstrations_needed as s2n
from . import test_s4_no_size_trend as s4
from . import test_s5_checkpoints as s5

QUICK = TIERS["quick"]


def _design(
    test: Callable[..., None],
    which: str,
    kind: str,
    margin: float,
    effect: float,
    episodes: int,
    spread: float,
    **more: int,
) -> Design:
    """Return the design of some sub-claims of a claim; its family are all that the test is parametrized over."""
    claim, family, marks = claim_of(test), 1, getattr(test, "pytestmark", list[Any]())
    assert claim is not None
    for mark in marks:
        family *= len(mark.args[1]) if mark.name == "parametrize" else 1
    return Design(f"{claim.id}{which}", claim.id, kind, margin, effect, episodes, family, spread, **more)


S1 = s1.test_icl_is_more_order_sensitive
S2 = s2.test_icl_agrees_with_itself_more_than_with_gd
S2A = s2a.test_icl_agrees_with_itself_more_than_with_a_sub_model
S2N = s2n.test_gd_needs_many_more_demonstrations
S4 = s4.test_the_gap_has_no_size_trend

S2_EFFECT, S2_ADDITIVE = s2.MINIMUM_EFFECT - s2.MARGIN, s2.ADDITIVE_MINIMUM_EFFECT - s2.MARGIN
S2A_EFFECT, S2A_ADDITIVE = s2a.MINIMUM_EFFECT - s2a.MARGIN, s2a.ADDITIVE_MINIMUM_EFFECT - s2a.MARGIN

DESIGNS = (
    _design(
        S1, "", "every greater", s1.MARGIN, s1.MINIMUM_EFFECT - s1.MARGIN, QUICK.order_episodes, 0.06752,
        members=len(QUICK.sgd.readouts),
    ),
    _design(S2, " full-batch GD", "greater", s2.MARGIN, S2_EFFECT, QUICK.episodes, 0.06745),
    _design(S2, " SGD and Adam", "greater", s2.MARGIN, S2_EFFECT, QUICK.minibatch_episodes, 0.06789),
    _design(S2, " full-batch GD, additive OCS", "greater", s2.MARGIN, S2_ADDITIVE, QUICK.episodes, 0.1593),
    _design(S2, " SGD and Adam, additive OCS", "greater", s2.MARGIN, S2_ADDITIVE, QUICK.minibatch_episodes, 0.1614),
    _design(S2A, "", "greater", s2a.MARGIN, S2A_EFFECT, QUICK.episodes, 0.06617),
    _design(S2A, " additive OCS", "greater", s2a.MARGIN, S2A_ADDITIVE, QUICK.episodes, 0.1623),
    _design(
        s2b.test_icl_is_more_accurate_than_gd, "", "greater", s2b.MARGIN, s2b.MINIMUM_EFFECT - s2b.MARGIN,
        QUICK.accuracy_episodes, 0.2965,
    ),
    _design(S2N, ", 32 and 128", "greater", 0.0, s2n.MINIMUM_EFFECT, QUICK.many_episodes, 0.2962),
    _design(S2N, ", 512", "greater", s2n.CAUGHT_UP, s2n.MINIMUM_EFFECT, QUICK.many_episodes, 0.2962),
    _design(S4, "", "equivalent", s4.MARGIN, s4.MARGIN, QUICK.size_episodes, 0.01661),
    _design(S4, " additive OCS", "equivalent", s4.MARGIN, s4.MARGIN, QUICK.size_episodes, 0.07099),
    _design(
        s5.test_weights_move_while_icl_stays, " accuracy", "equivalent", s5.LEVEL, s5.LEVEL, QUICK.episodes, 0.08339,
        sampled=1,
    ),
    Design("precondition: ICL", "precondition", "greater", 0.0, None, QUICK.episodes, 1, None),
)  # fmt: skip
