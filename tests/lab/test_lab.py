"""The laboratory: orders, episodes by split, what is measured once, and how a setting of GD is chosen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from iclgd_core.devices import Workload
from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.lab.store.store import Arrays
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import OBJECTIVES, Runs, Schedule
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.models.language.projections import trained
from iclgd_core.models.pretrain.recipes import SPECIAL_TOKENS
from tests.tiny_models import tiny_model, tiny_task

SCHEDULE = Schedule((0.01, 0.1), (1, 2, 3))
TIER = replace(
    TIERS["quick"], episodes=3, tuning_episodes=2, minibatch_tuning_episodes=2, tuning_orders=2, queries=2, orders=3,
    sgd=SCHEDULE, adam=SCHEDULE,
)  # fmt: skip


@pytest.fixture
def small_lab(tmp_path: Path) -> Lab:
    return Lab(tiny_model(), tiny_task(), TIER, 0, Store(tmp_path))


def test_orders_are_permutations_and_the_first_is_as_drawn(small_lab: Lab) -> None:
    orders = small_lab.orders("evaluation", 3, 8, 4)
    assert orders.shape == (3, 4, 8)
    assert (np.sort(orders, axis=-1) == np.arange(8)).all()
    assert (orders[:, 0] == np.arange(8)).all()
    assert len({tuple(row) for row in orders.reshape(-1, 8).tolist()}) == 1 + 3 * 3
    np.testing.assert_array_equal(small_lab.orders("evaluation", 2, 8, 2), orders[:2, :2])
    assert not np.array_equal(small_lab.orders("tuning", 3, 8, 4), orders)
    assert small_lab.orders("evaluation", 2, 0, 1).shape == (2, 1, 0)


def test_tuning_and_evaluation_share_no_episode_unless_planning(small_lab: Lab) -> None:
    tuning, evaluation = ({e.digest for e in small_lab.episodes(split, 4)} for split in ("tuning", "evaluation"))
    assert len(tuning | evaluation) == 8
    planned = replace(small_lab, plan=True)
    assert {e.digest for e in planned.episodes("evaluation", 4)} == tuning
    assert [x.count("evaluation") for x in (small_lab, planned)] == [3, 2]
    assert [x.count("evaluation", 4) for x in (small_lab, planned)] == [4, 2]


def test_a_measurement_is_taken_from_the_store_the_second_time(small_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first, runs = small_lab.in_context(2, 2), small_lab.descend("gd", SCHEDULE, 2)
    assert first.shape == (3, 2, 2, 14)
    assert runs.predictions.shape == (3, 1, 2, 3, 2, 14)

    def never(*_: object) -> None:
        pytest.fail("measured twice")

    for name in ("in_context", "gradient_descent"):
        monkeypatch.setattr(f"iclgd_core.lab.language.{name}", never)
    np.testing.assert_array_equal(small_lab.in_context(2, 2), first)
    again = small_lab.descend("gd", SCHEDULE, 2)
    np.testing.assert_array_equal(again.predictions, runs.predictions)
    np.testing.assert_array_equal(again.diverged, runs.diverged)


def test_what_is_stored_is_told_apart_by_name_episodes_and_settings(small_lab: Lab) -> None:
    work, computed = Workload("icl", 1, 4), []

    def measure(name: str = "one", n: int = 2, setting: int = 0, lab: Lab = small_lab) -> float:
        def compute() -> Arrays:
            computed.append((name, n, setting))
            return {"value": np.array([float(len(computed))])}

        return float(
            lab.stored(name, lab.episodes("evaluation", n), {"setting": setting}, work, compute)["value"].item()
        )

    first = measure()
    others = [measure(name="other"), measure(n=1), measure(setting=1), measure(lab=small_lab.of(tiny_model(seed=5)))]
    assert [first, *others] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert [measure(), measure(n=1)] == [1.0, 3.0]
    assert len(computed) == 5


def test_what_gd_takes_grows_with_the_logits_that_its_loss_needs(small_lab: Lab) -> None:
    drawn, orders = small_lab.episodes("tuning", 1), small_lab.orders("tuning", 1, 3, 1)
    found = {name: small_lab.training(drawn, orders, "gd", "kv", name) for name in OBJECTIVES}
    inputs = max(len(prompt.ids) for prompt in drawn[0].examples(orders[0, 0]))
    assert (found["labels"].tokens, found["labels"].positions) == (inputs, 1)
    assert (found["lm"].tokens, found["lm"].positions) == (inputs + 1, inputs + 1)
    assert found["layer-causal"].positions == found["layer-causal-code"].positions == 2 * (inputs + 1)
    shown = len(drawn[0].shown(orders[0, 0]).ids)
    assert (found["lm-prompt"].rows, found["lm-prompt"].tokens, found["lm-prompt"].positions) == (1, shown, shown)
    assert {work.rows for name, work in found.items() if name != "lm-prompt"} == {3}
    assert found["lm"].trained == tuple(trained(small_lab.model.module, "kv"))
    assert small_lab.training(drawn, orders, "sgd1").rows == 1


def planted(
    monkeypatch: pytest.MonkeyPatch,
    scores: list[list[float]],
    diverged: tuple[tuple[int, int, int, int], ...] = (),
    start: float = 0.0,
) -> None:
    """Make gradient descent return `scores` (rates, readouts) as its outputs, diverged at some runs."""
    values = np.broadcast_to(
        np.array(scores, dtype=np.float32)[None, None, :, :, None, None], (2, 2, 2, 3, 2, 14)
    ).copy()
    flags = np.zeros((2, 2, 2, 3), dtype=bool)
    for place in diverged:
        flags[place], values[place] = True, np.nan
    monkeypatch.setattr(Lab, "zero_shot", lambda *_, **__: np.full((2, 2, 14), start, dtype=np.float32))
    monkeypatch.setattr(Lab, "descend", lambda *_, **__: Runs(values, flags, np.zeros(flags.shape, dtype=np.float32)))


def mean(log_probs: LogProbs) -> NDArray[np.float64]:
    return np.asarray(np.asarray(log_probs).mean(axis=(-1, -2)), dtype=np.float64)


SCORES = [[1.0, 2.0, 3.0], [1.0, 5.0, 4.0]]


def test_the_best_setting_is_chosen(small_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, SCORES)
    found = small_lab.tune("gd", mean, SCHEDULE, orders=2)
    assert (found.learning_rate, found.epoch, found.readout) == (0.1, 2, 1)
    assert found.table == {
        "0": {"0": 0.0},
        "0.01": {"1": 1.0, "2": 2.0, "3": 3.0},
        "0.1": {"1": 1.0, "2": 5.0, "3": 4.0},
    }


def test_ties_go_to_the_smaller_rate_then_the_earlier_epoch(small_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, [[1.0, 4.0, 4.0], [4.0, 4.0, 4.0]])
    found = small_lab.tune("gd", mean, SCHEDULE, orders=2)
    assert (found.learning_rate, found.epoch) == (0.01, 2)


@pytest.mark.parametrize("order", [0, 1])
def test_a_setting_with_any_diverged_run_is_not_eligible(
    small_lab: Lab, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, SCORES, diverged=((1, order, 1, 1),))
    found = small_lab.tune("gd", mean, SCHEDULE, orders=2)
    assert (found.learning_rate, found.epoch) == (0.1, 3)
    assert found.table["0.1"] == {"1": 1.0, "2": None, "3": 4.0}


def test_not_training_is_a_setting_too(small_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for start, diverged in ((5.0, ()), (-9.0, tuple((0, 0, r, e) for r in range(2) for e in range(3)))):
        planted(monkeypatch, SCORES, diverged=diverged, start=start)
        found = small_lab.tune("gd", mean, SCHEDULE, orders=2)
        assert (found.learning_rate, found.epoch, found.readout) == (0.0, 0, None)


def test_every_order_is_scored(small_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, SCORES)
    runs = small_lab.descend("gd", SCHEDULE)
    np.asarray(runs.predictions)[:, 1, 1, 1] = -9.0
    monkeypatch.setattr(Lab, "descend", lambda *_, **__: runs)
    assert small_lab.tune("gd", mean, SCHEDULE, orders=1).epoch == 2
    assert small_lab.tune("gd", mean, SCHEDULE, orders=2).epoch == 3


def renamed(model: CausalModel) -> PreTrainedTokenizerFast:
    """A tokenizer that gives the symbols each other's token ids."""
    vocabulary = model.tokenizer.get_vocab()
    turned = dict(zip(vocabulary, reversed(vocabulary.values()), strict=True))
    backend = Tokenizer(WordLevel(turned, unk_token=SPECIAL_TOKENS[1]))
    return PreTrainedTokenizerFast(tokenizer_object=backend)  # type: ignore[no-untyped-call]


def test_another_tokenizer_never_finds_an_old_result(small_lab: Lab) -> None:
    before = small_lab.in_context(2, 1)
    turned = replace(small_lab.model, tokenizer=renamed(small_lab.model))
    assert turned.digest == small_lab.model.digest
    assert not np.array_equal(small_lab.of(turned).in_context(2, 1), before)
