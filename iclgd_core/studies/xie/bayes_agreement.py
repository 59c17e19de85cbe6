"""Agreement of an exact posterior with ICL, between floor and ceiling, on one model and over sizes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.learners.bayes import RESTART
from iclgd_core.stats import slopes
from iclgd_core.studies.accounts import account_study
from iclgd_core.studies.points import sampled
from iclgd_core.studies.sizes import MINIMUM_SIZES, gap
from iclgd_core.studies.xie.bayes_predictions import bayes_predictions, favourable_restart, ginc_task


def bayes_study(lab: Lab, account: str, agreement: str, n: int | None = None, n_tuning: int | None = None) -> Study:
    """Hold a posterior against ICL with 8 demonstrations; the mixture at the restart rate that is the nearest to ICL.

    Args:
        lab: the laboratory.
        account: one of bayes.POSTERIORS.
        agreement: one of AGREEMENTS.
        n: evaluation episodes; by default the tier's number.
        n_tuning: tuning episodes; likewise.

    Returns:
        As `account_study`, and "learner, no restarts": the mixture's agreement in the limit of none.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    ginc_task(lab)
    n = lab.count("evaluation", n)
    chosen = favourable_restart(lab, account, agreement, n_tuning)
    found = _held(lab, account, agreement, n, chosen.restart)
    limit = found if chosen.restart == RESTART else _held(lab, account, agreement, n, RESTART)
    details: dict[str, Json] = {
        **found.details,
        "restart_rate": chosen.restart,
        "tuning_agreement": chosen.table,
        "agreement_without_restarts": float(limit["learner"].mean()),
    }
    numbers = {**found.numbers, "learner, no restarts": limit["learner"]}
    return replace(
        found, numbers=numbers, details=details, fixed={**found.fixed, "limit": RESTART}, tuning=chosen.protocol
    )


def _held(lab: Lab, account: str, agreement: str, n: int, restart: float) -> Study:
    return account_study(lab, account, agreement, bayes_predictions(lab, account, n=n, restart=restart))


def bayes_size_study(labs: Sequence[Lab], account: str, agreement: str) -> Study:
    """Measure the gap of a posterior at every size that learns in context, on the same episodes.

    Returns:
        "slope" of the gap (ceiling - posterior) per decade of weights, and the gap of each model.

    Raises:
        NotRunError: fewer than four such sizes, or a task whose prompts come from no known distribution.
    """
    ginc_task(labs[0])
    left_out: dict[str, Json] = {lab.model.name: lab.no_icl for lab in labs if lab.no_icl}
    usable = [lab for lab in labs if not lab.no_icl]
    sizes = np.array([float(lab.model.n_parameters) for lab in usable])
    if len(set(sizes)) < MINIMUM_SIZES:
        raise NotRunError(
            f"a trend over sizes needs at least {MINIMUM_SIZES} sizes that learn in context; of {len(labs)} given, "
            f"{len(set(sizes))} did. Left out: {left_out or 'none'}. Give more sizes with --iclgd-model."
        )
    studies = [
        bayes_study(lab, account, agreement, lab.tier.size_episodes, lab.tier.size_tuning_episodes) for lab in usable
    ]
    names, gaps = [lab.model.name for lab in usable], [gap(study) for study in studies]
    rows: list[Json] = [
        {"model": name, "parameters": int(size), **{k: v for k, v in study.details.items() if k != "closures"}}
        for name, size, study in zip(names, sizes, studies, strict=True)
    ]
    closures = [study.details["closures"] for study in studies]
    points = tuple(sampled(size, values) for size, values in zip(sizes, gaps, strict=True))
    quantity = f"gap in {agreement}: ICL with itself - Bayes with ICL (0 to 1)"
    return Study(
        numbers={
            "slope": slopes(np.log10(sizes), np.stack(gaps, axis=1)),
            **{f"gap of {name}": values for name, values in zip(names, gaps, strict=True)},
        },
        details={
            "sizes": rows,
            "left_out": left_out,
            "closures": [cell for cells in closures if isinstance(cells, list) for cell in cells],
        },
        fixed={**studies[0].fixed, "fewest_sizes": MINIMUM_SIZES},
        tuning=studies[0].tuning,
        curves=(Curve(quantity, account, f"gap of {account}", "weights of the model", points, x_log=True),),
    )
