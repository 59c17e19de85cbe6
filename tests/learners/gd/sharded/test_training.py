"""A model on several devices is trained by a child process, to the answers of one device."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.language.spread import load_spread
from tests.tiny_models import encoded, episodes, random_orders, tiny_model

pytest.importorskip("accelerate", reason="a model over several devices needs accelerate, an optional extra")


def test_the_learner_takes_the_child_and_lets_go_of_its_own_copy(tmp_path: Path) -> None:
    folder = tmp_path / "ginc-tiny"
    tiny_model().module.save_pretrained(folder)
    tiny_model().tokenizer.save_pretrained(folder)
    plain, gone = load_model(str(folder)), list[str]()
    spread = replace(
        plain, held=load_spread(folder, "float32", attention="eager"), spread=2, let_go=lambda: gone.append("let go")
    )
    drawn, orders = encoded(plain, episodes(2)), random_orders(2, 1, 4)
    rule, schedule = get_optimizer("sgd2"), Schedule((0.02, 0.2), (1, 2))
    found, expected = (gradient_descent(model, drawn, orders, rule, schedule) for model in (spread, plain))
    np.testing.assert_allclose(np.asarray(found.predictions), np.asarray(expected.predictions), atol=2e-4)
    np.testing.assert_allclose(found.loss, expected.loss, atol=1e-4)
    assert np.abs(np.asarray(found.predictions)[:, :, 1] - np.asarray(found.predictions)[:, :, 0]).max() > 1e-2
    assert gone == ["let go"]
