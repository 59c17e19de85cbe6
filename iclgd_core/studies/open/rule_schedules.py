"""Settings of the rules beside plain GD and Adam, by tier."""

from iclgd_core.learners import Schedule

SCHEDULES: dict[str, dict[str, Schedule]] = {
    "quick": {
        "momentum": Schedule((1e-3, 5e-3, 2e-2, 1e-1), (1, 3, 10)),
        "newton": Schedule((0.1, 0.3, 1.0), (1, 2)),
    },
    "full": {
        "momentum": Schedule((1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1), (1, 3, 10, 30, 60)),
        "newton": Schedule((0.03, 0.1, 0.3, 1.0), (1, 2, 4, 8)),
    },
}
"""Learning rates and readouts by tier; "momentum" is for Nesterov's rule as well.

With momentum 0.9, ten epochs along one gradient go as far as 41 of plain GD at the same rate (the sum over t of
(1 - 0.9^t) / 0.1), so that the rates of plain GD and a third of its epochs cover as much. A Newton-like step of rate 1
goes to the minimum of a quadratic model; from rate 0.1 once to rate 1 twice is from a tenth of the way to beyond it."""
