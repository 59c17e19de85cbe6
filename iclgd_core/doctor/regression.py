"""What a run would do with a model of regression, whose inputs and outputs are real numbers: no tokens, no leases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iclgd_core.devices import shown
from iclgd_core.doctor.findings import Finding, Section
from iclgd_core.errors import IclgdError, UnknownNameError
from iclgd_core.models.regression.names import is_regression_model
from iclgd_core.models.regression.registry import REGRESSION_MODELS, load_regression_model
from iclgd_core.tasks.regression.registry import REGRESSION_TASKS

KINDS = {
    "constructed-": "weights written by hand",
    "icl-objective-": "trained on the in-context objective",
    "untrained-": "fresh weights",
    "shuffled-": "trained weights, shuffled",
}
"""What the names of regression models begin with, and what it means."""


@dataclass(frozen=True)
class Asked:
    """Names that were asked for, by kind.

    Attributes:
        models, tasks: about language.
        regression_models, regression_tasks: about regression.
        unknown: why a name can only be meant for a regression model, and is none, by name.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    regression_models: tuple[str, ...]
    regression_tasks: tuple[str, ...]
    unknown: Mapping[str, str]

    @property
    def language(self) -> bool:
        """Whether a run has claims about language models: as a run that names nothing, or names one of that kind."""
        named = self.regression_models or self.regression_tasks or self.unknown
        return bool(self.models or self.tasks) or not named


def by_kind(models: Sequence[str], tasks: Sequence[str]) -> Asked:
    """Tell names of regression from those of language; a name that is none of regression's is taken for language's."""
    language, regressing, unknown = list[str](), list[str](), dict[str, str]()
    for name in dict.fromkeys(models):
        try:
            (regressing if is_regression_model(name) else language).append(name)
        except UnknownNameError as error:
            unknown[name] = str(error)
    return Asked(
        tuple(language),
        tuple(name for name in tasks if name not in REGRESSION_TASKS),
        tuple(regressing),
        tuple(dict.fromkeys(name for name in tasks if name in REGRESSION_TASKS)),
        unknown,
    )


def regression(asked: Asked) -> list[Section]:
    """Return a section for each regression model that was named, and one for tasks that were named without any."""
    found = [Section(name, [Finding("model", why, "problem")]) for name, why in asked.unknown.items()]
    found += [_model(name, asked.regression_tasks) for name in asked.regression_models]
    if asked.regression_tasks and not asked.regression_models:
        for task in asked.regression_tasks:
            fitting = [name for name in REGRESSION_MODELS if _shape(REGRESSION_MODELS[name].tasks[0]) == _shape(task)]
            found.append(Section(task, [Finding("models", ", ".join(fitting)), *_claims(f"--iclgd-task={task}")]))
    return found


def _model(name: str, asked: Sequence[str]) -> Section:
    entry = REGRESSION_MODELS[name]
    try:
        model = load_regression_model(name)
    except IclgdError as error:
        return Section(name, [Finding("model", str(error), "problem")])
    kind = next((meaning for prefix, meaning in KINDS.items() if name.startswith(prefix)), "")
    known = model.known()
    element = 8 if known["dtype"] == "float64" else 4
    facts = ", ".join(f"{fact} {value}" for fact, value in known.items() if isinstance(value, int | float))
    return Section(
        name,
        [
            Finding("model", f"regression, {kind}, on this machine"),
            Finding("parameters", f"{model.n_parameters:,} in {known['dtype']} ({facts})"),
            Finding(
                "memory", f"weights {shown(element * model.n_parameters)}; computed on the CPU whatever the device"
            ),
            _tasks(entry.tasks, asked),
            *_claims(f"--iclgd-model={name}"),
        ],
    )


def _tasks(own: Sequence[str], asked: Sequence[str]) -> Finding:
    """Return the tasks of a run; one that the model cannot read is a problem."""
    wrong = [task for task in asked if _shape(task) != _shape(own[0])]
    if not wrong:
        return Finding("tasks", ", ".join(asked or own))
    fitting = ", ".join(task for task in REGRESSION_TASKS if _shape(task) == _shape(own[0]))
    return Finding("tasks", f"it cannot read {', '.join(wrong)}", "problem", f"tasks that it reads: {fitting}")


def _claims(option: str) -> list[Finding]:
    """Return which claims run; their files say themselves of which models they speak, and the run lists them."""
    told = "those about regression, and about formulas alone; none about language models"
    return [Finding("claims", told, hint=f"`pytest claims {option} --collect-only -q` lists them")]


def _shape(task: str) -> tuple[int, int]:
    return REGRESSION_TASKS[task].inputs, REGRESSION_TASKS[task].outputs
