"""Gradient descent in place against a textbook loop, and against the replicas."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from iclgd_core.errors import ModelError, SettingsError
from iclgd_core.learners import OPTIMIZERS, get_optimizer
from iclgd_core.learners.gd.in_place import InPlaceDescent, Plan, Rounding, train_in_place
from iclgd_core.learners.gd.in_place.snapshot import checksum
from iclgd_core.learners.gd.replicas import train_replicas
from iclgd_core.learners.gd.run import Run
from iclgd_core.models.language.adapter import CausalModel
from tests.learners.gd.in_place.small_runs import LABELS, asking, small_run, textbook, weights, whole
from tests.models.architectures.toys import MASKED, TOYS, VOCABULARY, toy_model
from tests.tiny_models import ARCHITECTURES, tiny_model

READOUTS = (1, 3)
PLANS = {
    "plain": Plan(checkpointing=False, at_once=False),
    "small": Plan(micro_tokens=10, checkpointing=True),
    "at once": Plan(checkpointing=True, at_once=True),
}


FIRST_ORDER = tuple(name for name, optimizer in OPTIMIZERS.items() if optimizer.rule != "newton")


def rate_of(optimizer: str) -> float:
    return 2e-2 if optimizer.startswith("adam") else 0.1


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("optimizer", FIRST_ORDER)
def test_equals_a_textbook_loop(optimizer: str, plan: str) -> None:
    model = tiny_model(double=True, layers=3)
    run, rule = small_run(rate_of(optimizer)), get_optimizer(optimizer)
    answers, losses, _ = textbook(model, run, rule.rule, rule.batch, READOUTS, list(whole(model)))
    ask = asking(model, run)
    assert np.abs(answers[0] - ask()).max() > 1e-2, "nothing was learned, so nothing is compared"
    with InPlaceDescent(model, whole(model), plan=PLANS[plan]) as descent:
        found, found_losses = descent.descend(rule, READOUTS, run, ask)
    np.testing.assert_allclose(np.stack([one for one in found if one is not None]), answers, atol=1e-10, rtol=0)
    np.testing.assert_allclose(found_losses, losses, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", TOYS)
def test_equals_a_textbook_loop_on_every_architecture(name: str) -> None:
    """Among them tied embeddings, fused projections, and masked models, whose padding is masked."""
    masked = name in MASKED
    model = CausalModel(name, toy_model(name).double(), None, masked=masked)  # type: ignore[arg-type]
    run = small_run(0.02, vocabulary=VOCABULARY, masked=masked)
    answers, losses, _ = textbook(model, run, "sgd", None, READOUTS, list(whole(model)))
    with InPlaceDescent(model, whole(model), plan=PLANS["at once"]) as descent:
        found, found_losses = descent.descend(get_optimizer("gd"), READOUTS, run, asking(model, run))
    # some compute attention or norms in float32 whatever their weights
    np.testing.assert_allclose(np.stack([one for one in found if one is not None]), answers, atol=5e-6, rtol=0)
    assert np.abs(answers[0] - asking(model, run)()).max() > 1e-3, "nothing was learned, so nothing is compared"
    np.testing.assert_allclose(found_losses, losses, atol=1e-6, rtol=0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("optimizer", FIRST_ORDER)
@pytest.mark.parametrize("double", [True, False])
def test_equals_the_replicas(optimizer: str, architecture: str, double: bool) -> None:
    model = tiny_model(architecture, double=double)
    runs = [small_run(rate_of(optimizer) * factor, seed=seed) for factor in (0.3, 1.0) for seed in (0, 5)]
    arguments = (model, whole(model), get_optimizer(optimizer), READOUTS, runs, LABELS)
    # GPT-J computes attention in float32 whatever its weights, and the replicas pad where training in place does not;
    # Adam divides by the root of squared gradients: where these are rounding errors, their signs decide its steps
    rounding = 1e-6 if architecture == "gptj" else 1e-9
    tolerance = (rounding if double else 2e-4) * (100 if optimizer.startswith("adam") else 1)
    for (one, loss), (other, other_loss) in zip(train_in_place(*arguments), train_replicas(*arguments), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=tolerance, rtol=0)
        np.testing.assert_allclose(loss, other_loss, atol=max(1e-6, tolerance), rtol=0)


@pytest.mark.parametrize("optimizer", ["gd", "sgd1", "adam1"])
def test_a_mask_trains_its_entries_alone(optimizer: str) -> None:
    """The value third of a fused projection, as the replicas train it."""
    model = CausalModel("gpt2", toy_model("gpt2").double(), None)  # type: ignore[arg-type]
    name = "transformer.h.1.attn.c_attn.weight"
    value = torch.arange(48)[None] >= 32
    run = small_run(rate_of(optimizer), vocabulary=VOCABULARY)
    arguments = (model, {name: value}, get_optimizer(optimizer), READOUTS, [run], LABELS)
    [(one, loss)], [(other, other_loss)] = list(train_in_place(*arguments)), list(train_replicas(*arguments))
    np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=1e-10, rtol=0)
    np.testing.assert_allclose(loss, other_loss, atol=1e-6, rtol=0)
    before, during = weights(model), []
    with InPlaceDescent(model, {name: value}) as descent:
        descent.descend(get_optimizer(optimizer), (2,), run, lambda: during.append(weights(model)))
    changed = {key for key, tensor in during[0].items() if not torch.equal(tensor, before[key])}
    assert changed == {name}
    moved = during[0][name] != before[name]
    assert torch.equal(moved, value.expand_as(moved))


def test_batches_follow_the_order_of_the_examples() -> None:
    model, run = tiny_model(double=True), small_run()
    turned = Run(run.examples[::-1], np.ascontiguousarray(run.targets[::-1]), run.queries, run.learning_rate, run.seed)
    found = {
        (rule, order): np.asarray(
            next(train_in_place(model, whole(model), get_optimizer(rule), (2,), [one], LABELS))[0]
        )
        for rule in ("gd", "sgd2")
        for order, one in (("as given", run), ("turned", turned))
    }
    np.testing.assert_allclose(found["gd", "as given"], found["gd", "turned"], atol=1e-12, rtol=0)
    assert np.abs(found["sgd2", "as given"] - found["sgd2", "turned"]).max() > 1e-4


@pytest.mark.parametrize("rounding", ["stochastic", "master", "nearest"])
@pytest.mark.parametrize("optimizer", ["gd", "sgd2", "adam"])
def test_bfloat16_stays_near_float64(optimizer: str, rounding: Rounding) -> None:
    """A step of the size of the weights, so that even rounding to the nearest follows it roughly."""
    exact = tiny_model(double=True)
    exact.module.bfloat16().double()
    model = tiny_model()
    model.module.bfloat16()
    run, rule = small_run(rate_of(optimizer)), get_optimizer(optimizer)
    start = asking(exact, run)()
    [(expected, _)] = train_in_place(exact, whole(exact), rule, READOUTS, [run], LABELS)
    sums = {name: int(checksum(weight)) for name, weight in weights(model).items()}
    results = [
        np.asarray(
            next(train_in_place(model, whole(model), rule, READOUTS, [run], LABELS, rounding=rounding, plan=plan))[0]
        )
        for plan in PLANS.values()
    ]
    assert {name: int(checksum(weight)) for name, weight in weights(model).items()} == sums
    moved = np.abs(np.asarray(expected)[-1] - start).mean()
    for found in results:
        assert found.dtype == np.float32
        assert np.abs(found - np.asarray(expected))[-1].mean() < 0.25 * moved


def test_stochastic_rounding_follows_the_runs_seed() -> None:
    model = tiny_model()
    model.module.bfloat16()
    run = small_run()
    runs = [Run(run.examples, run.targets, run.queries, run.learning_rate, seed) for seed in (1, 1, 2)]
    first, again, other = (
        np.asarray(found) for found, _ in train_in_place(model, whole(model), get_optimizer("gd"), (2,), runs, LABELS)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("optimizer", ["gd", "sgd1", "adam1"])
def test_a_diverged_run_is_undefined_and_spoils_no_other(optimizer: str, plan: str) -> None:
    model, rule = tiny_model(double=True), get_optimizer(optimizer)
    runs = [small_run(0.01), small_run(1e250), small_run(0.01)]
    first, diverged, last = train_in_place(model, whole(model), rule, READOUTS, runs, LABELS, plan=PLANS[plan])
    assert np.isnan(np.asarray(diverged[0])[-1]).all()
    assert np.isnan(diverged[1][-1])
    assert np.isfinite(np.asarray(first[0])).all()
    np.testing.assert_array_equal(np.asarray(first[0]), np.asarray(last[0]))
    np.testing.assert_array_equal(first[1], last[1])


def test_a_diverged_run_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = tiny_model(double=True), []
    steps: list[float] = []
    take = InPlaceDescent._step

    def counted(*arguments: object) -> torch.Tensor:
        steps.append(1.0)
        return take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(InPlaceDescent, "_step", counted)
    with InPlaceDescent(model, whole(model)) as descent:
        answers, losses = descent.descend(get_optimizer("gd"), (50, 100), small_run(1e250), lambda: asked.append(1))
    assert answers == [None, None]
    assert np.isnan(losses).all()
    assert asked == []
    assert len(steps) < 5


def test_predictions_of_a_large_vocabulary_that_diverge_keep_their_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iclgd_core.models.language.predictions.WHOLE", 5)
    monkeypatch.setattr("iclgd_core.models.language.predictions.KEPT", 4)
    model = tiny_model(double=True)
    runs = [small_run(1e250), small_run(0.01)]
    found = [
        log_probs for log_probs, _ in train_in_place(model, whole(model), get_optimizer("sgd1"), (3,), runs, LABELS)
    ]
    assert [one.shape for one in found] == [(1, 2, 14)] * 2
    assert np.isnan(found[0].log_probs).all()  # type: ignore[union-attr]
    assert np.isfinite(found[1].log_probs).all()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("examples", "targets", "message"),
    [(0, 0, "at least one example"), (2, 3, r"2 examples and targets of shape \(3,\)")],
)
def test_refused(examples: int, targets: int, message: str) -> None:
    model, run = tiny_model(), small_run()
    asked: Sequence[Run] = [Run(run.examples[:examples], run.targets[:targets], run.queries, 0.1, 0)]
    with pytest.raises(SettingsError, match=message):
        list(train_in_place(model, whole(model), get_optimizer("gd"), (1,), asked, LABELS))


def test_half_precision_is_refused() -> None:
    model = tiny_model()
    model.module.to(torch.float16)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"torch.float16 \(.*embed.*load the model in float32 or bfloat16"):
        InPlaceDescent(model, whole(model))
