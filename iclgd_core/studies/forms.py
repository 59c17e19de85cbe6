"""The forms of gradient descent that are held against ICL as accounts of it: what each trains, by which rule, on what.

Their settings over model sizes are leaner than on one model, because the largest model costs most: SGD and Adam make
one or three passes over the demonstrations (on one model neither was nearest to ICL after more), full-batch GD more.
"""

from dataclasses import dataclass

from iclgd_core.errors import UnknownNameError
from iclgd_core.lab.tiers import Tier
from iclgd_core.learners import OPTIMIZERS, Schedule
from iclgd_core.studies.open.rule_schedules import SCHEDULES


@dataclass(frozen=True)
class Form:
    """A form of gradient descent.

    Attributes:
        optimizer: one of learners.OPTIMIZERS.
        part: what is trained, one of models.language.projections.PARTS.
        objective: what is minimised, one of learners.OBJECTIVES.
    """

    optimizer: str
    part: str = "whole"
    objective: str = "labels"


FORMS: dict[str, Form] = {
    **{optimizer.account: Form(optimizer.name) for optimizer in OPTIMIZERS.values() if optimizer.account},
    "w_v-middle": Form("gd", "v_middle"),
    "w_v-deep": Form("gd", "v_deep"),
    "kv-one-pass": Form("sgd1", "kv", "lm"),
    "layer-causal": Form("sgd1", "kv", "layer-causal"),
    "layer-causal-code": Form("sgd1", "kv", "layer-causal-code"),
}
"""By the account's name, one of evidence.accounts.ACCOUNTS: optimizers on the whole model, then parts."""

OVER_SIZES = ("sgd", "adam", "w_v-middle", "w_v-deep", "kv-one-pass", "layer-causal", "newton")
"""Forms that are measured at every size; full-batch GD is too, with more episodes."""

_LEAN: dict[str, dict[str, Schedule]] = {
    "quick": {
        "sgd": Schedule((1e-3, 1e-2, 1e-1), (1, 3)),
        "adam": Schedule((1e-4, 1e-3, 5e-3), (1, 3)),
        "newton": Schedule((0.1, 0.3), (1,)),
        "w_v-middle": Schedule((5e-3, 2e-2, 1e-1), (3, 10)),
        "w_v-deep": Schedule((5e-3, 2e-2, 1e-1), (3, 10)),
    },
    "full": {},
}
"""By tier, for forms that take many steps or dear ones; fixed before any of their numbers was seen, but for
W_V alone, which was first measured with a rate and a readout (30 epochs) more and shortened for its time."""


def get_form(account: str) -> Form:
    """Return the form of gradient descent that an account is.

    Raises:
        UnknownNameError: no such account, or one that is no form of gradient descent.
    """
    if account not in FORMS:
        raise UnknownNameError("form of gradient descent", account, FORMS)
    return FORMS[account]


def account_of(optimizer: str, part: str, objective: str) -> str | None:
    """Return the account that gradient descent of this form stands for, None if it stands for none."""
    form = Form(optimizer, part, objective)
    return next((account for account, known in FORMS.items() if known == form), None)


def schedule_over_sizes(account: str, tier: Tier) -> Schedule:
    """Return the learning rates and readouts of an account on each of several model sizes.

    Raises:
        UnknownNameError: see `get_form`.
    """
    form = get_form(account)
    if form.objective != "labels":
        return tier.one_pass
    if account in (lean := tier.of(_LEAN)):
        return lean[account]
    if form.optimizer == "newton":
        return tier.of(SCHEDULES)["newton"]
    return tier.adam if form.optimizer.startswith("adam") else tier.sgd
