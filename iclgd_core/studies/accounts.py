"""What an account of ICL is held against: zero-shot below, ICL in another order of the same demonstrations above."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.metrics import Closure, closure_of_agreement
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.agreements import AGREEMENTS, compared_by

Floats = NDArray[np.float64]

NPD = "npd"
"""Agreement of the adjudication table in regression: normalised prediction distance."""


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


def closure_details(numbers: Mapping[str, Floats]) -> dict[str, Json]:
    """Return the closure of "learner" between "floor" and "ceiling" with its interval, or why there is none."""
    found = closure_of_agreement(numbers["learner"], numbers["floor"], numbers["ceiling"])
    return {
        "closure": found.value,
        "closure_interval": None if found.interval is None else list(found.interval),
        "closure_undefined": found.undefined,
    }


def cells_of(account: str | None) -> dict[str, str]:
    """Return the cells of an account and of its ends, zero-shot and ICL in another order; of no account, none."""
    return {} if account is None else {account: "learner", "zero-shot": "floor", "icl-other-order": "ceiling"}


def between(
    lab: Lab | RegressionLab,
    agreement: str,
    numbers: Mapping[str, Floats],
    cells: Mapping[str, str],
    details: Mapping[str, Json],
    fixed: Mapping[str, Json],
    tuning: Mapping[str, Json],
    curves: tuple[Curve, ...] = (),
    edge: str = "",
) -> Study:
    """Return the study of a learner's agreement with ICL, between zero-shot's and that of ICL with itself.

    It is undefined where ICL agrees with itself no more than zero-shot agrees with it: there any learner would do.

    Args:
        lab: on what.
        agreement: of the adjudication table: one of AGREEMENTS, or NPD.
        numbers: agreement with ICL on the demonstrations as drawn, one number an episode: "ceiling" of ICL in another
            order, "learner", "floor" of zero-shot; and whatever else there is to see an episode.
        cells: the accounts in the adjudication table, each with the name of its numbers.
        details: how the learner came by its setting, for reports.
        fixed: as in `Study`.
        tuning: likewise.
        curves: likewise.
        edge: likewise.
    """
    ends = numbers["floor"], numbers["ceiling"]

    def cell(account: str, name: str) -> Json:
        found = closure_of_agreement(numbers[name], *ends)
        return closure_record(account, lab.model.name, lab.task.name, agreement, found)

    means: dict[str, Json] = {name: float(numbers[name].mean()) for name in ("ceiling", "learner", "floor")}
    closures: list[Json] = [cell(account, name) for account, name in cells.items()]
    undefined = closure_of_agreement(numbers["learner"], *ends).undefined
    return Study(numbers, {**means, **details, "closures": closures}, fixed, tuning, curves, undefined, edge)


def icl_and_ends(lab: Lab, agreement: str, n: int) -> tuple[LogProbs, dict[str, Floats]]:
    """Return ICL's predictions on n evaluation episodes, and agreement with it in another order and of zero-shot."""
    agree, icl, none = AGREEMENTS[agreement], lab.in_context(SHOTS, orders=2, n=n), lab.zero_shot(n=n)
    first = icl[:, 0]
    return first, {"ceiling": agree(icl[:, 1], first).mean(-1), "floor": agree(none, first).mean(-1)}


def account_study(lab: Lab, account: str, agreement: str, predictions: LogProbs) -> Study:
    """Hold the predictions of an account without settings against ICL, between floor and ceiling.

    Args:
        lab: the laboratory.
        account: one of ACCOUNTS.
        agreement: one of AGREEMENTS.
        predictions: log-probs of the account on the first evaluation episodes, with the demonstrations in the first
            order, (episodes, queries, vocabulary).
    """
    icl, ends = icl_and_ends(lab, agreement, len(predictions))
    numbers = {"learner": AGREEMENTS[agreement](predictions, icl).mean(-1), **ends}
    return between(lab, agreement, numbers, cells_of(account), {}, compared_by(agreement, account=account), {})
