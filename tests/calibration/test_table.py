"""The calibration itself, at a thousand studies a line: every promise is kept, and a broken instrument is caught.

Each job is a test of its own, so that they spread over workers. Coverage of a mean is held for the fewest and the
most episodes; `iclgd calibrate` shows those between as well.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from fixtures.commands.calibrate import QUICK, designs_of_claims
from iclgd_core.calibration import many_studies, real_rules, rules, shapes
from iclgd_core.calibration.check import Check, CheckStatus
from iclgd_core.calibration.many_studies import one_sided_tests
from iclgd_core.calibration.metric_checks import METRICS
from iclgd_core.calibration.run import Job, metric_jobs, rule_jobs, run_jobs
from iclgd_core.calibration.shapes import SHAPES, Shape
from iclgd_core.calibration.sized_design import SizedDesign
from iclgd_core.calibration.tables import document
from iclgd_core.stats import mean_interval, sign_flip
from iclgd_core.suite import FOLDER

STUDIES, SEED = 1000, 0
DESIGNS = designs_of_claims([FOLDER / "claims"])
EPISODES = [design.episodes for design in DESIGNS]
BETWEEN = tuple(f"coverage: {n} episodes" for n in set(EPISODES) - {min(EPISODES), max(EPISODES)})
JOBS = [job for job in rule_jobs(DESIGNS, STUDIES, SEED) if not job.label.startswith(BETWEEN)] + metric_jobs(
    QUICK.minibatch_episodes, QUICK.episodes, STUDIES, SEED
)
NORMAL = SHAPES[0]
RARE = SHAPES[-2:]
DESIGN = SizedDesign("D", "D", "greater", 0.02, 0.05, 12, 3, 0.05)


def lines(work: Callable[[], Check | list[Check]]) -> list[Check]:
    found = work()
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("job", JOBS, ids=[job.label for job in JOBS])
def test_what_is_promised_is_kept(job: Job) -> None:
    found = lines(job.work)
    assert found
    for check in found:
        assert check.studies >= 0.99 * STUDIES, check
        assert check.status is not CheckStatus.FAILS, check
        if check.status is CheckStatus.LIMIT:
            assert check.note or "closure" in check.subject, check


def test_every_rule_shape_and_metric_is_in_the_table() -> None:
    labels = [job.label for job in rule_jobs(DESIGNS, STUDIES, SEED) + metric_jobs(36, 96, STUDIES, SEED)]
    assert len(labels) == len(set(labels))
    for design in DESIGNS:
        for shape in SHAPES:
            assert any(label.endswith(f"{design.rule}, {shape.name}") and design.name in label for label in labels)
            assert f"coverage: {design.episodes} episodes, {shape.name}" in labels
        if design.minimum_effect is not None:
            assert f"power: {design.name}, {NORMAL.name}" in labels
    for kind in ("greater", "every greater", "equivalent"):
        assert any(label.startswith(f"end to end: {kind}") for label in labels)
    assert {f"metric: {name}" for name in METRICS} < set(labels)


def broken_flips(d: rules.Floats, margin: float, rng: np.random.Generator) -> tuple[rules.Floats, rules.Floats]:
    """Return p-values half as large as they should be."""
    above, below = many_studies.one_sided_tests(d, margin, rng)
    return above / 2.0, below / 2.0


def test_a_test_that_rejects_twice_as_often_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {c.status for c in rules.false_verdicts(DESIGN, NORMAL, STUDIES, SEED)} == {CheckStatus.HOLDS}
    monkeypatch.setattr(rules, "one_sided_tests", broken_flips)
    assert {c.status for c in rules.false_verdicts(DESIGN, NORMAL, STUDIES, SEED)} == {CheckStatus.FAILS}


def test_a_missing_correction_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "holm_rows", lambda p, family: p)
    found = {c.what: c.status for c in rules.false_verdicts(DESIGN, NORMAL, STUDIES, SEED)}
    assert found["false supported"] is CheckStatus.HOLDS
    assert found["false supported, after Holm"] is found["false refuted, after Holm"] is CheckStatus.FAILS


def test_an_interval_that_is_too_narrow_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert real_rules.mean_coverage(12, NORMAL, STUDIES, SEED).status is CheckStatus.HOLDS

    def narrow(x: np.ndarray, level: float, **options: int) -> tuple[float, float]:
        return mean_interval(x, 0.88, **options)

    monkeypatch.setattr(real_rules, "mean_interval", narrow)
    assert real_rules.mean_coverage(12, NORMAL, STUDIES, SEED).status is CheckStatus.FAILS


@pytest.mark.parametrize("shape", SHAPES[:3], ids=lambda shape: shape.name)
def test_the_level_is_used_and_not_only_kept(shape: Shape) -> None:
    rates = [c.rate for c in rules.false_verdicts(DESIGN, shape, STUDIES, SEED)]
    assert min(rates) > 0.02


@pytest.mark.parametrize("shape", RARE, ids=lambda shape: shape.name)
@pytest.mark.parametrize("family", [1, 12])
def test_rare_outliers_with_the_truth_on_the_bound_keep_the_level(shape: Shape, family: int) -> None:
    """The null that the bootstrap-t is there to guard against; no documented shortfall is needed."""
    found = rules.false_verdicts(SizedDesign("D", "D", "greater", -0.01, None, 60, family, None), shape, STUDIES, SEED)
    assert {check.status for check in found} == {CheckStatus.HOLDS}
    assert max(check.rate for check in found) < 0.05


def test_a_study_that_shows_no_outlier_is_beyond_what_a_test_can_guard_against(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one outlier expected a share 0.37 of the studies shows none, and is judged by what it shows."""
    monkeypatch.setattr(shapes, "RARE", 1.0)
    (up, _, down, _) = rules.false_verdicts(
        SizedDesign("D", "D", "greater", 0.0, None, 60, 1, None), RARE[0], STUDIES, SEED
    )
    assert up.rate < 0.05
    assert down.rate == pytest.approx((59 / 60) ** 60, abs=0.05)


def test_a_bound_that_outliers_cannot_reach_is_found_to_be_far() -> None:
    """Two outliers of size 1 in 60, the bound 12 of their standard errors off: power 1, not one less the unlucky."""
    d = np.zeros((50, 60))
    d[:, :2] = 1.0
    d += 1e-6 * np.random.default_rng(2).normal(size=d.shape)
    error = d.std(axis=1, ddof=1).mean() / np.sqrt(60)
    far, near = (one_sided_tests(d, 2 / 60 + t * error, np.random.default_rng(6))[1] for t in (12.0, 3.0))
    assert (far <= 0.05 / 12).all()
    assert (near > 0.05).all()


def test_too_few_episodes_are_short_of_power_and_the_note_says_how_many_are_enough() -> None:
    short = SizedDesign("D", "D", "greater", 0.0, 0.05, 12, 3, 0.1)
    found = rules.power_at_minimum_effect(short, NORMAL, STUDIES, SEED)
    assert found.status is CheckStatus.FAILS
    needed = int(found.note.split()[2])
    enough = rules.power_at_minimum_effect(
        SizedDesign("D", "D", "greater", 0.0, 0.05, needed, 3, 0.1), NORMAL, STUDIES, SEED
    )
    assert (enough.status, enough.note) == (CheckStatus.HOLDS, "")


def test_power_of_equivalence_against_the_rule_itself() -> None:
    design = SizedDesign("D", "D", "equivalent", 0.05, 0.05, 12, 1, 0.05)
    found = rules.power_at_minimum_effect(design, NORMAL, STUDIES, SEED)
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(300):
        d = rng.normal(0.0, 0.05, size=12)
        hits += max(sign_flip(d, -0.05, resamples=999)[0], sign_flip(d, 0.05, resamples=999)[1]) <= 0.05
    low, high = found.interval
    assert low - 0.06 < hits / 300 < high + 0.06


def test_results_do_not_depend_on_the_number_of_processes() -> None:
    jobs = rule_jobs([DESIGN], 100, 3)[:7]
    seen: list[str] = []
    one, two = run_jobs(jobs, 1), run_jobs(jobs, 2, seen.append)
    assert document(one, 100, 3) == document(two, 100, 3)
    assert seen == [job.label for job in jobs]


def fail() -> Check:
    raise RuntimeError("a job broke")


def test_a_job_that_breaks_is_not_swallowed() -> None:
    for workers in (1, 2):
        with pytest.raises(RuntimeError, match="a job broke"):
            run_jobs([Job("broken", partial(fail))], workers)
