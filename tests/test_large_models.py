"""The way of a large model (leases, training in place, likeliest tokens alone) leads to the numbers of a small one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fixtures.loaded_models import LoadedModels
from iclgd_core.devices import DeviceMemory, LeasedRoom, MeasuredPeaks, OutOfMemoryError
from iclgd_core.devices.peak import Peak
from iclgd_core.evidence.progress import observed
from iclgd_core.lab import Lab, language, measuring
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import TIERS, Tier
from iclgd_core.learners import Runs, Schedule, gradient_descent
from iclgd_core.learners.gd import replicas
from iclgd_core.models.language import predictions
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs
from iclgd_core.studies import accuracy_study, agreement_study
from iclgd_core.studies.order import order_study
from iclgd_core.tasks import GincConfig
from iclgd_core.tasks.prompts import EpisodePrompts
from tests.tiny_models import tiny_model, tiny_task

SCHEDULE = Schedule((0.01, 0.1), (1, 3))
TIER: Tier = replace(
    TIERS["quick"], episodes=4, accuracy_episodes=4, minibatch_episodes=3, order_episodes=3, tuning_episodes=3,
    minibatch_tuning_episodes=2, queries=4, orders=3, sgd=SCHEDULE, adam=SCHEDULE,
)  # fmt: skip


def small(folder: Path) -> Lab:
    return Lab(tiny_model(), tiny_task(), TIER, 0, Store(folder / "small"))


def large(folder: Path, patch: pytest.MonkeyPatch) -> tuple[Lab, LeasedRoom]:
    """The same laboratory, with every bound so low that the model is a large one."""
    patch.setattr(replicas, "REPLICA_BYTES", 1)
    patch.setattr(measuring, "LARGE", 1000)
    held = LoadedModels(lambda _: tiny_model(), 1000)
    memory = DeviceMemory(folder / "leases", "cpu", lambda: 2**32)
    room = LeasedRoom("cpu", memory, MeasuredPeaks(folder / "memory"), held.drop)
    return Lab(held.model("tiny"), tiny_task(), TIER, 0, Store(folder / "large"), room=room), room


@contextmanager
def peak_of_a_mebibyte(device: torch.device) -> Iterator[Peak]:
    """A process that has been larger before may not grow at all, and then there is no peak to keep."""
    peak = Peak()
    yield peak
    peak.growth = 2**20


def test_studies_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iclgd_core.devices.room.measured_peak", peak_of_a_mebibyte)
    one = small(tmp_path)
    expected = (
        agreement_study(one, "sgd1", "jensen-shannon"),
        accuracy_study(one, 4, "labels"),
        order_study(one, "sgd2"),
    )
    other, room = large(tmp_path, monkeypatch)
    found = (
        agreement_study(other, "sgd1", "jensen-shannon"),
        accuracy_study(other, 4, "labels"),
        order_study(other, "sgd2"),
    )
    for name in ("ceiling", "learner", "floor"):
        np.testing.assert_allclose(found[0][name], expected[0][name], atol=1e-4)
    assert found[0].details["learning_rate"] == expected[0].details["learning_rate"]
    np.testing.assert_array_equal(found[1]["icl"], expected[1]["icl"])
    np.testing.assert_array_equal(found[1]["gd"], expected[1]["gd"])
    for name, values in expected[2].numbers.items():
        np.testing.assert_allclose(found[2][name], values, atol=1e-4)
    assert list((tmp_path / "memory").glob("*.json")), "peaks were measured"
    room.give_back()
    again = agreement_study(other, "sgd1", "jensen-shannon")
    np.testing.assert_array_equal(again["learner"], found[0]["learner"])


def test_studies_of_a_large_vocabulary_agree_but_for_the_mass_of_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = GincConfig(n_symbols=60, n_values=3, n_slots=3, n_hmms=3, n_in_mixture=2, seed=4)
    one = replace(small(tmp_path), model=tiny_model(world=world), task=tiny_task(world=world))
    expected = agreement_study(one, "gd", "token-overlap"), accuracy_study(one, 4, "labels"), order_study(one, "sgd1")
    monkeypatch.setattr(predictions, "WHOLE", 60)
    monkeypatch.setattr(predictions, "KEPT", 40)
    other = replace(one, store=Store(tmp_path / "kept"))
    kept = other.in_context()
    assert isinstance(kept, TopLogProbs)
    found = (
        agreement_study(other, "gd", "token-overlap"),
        accuracy_study(other, 4, "labels"),
        order_study(other, "sgd1"),
    )
    for name in ("ceiling", "learner", "floor"):
        np.testing.assert_array_equal(found[0][name], expected[0][name])
    np.testing.assert_array_equal(found[1]["icl"], expected[1]["icl"])
    np.testing.assert_array_equal(found[1]["gd"], expected[1]["gd"])
    np.testing.assert_allclose(found[2]["icl"], expected[2]["icl"], atol=2 * float(kept.rest().max()))
    assert 0 < kept.rest().max() < 0.2


def test_memory_that_runs_out_ends_the_claim_with_the_amount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, _ = large(tmp_path, monkeypatch)

    def exhausted(*_: object) -> None:
        raise torch.OutOfMemoryError("injected")

    monkeypatch.setattr("iclgd_core.models.language.answering._forward", exhausted)
    with pytest.raises(OutOfMemoryError, match=r"icl ran out of memory on cpu.*It needs about \d"):
        own.in_context()


def test_a_stored_measurement_takes_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, room = large(tmp_path, monkeypatch)
    first = own.in_context()
    room.give_back()
    monkeypatch.setattr(LeasedRoom, "take", lambda *_: pytest.fail("room was taken"))
    np.testing.assert_array_equal(np.asarray(own.in_context()), np.asarray(first))


def test_bfloat16_is_never_trained_as_replicas(tmp_path: Path) -> None:
    one = small(tmp_path)
    start, rate = one.zero_shot(n=2), Schedule((1e-3,), (3,))
    short = replace(one.model, held=tiny_model().module.to(torch.bfloat16))  # type: ignore[arg-type]
    found = replace(one, model=short).descend("gd", rate, n=2).predictions
    expected = one.descend("gd", rate, n=2).predictions
    moved = np.exp(np.asarray(expected)[:, 0, 0, 0]) - np.exp(np.asarray(start))
    too = np.exp(np.asarray(found)[:, 0, 0, 0]) - np.exp(np.asarray(replace(one, model=short).zero_shot(n=2)))
    assert np.corrcoef(moved.ravel(), too.ravel())[0, 1] > 0.9, "plain rounding loses steps of this size"


def test_a_killed_measurement_goes_on_from_its_last_episode_and_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each episode at each rate is measured once, whatever is killed, asked for in more episodes, or at other rates."""
    own, _ = large(tmp_path, monkeypatch)
    done: list[tuple[int, tuple[float, ...]]] = []
    train = gradient_descent

    def counted(model: object, some: Sequence[EpisodePrompts], *rest: Any) -> Runs[LogProbs]:
        done.append((len(some), rest[2].learning_rates))
        if len(done) == 4:
            raise KeyboardInterrupt
        return train(model, some, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(language, "gradient_descent", counted)
    with pytest.raises(KeyboardInterrupt):
        own.descend("gd", SCHEDULE, n=2)
    assert done == [(1, (0.01,)), (1, (0.1,))] * 2
    found = own.descend("gd", SCHEDULE, n=2)
    assert done[4:] == [(1, (0.1,))]
    more = own.descend("gd", Schedule((0.03, 0.1), (1, 3)), n=3)
    assert done[5:] == [(1, (0.03,)), (1, (0.03,)), (1, (0.03,)), (1, (0.1,))]
    np.testing.assert_array_equal(more.predictions[:2, :, 1], found.predictions[:, :, 1])
    together = small(tmp_path).descend("gd", SCHEDULE, n=2)
    np.testing.assert_allclose(found.predictions, together.predictions, atol=1e-5)
    np.testing.assert_allclose(found.loss, together.loss, atol=1e-5)
    assert found.diverged.shape == together.diverged.shape


def test_progress_moves_within_a_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, _ = large(tmp_path, monkeypatch)
    said: list[tuple[str, int, int]] = []
    with observed(lambda *told: said.append(told)):
        own.in_context(n=3)
    assert [told for told in said if told[0] == "episodes"] == [("episodes", done, 3) for done in range(4)]
