"""How near learners come to ICL in regression, and how near ICL comes to itself, in normalised prediction distance."""

from dataclasses import dataclass

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.tuned import Chosen, learners, tuned
from iclgd_core.metrics import closure_of_agreement
from iclgd_core.studies.accounts import closure_record
from iclgd_core.tasks.regression.task import Floats

NPD = "npd"


@dataclass(frozen=True, eq=False)
class RegressionAgreementStudy:
    """Agreement with ICL, 1 - npd, one number an episode; 1 for the same predictions, at most 1, unbounded below.

    Attributes:
        ceiling: ICL in another order of the same demonstrations.
        learner: the most favourable setting of the learner under test.
        floor: zero-shot.
        chosen: that setting.
        others: the same of further accounts.
        settings: their settings.
        model, task: what was measured.
    """

    ceiling: Floats
    learner: Floats
    floor: Floats
    chosen: Chosen
    others: dict[str, Floats]
    settings: dict[str, Chosen]
    model: str
    task: str

    @property
    def undefined(self) -> str:
        """Why nothing can be judged here, empty where it can: ICL agrees with itself no more than zero-shot does."""
        return closure_of_agreement(self.learner, self.floor, self.ceiling).undefined

    def closures(self) -> list[Json]:
        """Return the cells of the adjudication table."""
        ends = {"zero-shot": self.floor, self.chosen.learner.account: self.learner}
        measured = ends | self.others | {"icl-other-order": self.ceiling}
        return [
            closure_record(account, self.model, self.task, NPD, closure_of_agreement(values, self.floor, self.ceiling))
            for account, values in measured.items()
        ]

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        found = closure_of_agreement(self.learner, self.floor, self.ceiling)
        return {
            "ceiling": float(self.ceiling.mean()),
            "learner": float(self.learner.mean()),
            "floor": float(self.floor.mean()),
            "closure": found.value,
            "closure_interval": None if found.interval is None else list(found.interval),
            "closure_undefined": found.undefined,
            "setting": self.chosen.record(),
            "other_settings": {name: chosen.record() for name, chosen in self.settings.items()},
            "closures": self.closures(),
        }

    def curves(self) -> tuple[Curve, ...]:
        """Return no curve."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return how the learner's setting was chosen."""
        return self.chosen.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {"agreement": "1 - npd", "learner": self.chosen.learner.account, "orders": 2}


def regression_agreement_study(lab: RegressionLab, account: str, others: bool = True) -> RegressionAgreementStudy:
    """Measure how near the most favourable setting of a learner comes to ICL.

    Args:
        lab: the laboratory.
        account: the learner under test.
        others: whether every other learner is measured too, for the adjudication table.

    Raises:
        DivergedError: the learner, or ICL, gave a prediction that is not finite on the evaluation episodes.
    """
    icl, episodes = lab.in_context(orders=2), lab.episodes()
    first, second = icl[:, 0], icl[:, 1]
    chosen = tuned(lab, account)
    further = [name for name in learners(lab.task.noise) if name != account] if others else []
    settings = {name: tuned(lab, name) for name in further}
    return RegressionAgreementStudy(
        ceiling=1.0 - lab.npd(second, first),
        learner=1.0 - lab.npd(chosen.predict(episodes), first),
        floor=1.0 - lab.npd(lab.zero_shot(), first),
        chosen=chosen,
        others={name: 1.0 - lab.npd(setting.predict(episodes), first) for name, setting in settings.items()},
        settings=settings,
        model=lab.model.name,
        task=lab.task.name,
    )
