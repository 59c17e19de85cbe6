"""Other optimizers as accounts of ICL: momentum, Nesterov's rule, Newton-like steps, each at its most favourable."""

from iclgd_core.errors import UnknownNameError
from iclgd_core.lab import Lab
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.studies.agreement import AgreementStudy, agreement_study

SCHEDULES: dict[str, dict[str, Schedule]] = {
    "quick": {
        "momentum": Schedule((1e-3, 5e-3, 2e-2, 1e-1), (1, 3, 10)),
        "newton": Schedule((0.1, 0.3, 1.0), (1, 2)),
    },
    "full": {
        "momentum": Schedule((1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1), (1, 3, 10, 30, 60)),
        "newton": Schedule((0.03, 0.1, 0.3, 1.0), (1, 2, 4, 8)),
    },
}
"""Learning rates and readouts by tier; "momentum" is for Nesterov's rule as well.

With momentum 0.9, ten epochs along one gradient go as far as 41 of plain GD at the same rate (the sum over t of
(1 - 0.9^t) / 0.1), so that the rates of plain GD and a third of its epochs cover as much. A Newton-like step of rate 1
goes to the minimum of a quadratic model; from rate 0.1 once to rate 1 twice is from a tenth of the way to beyond it."""


def optimizer_account(lab: Lab, optimizer: str, agreement: str) -> AgreementStudy:
    """Measure how near the most favourable setting of an optimizer comes to ICL, and how near ICL comes to itself.

    As `agreement_study`, with as many evaluation episodes as mini-batch rules get and the tuning episodes of the
    trend over sizes, because a step of these rules costs more.

    Args:
        lab: the laboratory.
        optimizer: "momentum", "nesterov" or "newton".
        agreement: one of AGREEMENTS.

    Raises:
        UnknownNameError: another optimizer.
        DivergedError: a run diverged on the evaluation episodes.
    """
    tier, known = lab.tier, {"momentum": "momentum", "nesterov": "momentum", "newton": "newton"}
    rule = get_optimizer(optimizer).rule
    if rule not in known:
        raise UnknownNameError("optimizer of this account", optimizer, known)
    schedule = SCHEDULES[tier.name][known[rule]]
    return agreement_study(
        lab,
        optimizer,
        agreement,
        n=tier.minibatch_episodes,
        n_tuning=tier.size_tuning_episodes,
        with_path=False,
        schedule=schedule,
    )
