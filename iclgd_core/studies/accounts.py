"""What is recorded of an account of ICL: cells of the adjudication table, and the study of one that needs no tuning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import TOP_K, Closure, closure_of_agreement
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.agreements import AGREEMENTS

Floats = NDArray[np.float64]


def closure_record(account: str, model: str, task: str, agreement: str, found: Closure) -> dict[str, Json]:
    """Return one cell of the adjudication table as plain data.

    Args:
        account: one of ACCOUNTS.
        model: what it was measured on.
        task: and on which prompts.
        agreement: the agreement metric, or "npd" (normalised prediction distance) in regression.
        found: its closure; a value, or why there is none.

    Returns:
        {account, model, task, agreement, value, low, high, n, undefined}; value, low and high are None if undefined.

    Raises:
        UnknownNameError: no such account.
    """
    if account not in ACCOUNTS:
        raise UnknownNameError("account", account, ACCOUNTS)
    low, high = found.interval or (None, None)
    return {
        "account": account,
        "model": model,
        "task": task,
        "agreement": agreement,
        "value": found.value,
        "low": low,
        "high": high,
        "n": found.n,
        "undefined": found.undefined,
    }


def closure_records(
    account: str, model: str, task: str, agreement: str, learner: Floats, floor: Floats, ceiling: Floats
) -> list[Json]:
    """Return the cells of an account and of its ends, zero-shot and ICL in another order, from the same episodes."""
    ends = {account: learner, "zero-shot": floor, "icl-other-order": ceiling}
    return [
        closure_record(name, model, task, agreement, closure_of_agreement(values, floor, ceiling))
        for name, values in ends.items()
    ]


@dataclass(frozen=True, eq=False)
class AccountStudy:
    """Agreement with ICL of a learner without settings, one number an episode (mean over queries).

    Attributes:
        ceiling: ICL in another order of the same demonstrations.
        learner: the account.
        floor: zero-shot.
        account, agreement: what was compared, names of ACCOUNTS and AGREEMENTS.
        model, task: on what.
    """

    ceiling: Floats
    learner: Floats
    floor: Floats
    account: str
    agreement: str
    model: str
    task: str

    @property
    def undefined(self) -> str:
        """Why nothing can be judged here, empty where it can: ICL agrees with itself no more than zero-shot does."""
        return closure_of_agreement(self.learner, self.floor, self.ceiling).undefined

    def curves(self) -> tuple[Curve, ...]:
        """Return nothing: there is no axis."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return nothing: there are no settings."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        fixed: dict[str, Json] = {"account": self.account, "agreement": self.agreement, "demonstrations": SHOTS}
        return fixed | ({} if self.agreement == "jensen-shannon" else {"top_k": TOP_K})

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        ends = (self.learner, self.floor, self.ceiling)
        return {
            "ceiling": float(self.ceiling.mean()),
            "learner": float(self.learner.mean()),
            "floor": float(self.floor.mean()),
            "closures": closure_records(self.account, self.model, self.task, self.agreement, *ends),
        }


def account_study(lab: Lab, account: str, agreement: str, predictions: LogProbs) -> AccountStudy:
    """Hold the predictions of an account against ICL, between floor and ceiling.

    Args:
        lab: the laboratory.
        account: one of ACCOUNTS.
        agreement: one of AGREEMENTS.
        predictions: log-probs of the account on the first evaluation episodes, with the demonstrations in the first
            order, (episodes, queries, vocabulary).
    """
    agree, n = AGREEMENTS[agreement], len(predictions)
    icl, none = lab.in_context(SHOTS, orders=2, n=n), lab.zero_shot(n=n)
    first, second = icl[:, 0], icl[:, 1]
    return AccountStudy(
        ceiling=agree(second, first).mean(-1),
        learner=agree(predictions, first).mean(-1),
        floor=agree(none, first).mean(-1),
        account=account,
        agreement=agreement,
        model=lab.model.name,
        task=lab.task.name,
    )
