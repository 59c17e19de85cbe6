"""The mutated laboratory gives exactly the outputs that it says, and the mutated learners the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import DivergedError, SettingsError
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.lab import Lab, Series
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import Schedule, get_optimizer, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.min.random_labels import relabelled
from tests.mutations.laboratory import STAND_INS, MutatedLab, fixed_setting
from tests.mutations.learners import MutatedLearners
from tests.mutations.subjects import mutated_family, mutated_lab, mutated_series
from tests.studies.planted import QUERIES, TIER, VOCABULARY, Floats, Place, PlantedLab
from tests.tiny_models import encoded, episodes, random_orders, tiny_model, tiny_task

SCHEDULE = Schedule((0.1, 0.2, 0.3), (2, 5))


def told(who: int, at: Place) -> Floats:
    """Return a distribution that tells who was asked for what."""
    split, optimizer = int(at.split == "tuning"), {"": 0, "gd": 1, "sgd1": 2, "adam1": 3}[at.optimizer]
    part, rate = {"whole": 0, "v_deep": 1, "kv": 2}[at.part], int(at.rate * 1e6)
    more = [{"labels": 0, "lm": 1}[at.objective], {"own": 0, "uniform": 1}[at.labels]]
    key = [who, split, at.episode, at.order, rate, at.epoch, at.shots, optimizer, part, *more]
    return np.random.default_rng(key).dirichlet(np.ones(VOCABULARY), size=QUERIES)


def lab(directory: Path) -> PlantedLab:
    none, icl, gd = (lambda at, who=who: told(who, at) for who in range(3))
    return PlantedLab(tiny_model(), tiny_task(), TIER, 0, Store(directory), icl=icl, none=none, gd=gd)


def gd_at_the_fixed_setting(
    base: Lab, optimizer: str, shots: int, orders: int, split: str, part: str, n: int
) -> LogProbs:
    setting = fixed_setting(base.tier, optimizer)
    return np.asarray(base.descend(optimizer, setting, shots, orders, split, part, n).predictions[:, :, 0, 0])


def test_the_fixed_setting_is_the_smallest_rate_and_the_last_readout() -> None:
    assert fixed_setting(TIERS["quick"], "gd") == fixed_setting(TIERS["quick"], "sgd4") == Schedule((1e-3,), (30,))
    assert fixed_setting(TIERS["quick"], "adam1") == Schedule((1e-4,), (30,))
    assert fixed_setting(TIERS["quick"], "momentum") == Schedule((1e-3,), (30,))
    assert fixed_setting(TIERS["quick"], "newton") == Schedule((0.1,), (2,))


@pytest.mark.parametrize("mutation", STAND_INS)
@pytest.mark.parametrize(("shots", "split", "n"), [(8, "evaluation", 4), (2, "tuning", 3)])
def test_what_stands_where_icl_is_asked_for(tmp_path: Path, mutation: Mutation, shots: int, split: str, n: int) -> None:
    base = lab(tmp_path)
    found = mutated_lab(base, mutation, "adam1", "v_deep").in_context(shots, 3, split, n)
    if STAND_INS[mutation][0] == "gd":
        expected = gd_at_the_fixed_setting(base, "adam1", shots, 3, split, "v_deep", n)
    elif STAND_INS[mutation][0] == "zero-shot":
        expected = np.repeat(base.zero_shot(split, n)[:, None], 3, axis=1)
    else:
        expected = base.in_context(shots, 3, split, n)
    assert found.shape == (n, 3, QUERIES, VOCABULARY)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mutation", STAND_INS)
@pytest.mark.parametrize("shots", [4, 8, 512])
def test_what_stands_where_gd_is_asked_for(tmp_path: Path, mutation: Mutation, shots: int) -> None:
    base = lab(tmp_path)
    runs = mutated_lab(base, mutation, "adam1", "v_deep").descend("sgd1", SCHEDULE, shots, 2, "tuning", "whole", 3)
    if STAND_INS[mutation][1] == "itself":
        expected = base.descend("sgd1", SCHEDULE, shots, 2, "tuning", "whole", 3).predictions
    else:
        one: LogProbs = {
            "gd": gd_at_the_fixed_setting(base, "sgd1", shots, 2, "tuning", "whole", 3),
            "icl": base.in_context(min(shots, 8), 2, "tuning", 3),
            "zero-shot": np.repeat(base.zero_shot("tuning", 3)[:, None], 2, axis=1),
        }[STAND_INS[mutation][1]]
        expected = np.broadcast_to(one[:, :, None, None], (3, 2, 3, 2, QUERIES, VOCABULARY))
    np.testing.assert_array_equal(runs.predictions, expected)
    assert runs.diverged.shape == runs.loss.shape == (3, 2, 3, 2)
    assert not runs.diverged.any()


@pytest.mark.parametrize("mutation", STAND_INS)
def test_zero_shot_is_never_mutated(tmp_path: Path, mutation: Mutation) -> None:
    base = lab(tmp_path)
    mutated = mutated_lab(base, mutation)
    np.testing.assert_array_equal(mutated.zero_shot("tuning", 3), base.zero_shot("tuning", 3))
    np.testing.assert_array_equal(mutated.in_context(0, 2, n=2), base.in_context(0, 2, n=2))


def test_diverged_gd_cannot_stand_in_for_icl(tmp_path: Path) -> None:
    base = replace(lab(tmp_path), gd=lambda at: None if at.episode == 1 else told(2, at))
    with pytest.raises(DivergedError, match=r"^2 of 6 runs of gd at the fixed setting of mutation 'swapped' diverged"):
        mutated_lab(base, Mutation.SWAPPED).in_context(8, 2, n=3)


def test_another_model_is_mutated_in_the_same_way(tmp_path: Path) -> None:
    other = tiny_model(layers=1)
    moved = mutated_lab(lab(tmp_path), Mutation.SWAPPED, "sgd1", "v_deep").of(other)
    assert isinstance(moved, MutatedLab)
    assert moved.model is moved.base.model is other
    assert (moved.mutation, moved.optimizer, moved.part) == (Mutation.SWAPPED, "sgd1", "v_deep")


def test_the_objective_is_that_of_the_gd_that_stands_in_and_of_the_gd_that_is_asked_for(tmp_path: Path) -> None:
    base, setting = lab(tmp_path), fixed_setting(TIER, "sgd1")
    mutated = mutated_lab(base, Mutation.GD_AS_BOTH, "sgd1", "kv", "lm")
    whole = base.descend("sgd1", setting, part="kv", n=2, objective="lm").predictions[:, :, 0, 0]
    np.testing.assert_array_equal(mutated.in_context(n=2), whole)
    for objective in ("labels", "lm"):
        one = base.descend("sgd1", setting, part="kv", n=2, objective=objective).predictions
        found = mutated.descend("sgd1", SCHEDULE, part="kv", n=2, objective=objective).predictions
        np.testing.assert_array_equal(found[:, :, :1, :1], one)
    assert not np.array_equal(found, mutated.descend("sgd1", SCHEDULE, part="kv", n=2).predictions)


@pytest.mark.parametrize("mutation", STAND_INS)
def test_on_other_labels_the_mutation_is_that_of_the_laboratory_on_them(tmp_path: Path, mutation: Mutation) -> None:
    base = lab(tmp_path)
    found = relabelled(mutated_lab(base, mutation, "adam1"), "uniform")
    expected = mutated_lab(relabelled(base, "uniform"), mutation, "adam1")
    np.testing.assert_array_equal(found.in_context(8, 2, n=3), expected.in_context(8, 2, n=3))
    runs, wanted = (one.descend("sgd1", SCHEDULE, n=3).predictions for one in (found, expected))
    np.testing.assert_array_equal(runs, wanted)
    own = mutated_lab(base, mutation, "adam1")
    assert np.array_equal(own.in_context(8, n=3), found.in_context(8, n=3)) == (STAND_INS[mutation][0] == "zero-shot")


def test_only_mutations_of_outputs_make_a_mutated_laboratory(tmp_path: Path) -> None:
    base = lab(tmp_path)
    with pytest.raises(SettingsError, match=r"^mutation 'constant' does not replace outputs; those that do: swapped, "):
        MutatedLab(
            base.model, base.task, base.tier, 0, base.store, base=base, mutation=Mutation.CONSTANT
        )  # fmt: skip


@pytest.mark.parametrize("mutation", [Mutation.ICL_AS_BOTH_AT_LARGEST, Mutation.WEIGHTS_AT_REST])
def test_a_mutation_of_several_laboratories_is_refused_for_one(tmp_path: Path, mutation: Mutation) -> None:
    with pytest.raises(SettingsError, match=rf"^mutation '{mutation}' is about several sizes or checkpoints"):
        mutated_lab(lab(tmp_path), mutation)


def test_of_several_sizes_the_largest_alone_may_be_mutated(tmp_path: Path) -> None:
    base = lab(tmp_path)
    labs = [base.of(tiny_model(layers=layers)) for layers in (1, 3, 2)]
    found = mutated_family(labs, Mutation.ICL_AS_BOTH_AT_LARGEST)
    assert (found[0], found[2]) == (labs[0], labs[2])
    assert isinstance(found[1], MutatedLab)
    assert (found[1].mutation, found[1].base) == (Mutation.ICL_AS_BOTH, labs[1])
    everywhere = mutated_family(labs, Mutation.ZERO_SHOT_AS_GD)
    assert [one.mutation for one in everywhere if isinstance(one, MutatedLab)] == [Mutation.ZERO_SHOT_AS_GD] * 3


def test_checkpoints_at_rest_and_before_the_last(tmp_path: Path) -> None:
    base = lab(tmp_path)
    labs = tuple(base.of(replace(tiny_model(seed=i), name=f"step-{i}")) for i in range(3))
    series = Series(labs, (1, 2, 3))
    rest = mutated_series(series, Mutation.WEIGHTS_AT_REST)
    assert [one.model.name for one in rest.labs] == ["step-0", "step-1", "step-2"]
    assert {one.model.digest for one in rest.labs} == {labs[-1].model.digest}
    before = mutated_series(series, Mutation.ZERO_SHOT_BEFORE_LAST)
    assert [isinstance(one, MutatedLab) for one in before.labs] == [True, True, False]
    np.testing.assert_array_equal(before.labs[0].in_context()[:, 0], base.zero_shot())
    swapped = mutated_series(series, Mutation.SWAPPED)
    assert [one.mutation for one in swapped.labs if isinstance(one, MutatedLab)] == [Mutation.SWAPPED] * 3
    assert rest.steps == before.steps == swapped.steps == series.steps


@pytest.mark.parametrize("mutation", STAND_INS)
def test_learners_without_a_laboratory_stand_in_for_each_other_too(mutation: Mutation) -> None:
    model, orders = tiny_model(), random_orders(2, 3, 4)
    drawn = encoded(model, episodes())
    setting, schedule = Schedule((0.01,), (2,)), Schedule((0.1, 0.2), (1, 3))
    full_batch, asked = get_optimizer("gd"), get_optimizer("sgd1")
    learners = MutatedLearners(mutation, setting)
    one: dict[str, LogProbs] = {
        "icl": in_context(model, drawn, orders),
        "gd": gradient_descent(model, drawn, orders, full_batch, setting).predictions[:, :, 0, 0],
        "zero-shot": np.repeat(np.asarray(in_context(model, drawn, orders[:, :1, :0])), 3, axis=1),
    }
    for_icl, for_gd = STAND_INS[mutation]
    found = learners.in_context(model, drawn, orders)
    np.testing.assert_array_equal(found, one["icl" if for_icl == "itself" else for_icl])
    runs = learners.gradient_descent(model, drawn, orders, asked, schedule)
    assert runs.predictions.shape == (2, 3, 2, 2, 3, found.shape[-1])
    if for_gd == "itself":
        expected = gradient_descent(model, drawn, orders, asked, schedule).predictions
    else:
        expected = np.broadcast_to(one[for_gd][:, :, None, None], runs.predictions.shape)
    np.testing.assert_array_equal(runs.predictions, expected)
