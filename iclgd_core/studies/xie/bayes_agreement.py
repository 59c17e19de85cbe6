"""Agreement of an exact posterior with ICL, between floor and ceiling, on one model and over sizes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.learners.bayes import RESTART
from iclgd_core.stats import slopes
from iclgd_core.studies.accounts import account_study
from iclgd_core.studies.points import sampled
from iclgd_core.studies.sizes import MINIMUM_SIZES
from iclgd_core.studies.xie.bayes_predictions import Favourable, bayes_predictions, favourable_restart, ginc_task

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BayesStudy:
    """Agreement of a posterior with ICL.

    Attributes:
        found: ceiling, learner, floor, one number an episode.
        account, model: what was compared, on what.
        chosen: the mixture's restart rate, the nearest to ICL on tuning episodes.
        limit: the mixture's agreement in the limit of no restarts, (episodes,); the learner's for other posteriors.
    """

    found: Study
    account: str
    model: str
    chosen: Favourable
    limit: Floats

    def curves(self) -> tuple[Curve, ...]:
        """Return nothing: there is no axis."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return how the restart rate was chosen."""
        return self.chosen.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {**self.found.fixed, "limit": RESTART}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            **self.found.details,
            "restart_rate": self.chosen.restart,
            "tuning_agreement": self.chosen.table,
            "agreement_without_restarts": float(self.limit.mean()),
        }


def bayes_study(
    lab: Lab, account: str, agreement: str, n: int | None = None, n_tuning: int | None = None
) -> BayesStudy:
    """Hold a posterior against ICL with 8 demonstrations.

    Args:
        lab: the laboratory.
        account: one of bayes.POSTERIORS.
        agreement: one of AGREEMENTS.
        n: evaluation episodes; by default the tier's number.
        n_tuning: tuning episodes; likewise.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    ginc_task(lab)
    n = lab.count("evaluation", n)
    chosen = favourable_restart(lab, account, agreement, n_tuning)
    found = account_study(lab, account, agreement, bayes_predictions(lab, account, n=n, restart=chosen.restart))
    if chosen.restart == RESTART:
        return BayesStudy(found, account, lab.model.name, chosen, found["learner"])
    limit = account_study(lab, account, agreement, bayes_predictions(lab, account, n=n))["learner"]
    return BayesStudy(found, account, lab.model.name, chosen, limit)


@dataclass(frozen=True, eq=False)
class BayesSizeStudy:
    """The gap between a posterior and ICL by size of the model, on the same episodes for all sizes.

    Attributes:
        studies: one a size, smallest first.
        parameters: number of weights of each, (sizes,).
        slope: of the gap (ceiling - posterior) per decade of parameters, (episodes,).
        left_out: models that show no ICL, with the reason.
        agreement: which agreement the gap is in.
    """

    studies: tuple[BayesStudy, ...]
    parameters: Floats
    slope: Floats
    left_out: dict[str, str]
    agreement: str

    def curves(self) -> tuple[Curve, ...]:
        """Return the gap by number of weights."""
        account = self.studies[0].account
        points = tuple(
            sampled(size, study.found["ceiling"] - study.found["learner"])
            for size, study in zip(self.parameters, self.studies, strict=True)
        )
        quantity = f"gap in {self.agreement}: ICL with itself - Bayes with ICL (0 to 1)"
        return (Curve(quantity, account, f"gap of {account}", "weights of the model", points, x_log=True),)

    def tuning(self) -> dict[str, Json]:
        """Return how the restart rate was chosen, the same way at each size."""
        return self.studies[0].tuning()

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return self.studies[0].fixed() | {"fewest_sizes": MINIMUM_SIZES}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study; closures of every size."""
        each = [study.details() for study in self.studies]
        rows: list[Json] = [
            {"model": study.model, "parameters": int(size), **{k: v for k, v in one.items() if k != "closures"}}
            for study, size, one in zip(self.studies, self.parameters, each, strict=True)
        ]
        cells = [cell for one in each if isinstance(one["closures"], list) for cell in one["closures"]]
        return {"sizes": rows, "left_out": dict(self.left_out), "closures": cells}


def bayes_size_study(labs: Sequence[Lab], account: str, agreement: str) -> BayesSizeStudy:
    """Measure the gap of a posterior at every size that learns in context.

    Raises:
        NotRunError: fewer than four such sizes, or a task whose prompts come from no known distribution.
    """
    ginc_task(labs[0])
    left_out = {lab.model.name: lab.no_icl for lab in labs if lab.no_icl}
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
    gap = np.stack([study.found["ceiling"] - study.found["learner"] for study in studies], axis=1)
    return BayesSizeStudy(tuple(studies), sizes, slopes(np.log10(sizes), gap), left_out, agreement)
