"""Forms of gradient descent: each is an account, and each account of that kind one form."""

import pytest

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.objectives import OBJECTIVES
from iclgd_core.models.language.projections import PARTS
from iclgd_core.studies.forms import FORMS, OVER_SIZES, account_of, get_form, schedule_over_sizes
from iclgd_core.studies.open.rule_schedules import SCHEDULES


@pytest.mark.parametrize("account", FORMS)
def test_a_form_is_an_account_and_is_found_again(account: str) -> None:
    form = get_form(account)
    assert account in ACCOUNTS
    assert get_optimizer(form.optimizer).name == form.optimizer
    assert form.part in PARTS
    assert form.objective in OBJECTIVES
    assert account_of(form.optimizer, form.part, form.objective) == account


def test_another_combination_stands_for_no_account() -> None:
    assert account_of("sgd2", "whole", "labels") is None
    with pytest.raises(UnknownNameError, match="'zero-shot'"):
        get_form("zero-shot")


@pytest.mark.parametrize("account", OVER_SIZES)
def test_settings_over_sizes(account: str) -> None:
    quick, full = (schedule_over_sizes(account, TIERS[tier]) for tier in ("quick", "full"))
    assert len(quick.learning_rates) <= len(full.learning_rates)
    assert account != "newton" or full == SCHEDULES["full"]["newton"], "its steps are not those of plain GD"
    assert FORMS[account].objective == "labels" or quick == TIERS["quick"].one_pass
    assert schedule_over_sizes("gd", TIERS["quick"]) == TIERS["quick"].sgd, "S4's settings"
