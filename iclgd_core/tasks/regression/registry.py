"""Regression tasks by name; a module brings its tasks in with a table `TASKS: dict[str, RegressionTask]`."""

from iclgd_core.errors import UnknownNameError
from iclgd_core.tasks.regression import gaussian
from iclgd_core.tasks.regression.task import RegressionTask
from iclgd_core.tasks.regression.uniform import LINEAR, LINEAR_HALF

REGRESSION_TASKS: dict[str, RegressionTask] = {
    **{task.name: task for task in (LINEAR, LINEAR_HALF)},
    **gaussian.TASKS,
}


def get_regression_task(name: str) -> RegressionTask:
    """Return the task called `name`; UnknownNameError if there is none."""
    if name not in REGRESSION_TASKS:
        raise UnknownNameError("regression task", name, REGRESSION_TASKS)
    return REGRESSION_TASKS[name]
