"""The weights that gradient descent ends in: those behind its predictions, from either engine."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.func import functional_call

from iclgd_core.errors import NotRunError
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.learners.gd.trained_weights import trained_weights
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.projections import trained
from tests.tiny_models import encoded, episodes, random_orders, tiny_model

SCHEDULE = Schedule((0.05, 0.2), (1, 2))


def in_place(model: CausalModel) -> CausalModel:
    """The same model, that may not be vectorised."""
    model.config._attn_implementation = "sdpa"
    return model


@pytest.mark.parametrize("made", [lambda model: model, in_place], ids=["replicas", "in place"])
@pytest.mark.parametrize(("optimizer", "part", "objective"), [("gd", "whole", "labels"), ("sgd1", "kv", "lm")])
def test_they_answer_as_the_learner_did(
    made: Callable[[CausalModel], CausalModel], optimizer: str, part: str, objective: str
) -> None:
    model = made(tiny_model(double=True))
    before = {name: weight.clone() for name, weight in model.module.state_dict().items()}
    drawn, orders, rule = encoded(model, episodes(2)), random_orders(2, 2, 3), get_optimizer(optimizer)
    expected = gradient_descent(model, drawn, orders, rule, SCHEDULE, part, objective).predictions
    seen = 0
    for i, (run, weights) in enumerate(trained_weights(model, drawn, orders, rule, SCHEDULE, part, objective)):
        rate, e, o = np.unravel_index(i, (2, 2, 2))
        assert run.learning_rate == SCHEDULE.learning_rates[rate]
        assert weights.keys() == trained(model.module, part).keys()
        for j, query in enumerate(run.queries):
            ids = torch.from_numpy(query.ids)[None]
            logits = functional_call(model.module, weights, (ids,)).logits[0, query.readout]
            found = logits.log_softmax(-1).detach().numpy()
            np.testing.assert_allclose(found, expected[e, o, rate, -1, j], atol=1e-5, rtol=0)
        after = model.module.state_dict()
        assert all(torch.equal(after[name], before[name]) for name in before)
        seen += 1
    assert seen == 8


@pytest.mark.parametrize("made", [lambda model: model, in_place], ids=["replicas", "in place"])
def test_a_run_that_diverged_has_no_finite_weights(made: Callable[[CausalModel], CausalModel]) -> None:
    model = made(tiny_model())
    drawn, orders = encoded(model, episodes(1)), random_orders(1, 1, 3)
    found = list(trained_weights(model, drawn, orders, get_optimizer("sgd1"), Schedule((0.1, 1e20), (3,))))
    finite = [all(bool(weight.isfinite().all()) for weight in weights.values()) for _, weights in found]
    assert finite == [True, False]


def test_a_model_on_several_devices_is_not_read() -> None:
    model = replace(tiny_model(), spread=2)
    with pytest.raises(NotRunError, match="'ginc-tiny' lies on 2"):
        next(trained_weights(model, [], random_orders(0, 0, 0), get_optimizer("gd"), SCHEDULE))
