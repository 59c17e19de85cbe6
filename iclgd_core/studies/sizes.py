"""The gap between a form of gradient descent and ICL over model sizes (arXiv 2310.08540, figure 6)."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.stats import slopes
from iclgd_core.studies.agreement import agreement_study
from iclgd_core.studies.agreements import compared_by
from iclgd_core.studies.forms import get_form, schedule_over_sizes
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

MINIMUM_SIZES = 4


def agreement_at_sizes(labs: Sequence[Lab], agreement: str, account: str = "gd") -> dict[str, Study]:
    """Measure how near a form of gradient descent comes to ICL, at its most favourable, at every size.

    Args:
        labs: one for each size, on the same task.
        agreement: one of AGREEMENTS.
        account: the form of gradient descent, one of FORMS.

    Returns:
        By model, of those that learn in context, its `agreement_study`; all on the same episodes.

    Raises:
        NotRunError: fewer than four such sizes.
        UnknownNameError: no such form.
        DivergedError: a run diverged on the evaluation episodes.
    """
    form, full_batch_gd = get_form(account), account == "gd"
    left_out, usable = _left_out(labs), [lab for lab in labs if not lab.no_icl]
    sizes = {lab.model.n_parameters for lab in usable}
    if len(sizes) < MINIMUM_SIZES:
        raise NotRunError(
            f"a statement over sizes needs at least {MINIMUM_SIZES} sizes that learn in context; of "
            f"{len(labs)} given, {len(sizes)} did. Left out: {left_out or 'none'}. "
            "Give more sizes with --iclgd-model."
        )
    return {
        lab.model.name: agreement_study(
            lab,
            form.optimizer,
            agreement,
            form.part,
            n=lab.tier.size_episodes if full_batch_gd else lab.tier.form_episodes,
            n_tuning=lab.tier.size_tuning_episodes if full_batch_gd else lab.tier.form_tuning_episodes,
            with_path=False,
            objective=form.objective,
            schedule=schedule_over_sizes(account, lab.tier),
            tuning_orders=1,
        )
        for lab in usable
    }


def gap(study: Study) -> Floats:
    """Return what the learner lacks of ICL's agreement with itself, ceiling - learner, (episodes,)."""
    return study["ceiling"] - study["learner"]


def size_study(
    labs: Sequence[Lab], agreement: str, account: str = "gd", at_sizes: Mapping[str, Study] | None = None
) -> Study:
    """Measure the gap of a form of gradient descent by the number of weights, on the same episodes for all sizes.

    Numbers: "slope" of the gap per decade of parameters, and "gap of MODEL".

    Args:
        labs: as in `agreement_at_sizes`.
        agreement: likewise.
        account: likewise.
        at_sizes: what it measured; by default it is measured here.

    Raises:
        NotRunError, UnknownNameError, DivergedError: as `agreement_at_sizes`.
    """
    studies = agreement_at_sizes(labs, agreement, account) if at_sizes is None else at_sizes
    gaps = np.stack([gap(study) for study in studies.values()], axis=1)
    sizes = {lab.model.name: float(lab.model.n_parameters) for lab in labs if lab.model.name in studies}
    by_model = {name: gaps[:, i] for i, name in enumerate(studies)}
    rows: list[Json] = [
        {
            "model": name,
            "parameters": int(sizes[name]),
            "gap": float(mean),
            "learning_rate": study.details["learning_rate"],
            "epoch": study.details["epoch"],
        }
        for (name, study), mean in zip(studies.items(), gaps.mean(axis=0), strict=True)
    ]
    cells = [cell for study in studies.values() for cell in _list(study.details["closures"])]
    fixed: dict[str, Json] = {} if account == "gd" else {"account": account}
    label = f"gap of {ACCOUNTS[account]}" if account != "gd" else "gap of GD"
    quantity = f"gap in {agreement}: ICL with itself - GD with ICL (0 to 1)"
    points = tuple(sampled(sizes[name], values) for name, values in by_model.items())
    return Study(
        {"slope": slopes(np.log10(list(sizes.values())), gaps)}
        | {f"gap of {name}": values for name, values in by_model.items()},
        {"sizes": rows, "left_out": dict(_left_out(labs)), "closures": cells},
        compared_by(agreement, fewest_sizes=MINIMUM_SIZES, **fixed),
        next(iter(studies.values())).tuning,
        (Curve(quantity, account, label, "weights of the model", points, x_log=True),),
    )


def _left_out(labs: Sequence[Lab]) -> dict[str, str]:
    """Return the models that show no ICL, with the reason; a trend is over the others."""
    return {lab.model.name: lab.no_icl for lab in labs if lab.no_icl}


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []
