"""What gradient descent minimises: each objective against a loop written out, in both engines, and where it is not."""

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.learners import OBJECTIVES, Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.learners.gd.in_place import Plan, train_in_place
from iclgd_core.learners.gd.layer_causal import layer_causal_loss
from iclgd_core.learners.gd.objectives import LAYER_CAUSAL, LM_PROMPT, lessons, sequence_loss, sequences
from iclgd_core.learners.gd.replicas import group_size, train_replicas
from iclgd_core.learners.gd.run import Run, all_runs
from iclgd_core.learners.gd.sharded.training import train_sharded
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.projections import trained
from iclgd_core.tasks.prompts import Prompt
from tests.learners.gd.in_place.small_runs import LABELS, small_run
from tests.tiny_models import ARCHITECTURES, encoded, episodes, random_orders, tiny_model, tokens

WHOLE = OBJECTIVES[1:]
"""Objectives over whole sequences."""
READOUTS = (1, 3)


def sequence_run(objective: str, rate: float = 0.05, seed: int = 0) -> Run:
    """A run on sequences of unequal length."""
    run = small_run(rate, seed=seed)
    return replace(run, examples=sequences(run.examples, run.targets), objective=objective)


def by_hand(module: torch.nn.Module, objective: str, batch: Sequence[Prompt]) -> torch.Tensor:
    """The objective's definition, one sequence at a time, without padding."""
    total, count = torch.zeros(()).double(), 0
    for prompt in batch:
        ids = torch.from_numpy(prompt.ids)[None]
        n = ids.shape[1] - 1
        if objective in ("lm", LM_PROMPT):
            log_probs = module(ids).logits[0].double().log_softmax(-1)
            total = total - log_probs[torch.arange(n), ids[0, 1:]].sum()
        else:
            form = LAYER_CAUSAL[objective]
            total = total + n * layer_causal_loss(module, {}, ids, torch.ones_like(ids), form)  # type: ignore[arg-type]
        count += n
    return total / count


def plain(
    model: CausalModel, run: Run, batch: int | None, epochs: int, part: str = "whole"
) -> tuple[NDArray[np.float64], float]:
    """Train a copy with torch's SGD; the log-probs of its answers and the loss of the last epoch."""
    module = copy.deepcopy(model.module)
    names = trained(model.module, part)
    own = [p.requires_grad_(True) for name, p in module.named_parameters() if name in names]
    optimizer, loss = torch.optim.SGD(own, lr=run.learning_rate), 0.0
    n = len(run.examples)
    for _ in range(epochs):
        loss = 0.0
        for at in range(0, n, batch or n):
            rows = run.examples[at : at + (batch or n)]
            optimizer.zero_grad()
            value = by_hand(module, run.objective, rows)
            torch.autograd.backward(value)
            optimizer.step()
            loss += float(value.detach()) * len(rows) / n
    with torch.no_grad():
        found = [
            module(torch.from_numpy(q.ids)[None]).logits[0, q.readout].double().log_softmax(-1) for q in run.queries
        ]
    return torch.stack(found).numpy(), loss


@pytest.mark.parametrize("engine", [train_replicas, train_in_place])
@pytest.mark.parametrize("objective", WHOLE)
@pytest.mark.parametrize(("optimizer", "part"), [("sgd1", "kv"), ("sgd2", "whole"), ("gd", "whole")])
def test_equals_a_plain_loop(objective: str, optimizer: str, part: str, engine: object) -> None:
    model, rule = tiny_model(double=True), get_optimizer(optimizer)
    run = sequence_run(objective)
    own = trained(model.module, part)
    [(found, loss)] = engine(model, own, rule, (3,), [run], LABELS)  # type: ignore[operator]
    expected, expected_loss = plain(model, run, rule.batch, 3, part)
    zero_shot = np.asarray(model.log_probs([run.queries], LABELS)[0])
    assert np.abs(expected - zero_shot).max() > 1e-3, "nothing was learned, so nothing is compared"
    np.testing.assert_allclose(np.asarray(found)[0], expected, atol=1e-6, rtol=0)
    assert loss[0] == pytest.approx(expected_loss, abs=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("objective", WHOLE)
def test_engines_agree_whatever_the_micro_batches(architecture: str, objective: str) -> None:
    model, rule = tiny_model(architecture, double=True), get_optimizer("sgd4")
    runs = [sequence_run(objective, 0.05, seed) for seed in (0, 3)]
    own = trained(model.module, "whole")
    together = list(train_replicas(model, own, rule, READOUTS, runs, LABELS))
    for plan in (Plan(micro_tokens=10, checkpointing=True), Plan(at_once=True, checkpointing=True)):
        for (one, loss), (other, other_loss) in zip(
            train_in_place(model, own, rule, READOUTS, runs, LABELS, plan=plan), together, strict=True
        ):
            np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=1e-6, rtol=0)
            np.testing.assert_allclose(loss, other_loss, atol=1e-5, rtol=0)


def test_the_language_model_loss_by_hand() -> None:
    """Two sequences, three predicted tokens in all: each weighs a third."""
    module = tiny_model(double=True).module
    ids = torch.tensor([[3, 5, 7], [4, 6, 0]])
    log_probs = module(ids).logits.log_softmax(-1)
    expected = -(log_probs[0, 0, 5] + log_probs[0, 1, 7] + log_probs[1, 0, 6]) / 3
    found = sequence_loss("lm", module, {}, ids, torch.tensor([2, 1]))
    assert float(found) == pytest.approx(float(expected), abs=1e-12)
    padded_otherwise = ids.clone()
    padded_otherwise[1, 2] = 9
    assert float(sequence_loss("lm", module, {}, padded_otherwise, torch.tensor([2, 1]))) == pytest.approx(float(found))


def test_a_demonstration_is_its_input_and_its_label() -> None:
    model, drawn = tiny_model(), episodes(2)
    schedule, orders = Schedule((0.1, 0.2), (1,)), random_orders(2, 2, 3)
    runs = all_runs(model, encoded(model, drawn), orders, schedule, "lm")
    token = tokens(model)
    for i, (rate, e, o) in enumerate(np.ndindex(2, 2, 2)):
        chosen = orders[e, o]
        wanted = token[np.concatenate([drawn[e].demonstrations[chosen], drawn[e].labels[chosen, None]], axis=1)]
        np.testing.assert_array_equal(np.stack([prompt.ids for prompt in runs[i].examples]), wanted)
        assert {prompt.readout for prompt in runs[i].examples} == {wanted.shape[1] - 1}
        assert runs[i].learning_rate == schedule.learning_rates[rate]
        assert runs[i].objective == "lm"


def test_the_prompt_is_taught_as_one_text_that_in_context_learning_begins_with() -> None:
    """In the order that is asked for; the loss by hand is that of every token behind all before it."""
    model, drawn = tiny_model(double=True), encoded(tiny_model(), episodes(1))[0]
    for order in (np.array([2, 0, 1]), np.array([1])):
        examples, targets = lessons(drawn, order, LM_PROMPT)
        assert len(examples) == len(targets) == 1
        ids = examples[0].ids
        for prompt, alone in zip(drawn.prompts(order), drawn.prompts(order[:0]), strict=True):
            np.testing.assert_array_equal(prompt.ids, np.concatenate([ids, alone.ids]))
        [run] = all_runs(model, [drawn], order[None, None], Schedule((0.1,), (1,)), LM_PROMPT)
        read = torch.from_numpy(ids)[None]
        log_probs = model.module(read).logits[0].log_softmax(-1)
        expected = -sum(float(log_probs[i, ids[i + 1]].detach()) for i in range(len(ids) - 1)) / (len(ids) - 1)
        found = sequence_loss(LM_PROMPT, model.module, {}, read, torch.tensor([run.examples[0].readout]))
        assert float(found) == pytest.approx(expected, abs=1e-12)


def test_the_prompt_depends_on_the_order_and_not_on_the_batch() -> None:
    model, drawn = tiny_model(double=True), encoded(tiny_model(), episodes(1))
    orders, schedule = np.array([[[0, 1, 2], [2, 1, 0]]]), Schedule((0.05,), (2,))
    found = {
        (rule, objective): gradient_descent(model, drawn, orders, get_optimizer(rule), schedule, "whole", objective)
        for rule in ("gd", "sgd1")
        for objective in ("lm", LM_PROMPT)
    }
    by_order = {name: np.abs(np.diff(np.asarray(runs.predictions), axis=1)).max() for name, runs in found.items()}
    assert by_order["gd", "lm"] < 1e-6 < 1e-3 < by_order["gd", LM_PROMPT]
    np.testing.assert_array_equal(found["gd", LM_PROMPT].predictions, found["sgd1", LM_PROMPT].predictions)
    assert np.abs(np.asarray(found["gd", "lm"].predictions) - np.asarray(found["sgd1", "lm"].predictions)).max() > 1e-4


def test_of_the_labels_alone_unless_asked_otherwise() -> None:
    model, drawn = tiny_model(), encoded(tiny_model(), episodes(3))
    orders, rule, schedule = random_orders(3, 1, 3), get_optimizer("gd"), Schedule((0.1,), (2,))
    found = {o: gradient_descent(model, drawn, orders, rule, schedule, objective=o).predictions for o in OBJECTIVES}
    np.testing.assert_array_equal(gradient_descent(model, drawn, orders, rule, schedule).predictions, found["labels"])
    for i, one in enumerate(OBJECTIVES):
        for other in OBJECTIVES[i + 1 :]:
            assert np.abs(np.asarray(found[one]) - np.asarray(found[other])).max() > 1e-3, (one, other)


def test_every_token_takes_more_memory() -> None:
    """So that fewer replicas are trained together where the vocabulary counts."""
    model = tiny_model()
    own, rule = trained(model.module, "v_deep"), get_optimizer("gd")
    of_labels, whole = small_run(), sequence_run("lm")
    assert group_size(model, own, rule, [whole]) < group_size(model, own, rule, [of_labels])
    config = model.config
    assert Plan().tokens_at_once(config, 0, 4) == Plan().micro_tokens
    assert Plan(micro_tokens=7).tokens_at_once(config, 1, 4) == 7
    config.vocab_size, before = 2**27, config.vocab_size
    try:
        assert Plan().tokens_at_once(config, 1, 4) == 1
        config.vocab_size = 2**20
        assert Plan().tokens_at_once(config, 1, 4) == 170  # 2 GiB over 3 x 4 bytes x 2^20
        assert Plan().tokens_at_once(config, 2, 4) == 85
    finally:
        config.vocab_size = before


def test_objectives_that_are_not_computed_say_so() -> None:
    model, orders, schedule = tiny_model(), random_orders(1, 1, 2), Schedule((0.1,), (1,))
    drawn = encoded(model, episodes(1))
    with pytest.raises(UnknownNameError, match=r"unknown objective 'label'\. Nearest: labels"):
        gradient_descent(model, drawn, orders, get_optimizer("gd"), schedule, objective="label")
    with pytest.raises(NotRunError, match="a masked language model predicts none"):
        all_runs(replace(model, masked=True), drawn, orders, schedule, "lm")
    with pytest.raises(NotRunError, match="the model lies on 2"):
        all_runs(replace(model, spread=2), drawn, orders, schedule, "layer-causal")
    for masked, spread in ((True, 1), (False, 2)):
        assert all_runs(replace(model, masked=masked, spread=spread), drawn, orders, schedule, "labels")
    two = replace(model, spread=2)
    with pytest.raises(NotRunError, match="objective 'lm'"):
        train_sharded(two, "whole", get_optimizer("gd"), (1,), [sequence_run("lm")], LABELS)
    with pytest.raises(NotRunError, match="trained on several devices"):
        train_sharded(two, "whole", get_optimizer("newton"), (1,), [small_run()], LABELS)
