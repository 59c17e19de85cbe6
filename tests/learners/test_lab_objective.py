"""The objective in the laboratory: part of what a measurement is, unless it is the labels'."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.tiers import TIERS
from iclgd_core.learners import Schedule
from tests.tiny_models import tiny_model, tiny_task

SCHEDULE = Schedule((0.01, 0.1), (1, 2))
TIER = replace(TIERS["quick"], episodes=2, tuning_episodes=2, queries=2)


def keys_of(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    seen: list[Key] = []
    find = Store.find
    monkeypatch.setattr(Store, "find", lambda store, key: seen.append(key) or find(store, key))  # type: ignore
    return seen


def test_a_key_names_an_objective_other_than_the_labels_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tiny_model(), tiny_task(), TIER, 0, Store(tmp_path))
    seen = keys_of(lab, monkeypatch)
    of_labels = lab.descend("gd", SCHEDULE, 3)
    asked = lab.descend("gd", SCHEDULE, 3, objective="labels")
    whole = lab.descend("gd", SCHEDULE, 3, objective="lm")
    np.testing.assert_array_equal(of_labels.predictions, asked.predictions)
    assert np.abs(np.asarray(whole.predictions) - np.asarray(asked.predictions)).max() > 1e-3
    assert ["objective" in key for key in seen] == [False, False, True]
    assert {key: value for key, value in seen[2].items() if key != "objective"} == seen[0] == seen[1]


def test_a_setting_is_chosen_by_the_objective_asked_for(tmp_path: Path) -> None:
    lab = Lab(tiny_model(), tiny_task(), TIER, 0, Store(tmp_path))
    found = {
        objective: lab.tune(
            "sgd1", lambda p: np.asarray(p).mean(axis=(-1, -2)), SCHEDULE, 3, part="kv", objective=objective
        )
        for objective in ("labels", "lm")
    }
    assert "objective" not in found["labels"].protocol
    assert found["lm"].protocol["objective"] == "lm"
    assert found["lm"].table != found["labels"].table
