"""Other optimizers as accounts of ICL: momentum, Nesterov's rule, Newton-like steps, each at its most favourable."""

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.learners import OPTIMIZERS, get_optimizer
from iclgd_core.studies.agreement import agreement_study
from iclgd_core.studies.open.rule_schedules import SCHEDULES


def optimizer_account(lab: Lab, optimizer: str, agreement: str) -> Study:
    """Measure how near the most favourable setting of an optimizer comes to ICL, and how near ICL comes to itself.

    As `agreement_study`, with as many evaluation episodes as mini-batch rules get and the tuning episodes of the
    trend over sizes, because a step of these rules costs more.

    Args:
        lab: the laboratory.
        optimizer: one with settings of its own: "momentum", "nesterov", "newton".
        agreement: one of AGREEMENTS.

    Raises:
        UnknownNameError: another optimizer.
        DivergedError: a run diverged on the evaluation episodes.
    """
    tier, settings = lab.tier, get_optimizer(optimizer).settings
    if not settings:
        known = [one.name for one in OPTIMIZERS.values() if one.settings]
        raise UnknownNameError("optimizer of this account", optimizer, known)
    return agreement_study(
        lab,
        optimizer,
        agreement,
        n=tier.minibatch_episodes,
        n_tuning=tier.size_tuning_episodes,
        with_path=False,
        schedule=tier.of(SCHEDULES)[settings],
    )
