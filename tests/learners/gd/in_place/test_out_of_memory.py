"""Out of memory: smaller micro-batches and the same result, or an error that says what is needed."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from iclgd_core.devices import OutOfMemoryError
from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.in_place import InPlaceDescent, Plan, Rounding, train_in_place
from iclgd_core.learners.gd.in_place import updates as updates_module
from iclgd_core.learners.gd.in_place.updates import Updater
from iclgd_core.models.language.adapter import CausalModel
from tests.learners.gd.in_place.small_runs import LABELS, asking, small_run, weights, whole
from tests.tiny_models import tiny_model

READOUTS = (1, 3)


class Memory:
    """A pretended device: a pass with gradients over more than `rows` examples runs out of memory.

    Attributes:
        seen: examples of every pass that was tried, and whether it fitted.
    """

    def __init__(self, rows: int, from_pass: int = 0) -> None:
        self.rows, self.from_pass = rows, from_pass
        self.seen: list[tuple[int, bool]] = []

    def __call__(self, module: torch.nn.Module, arguments: tuple[torch.Tensor, ...], output: object) -> None:
        if torch.is_grad_enabled():
            fits = len(arguments[0]) <= self.rows or len(self.seen) < self.from_pass
            self.seen.append((len(arguments[0]), fits))
            if not fits:
                raise torch.OutOfMemoryError("pretended")


@contextmanager
def limited(model: CausalModel, memory: Memory) -> Iterator[None]:
    handle = model.module.register_forward_hook(memory)
    try:
        yield
    finally:
        handle.remove()


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("optimizer", "rows", "from_pass"), [("gd", 2, 0), ("gd", 1, 2), ("sgd4", 2, 0), ("sgd4", 1, 3), ("adam", 1, 2)]
)
def test_the_result_is_that_without(optimizer: str, rows: int, from_pass: int, at_once: bool) -> None:
    """From the first step on, or from a later one, when the weights have moved and Adam has a state."""
    model, rule = tiny_model(double=True), get_optimizer(optimizer)
    run = small_run(0.1 if rule.rule == "sgd" else 0.02)
    plan = Plan(at_once=at_once)
    [(expected, losses)] = train_in_place(model, whole(model), rule, READOUTS, [run], LABELS, plan=plan)
    memory = Memory(rows, from_pass)
    with limited(model, memory):
        [(found, found_losses)] = train_in_place(model, whole(model), rule, READOUTS, [run], LABELS, plan=plan)
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=1e-9, rtol=0)
    np.testing.assert_allclose(found_losses, losses, atol=1e-6, rtol=0)
    assert not all(fits for _, fits in memory.seen), "memory never ran out"


def test_micro_batches_are_halved_and_stay_so() -> None:
    model, memory = tiny_model(), Memory(1)
    run = small_run(lengths=(3,) * 8)
    with limited(model, memory), InPlaceDescent(model, whole(model)) as descent:
        descent.descend(get_optimizer("gd"), (2,), run, lambda: None)
        assert descent.plan == Plan(micro_rows=1, checkpointing=True)
    assert memory.seen == [(8, False), (4, False), (2, False), *[(1, True)] * 16]


def test_layers_are_made_again_before_the_run_is_given_up() -> None:
    """A single example too is tried once more, with checkpointing."""
    model, memory = tiny_model(), Memory(0)
    with limited(model, memory), InPlaceDescent(model, whole(model)) as descent:
        with pytest.raises(OutOfMemoryError):
            descent.descend(get_optimizer("sgd1"), (2,), small_run(), lambda: None)
        assert descent.plan.checkpointing
    assert memory.seen == [(1, False), (1, False)]


@pytest.mark.parametrize("optimizer", ["gd", "adam"])
def test_one_example_that_does_not_fit_is_an_error_with_the_memory_needed(optimizer: str) -> None:
    model = tiny_model()
    before = weights(model)
    with limited(model, Memory(0)), pytest.raises(OutOfMemoryError) as caught:
        list(train_in_place(model, whole(model), get_optimizer(optimizer), (1,), [small_run()], LABELS))
    text = str(caught.value)
    assert f"gradient descent ({optimizer}) on model 'ginc-tiny'" in text
    assert "one example of 9 tokens" in text
    assert "GiB on cpu" in text
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "its traceback would hold the tensors"
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(model).items())


def failing_updates(monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """Let the update of weight number `at` run out of memory, once, when it is done."""
    calls: list[int] = []
    update = Updater._update

    def failing(self: Updater, *arguments: object) -> None:
        calls.append(1)
        update(self, *arguments)  # type: ignore[arg-type]
        if len(calls) == at:
            raise torch.OutOfMemoryError("pretended")

    monkeypatch.setattr(Updater, "_update", failing)
    return calls


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("optimizer", "rounding"), [("sgd2", "stochastic"), ("adam1", "master"), ("adam", "nearest")])
def test_amid_an_update_the_run_starts_again(
    optimizer: str, rounding: Rounding, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some weights of the step are changed by then; one example a micro-batch, so that gradients round alike."""
    model, rule = tiny_model(), get_optimizer(optimizer)
    model.module.bfloat16()
    run, plan = small_run(0.05, lengths=(5,)), Plan(at_once=at_once, checkpointing=False)
    arguments = (model, whole(model), rule, READOUTS, [run], LABELS)
    [(expected, losses)] = train_in_place(*arguments, rounding=rounding, plan=plan)
    calls = failing_updates(monkeypatch, at=len(whole(model)) + 7)
    [(found, found_losses)] = train_in_place(*arguments, rounding=rounding, plan=plan)
    assert len(calls) == (1 + 3) * len(whole(model)) + 7, "seven updates of the second step, then all again"
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    np.testing.assert_array_equal(found_losses, losses)


def test_of_answers_before_the_run_starts_again_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    model, run = tiny_model(double=True), small_run(0.02)
    rule = get_optimizer("adam")
    failing_updates(monkeypatch, at=len(whole(model)) + 1)
    with InPlaceDescent(model, whole(model), plan=Plan(checkpointing=False)) as descent:
        answers, losses = descent.descend(rule, (1, 2), run, asking(model, run))
        again, losses_again = descent.descend(rule, (1, 2), run, asking(model, run))
    assert len(answers) == 2
    for one, other in zip(answers, again, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)  # type: ignore[arg-type]
    np.testing.assert_allclose(losses, losses_again, atol=1e-6)


def test_no_room_for_adams_state(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("pretended")

    model = tiny_model()
    monkeypatch.setattr(updates_module, "zeros_beside", no_room)
    with pytest.raises(match=r"\(adam\).* plain SGD"):
        list(train_in_place(model, whole(model), get_optimizer("adam"), (1,), [small_run()], LABELS))
