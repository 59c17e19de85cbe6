"""The gap between a form of gradient descent and ICL over model sizes (arXiv 2310.08540, figure 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import TOP_K
from iclgd_core.stats import slopes
from iclgd_core.studies.agreement import agreement_study
from iclgd_core.studies.forms import get_form, schedule_over_sizes
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

MINIMUM_SIZES = 4


@dataclass(frozen=True, eq=False)
class SizeStudy:
    """The gap by size, on the same episodes for all sizes.

    Attributes:
        parameters: number of weights of each model, (sizes,).
        gap: ceiling - most favourable GD, (episodes, sizes).
        slope: of the gap per decade of parameters, (episodes,).
        names: the models.
        left_out: models that show no ICL, with the reason; the trend is over the others.
        agreement: which agreement the gap is in.
        account: the form of gradient descent, one of FORMS.
        protocol: how GD's setting was chosen, the same way at each size.
        chosen: learning rate and epoch that were chosen at each size; 0 and 0 is no training.
        closures: of GD at each size, cells of the adjudication table.
        undefined: sizes at which nothing can be judged, with the reason; see `AgreementStudy.undefined`.
    """

    parameters: Floats
    gap: Floats
    slope: Floats
    names: tuple[str, ...]
    left_out: dict[str, str]
    agreement: str
    protocol: dict[str, Json]
    chosen: tuple[tuple[float, int], ...]
    closures: tuple[Json, ...] = ()
    account: str = "gd"
    undefined: Mapping[str, str] = field(default_factory=dict)

    def curves(self) -> tuple[Curve, ...]:
        """Return the gap by number of weights."""
        points = tuple(sampled(size, self.gap[:, i]) for i, size in enumerate(self.parameters))
        quantity = f"gap in {self.agreement}: ICL with itself - GD with ICL (0 to 1)"
        label = f"gap of {ACCOUNTS[self.account]}" if self.account != "gd" else "gap of GD"
        return (Curve(quantity, self.account, label, "weights of the model", points, x_log=True),)

    def tuning(self) -> dict[str, Json]:
        """Return how GD's setting was chosen at each size."""
        return self.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        fixed: dict[str, Json] = {"agreement": self.agreement, "demonstrations": SHOTS, "fewest_sizes": MINIMUM_SIZES}
        fixed |= {} if self.account == "gd" else {"account": self.account}
        return fixed | ({} if self.agreement == "jensen-shannon" else {"top_k": TOP_K})

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        gaps = self.gap.mean(axis=0)
        rows: list[Json] = [
            {"model": name, "parameters": int(size), "gap": float(gap), "learning_rate": rate, "epoch": epoch}
            for name, size, gap, (rate, epoch) in zip(self.names, self.parameters, gaps, self.chosen, strict=True)
        ]
        return {"sizes": rows, "left_out": dict(self.left_out), "closures": list(self.closures)}


def size_study(labs: Sequence[Lab], agreement: str, account: str = "gd") -> SizeStudy:
    """Measure the gap of a form of gradient descent, at its most favourable, at every size that learns in context.

    Args:
        labs: one for each size, on the same task.
        agreement: one of AGREEMENTS.
        account: the form of gradient descent, one of FORMS.

    Raises:
        NotRunError: fewer than four such sizes.
        UnknownNameError: no such form.
        DivergedError: a run diverged on the evaluation episodes.
    """
    form, full_batch_gd = get_form(account), account == "gd"
    left_out = {lab.model.name: lab.no_icl for lab in labs if lab.no_icl}
    usable = [lab for lab in labs if not lab.no_icl]
    sizes = np.array([float(lab.model.n_parameters) for lab in usable])
    if len(set(sizes)) < MINIMUM_SIZES:
        raise NotRunError(
            f"a statement over sizes needs at least {MINIMUM_SIZES} sizes that learn in context; of "
            f"{len(labs)} given, {len(set(sizes))} did. Left out: {left_out or 'none'}. "
            "Give more sizes with --iclgd-model."
        )
    studies = [
        agreement_study(
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
    ]
    gap = np.stack([study.ceiling - study.learner for study in studies], axis=1)
    return SizeStudy(
        parameters=sizes,
        gap=gap,
        slope=slopes(np.log10(sizes), gap),
        names=tuple(lab.model.name for lab in usable),
        left_out=left_out,
        agreement=agreement,
        protocol=studies[0].setting.protocol,
        closures=tuple(cell for study in studies for cell in study.closures()),
        account=account,
        undefined={study.model: study.undefined for study in studies if study.undefined},
        chosen=tuple((study.setting.learning_rate, study.setting.epoch) for study in studies),
    )
