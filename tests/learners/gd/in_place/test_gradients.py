"""The gradient of a step from any micro-batches is that of the whole batch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.learners.gd.in_place.batches import MicroBatch, micro_batches
from iclgd_core.learners.gd.in_place.gradients import requiring_gradients, step_at_once, step_gradients
from iclgd_core.models.language.adapter import CausalModel
from tests.learners.gd.in_place.small_runs import LENGTHS, prompts, small_run
from tests.models.architectures.toys import toy_model
from tests.tiny_models import tiny_model

N = len(LENGTHS)
Gradients = dict[str, torch.Tensor | None]


def parameters(model: CausalModel) -> dict[str, torch.nn.Parameter]:
    return dict(model.module.named_parameters())


def whole_batch(model: CausalModel, masked: bool = False) -> tuple[torch.Tensor, Gradients]:
    """Return loss and gradient of the mean of single examples, each alone and without padding."""
    run = small_run(masked=masked)
    with requiring_gradients(model, parameters(model)):
        losses = []
        for prompt, target in zip(run.examples, run.targets, strict=True):
            logits = model.module(torch.from_numpy(prompt.ids)[None]).logits[:, prompt.readout]
            losses.append(torch.nn.functional.cross_entropy(logits, torch.tensor([target])))
        loss = torch.stack(losses).mean()
        chosen = parameters(model)
        found = torch.autograd.grad(loss, list(chosen.values()), allow_unused=True)
        return loss.detach(), dict(zip(chosen, found, strict=True))


def partitioned(model: CausalModel, groups: list[list[int]], masked: bool = False) -> list[MicroBatch]:
    run = small_run(masked=masked)
    return [
        batch
        for rows in groups
        for batch in micro_batches(model, [run.examples[row] for row in rows], run.targets[rows], N, 10**6)
    ]


def assert_same(found: Gradients, expected: Gradients, tolerance: float) -> None:
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        other = found[name]
        if gradient is None:
            assert other is None, name
        else:
            assert other is not None, name
            assert float((gradient - other).abs().max()) <= tolerance * max(1.0, float(gradient.abs().max())), name


@pytest.fixture(scope="module")
def model() -> CausalModel:
    return tiny_model(double=True)


@pytest.fixture(scope="module")
def expected(model: CausalModel) -> tuple[torch.Tensor, Gradients]:
    return whole_batch(model)


@given(st.lists(st.integers(0, N - 1), min_size=N, max_size=N), st.booleans())
@settings(max_examples=40)
def test_any_partition_gives_the_gradient_of_the_whole_batch(
    model: CausalModel, expected: tuple[torch.Tensor, Gradients], group_of: list[int], checkpointing: bool
) -> None:
    groups = [[row for row in range(N) if group_of[row] == group] for group in sorted(set(group_of))]
    with requiring_gradients(model, parameters(model)):
        loss, found = step_gradients(model, parameters(model), partitioned(model, groups), checkpointing)
    assert float(loss) == pytest.approx(float(expected[0]), abs=1e-12)
    assert_same(found, expected[1], 1e-12)
    assert max(float(g.abs().max()) for g in found.values() if g is not None) > 1e-3


@pytest.mark.parametrize("name", ["bert", "roberta", "distilbert"])
def test_a_masked_model_is_shown_no_padding(name: str) -> None:
    module = toy_model(name).double()
    masked = CausalModel(name, module, None, masked=True)  # type: ignore[arg-type]
    loss, expected = whole_batch(masked, masked=True)
    batches = partitioned(masked, [list(range(N))], masked=True)
    assert len(batches) == 1
    assert batches[0].attention_mask is not None
    with requiring_gradients(masked, parameters(masked)):
        found_loss, found = step_gradients(masked, parameters(masked), batches, False)
    assert float(found_loss) == pytest.approx(float(loss), abs=1e-12)
    assert_same(found, expected, 1e-11)


def test_at_once_each_gradient_is_handed_over_and_let_go(model: CausalModel) -> None:
    """The largest sum of gradients that exist at one time is that of the one that is handed over."""
    loss, expected = whole_batch(model)
    found: Gradients = {}

    def use(name: str, gradient: torch.Tensor | None) -> None:
        assert name not in found
        assert all(parameter.grad is None for parameter in parameters(model).values())
        found[name] = None if gradient is None else gradient.clone()

    batch = partitioned(model, [list(range(N))])[0]
    with requiring_gradients(model, parameters(model)):
        assert float(step_at_once(model, parameters(model), batch, True, use)) == pytest.approx(float(loss), abs=1e-12)
    assert_same(found, expected, 1e-12)


def test_bfloat16_gradients_are_summed_in_float32() -> None:
    model = tiny_model(double=True)
    model.module.to(torch.bfloat16)  # type: ignore[arg-type]
    chosen = parameters(model)
    with requiring_gradients(model, chosen):
        parts = [step_gradients(model, chosen, [batch], False)[1] for batch in partitioned(model, [[0, 1], [2, 3, 4]])]
        _, found = step_gradients(model, chosen, partitioned(model, [[0, 1], [2, 3, 4]]), False)
    for name, gradient in found.items():
        first, second = (part[name] for part in parts)
        assert gradient is not None
        assert first is not None
        assert second is not None
        assert gradient.dtype == torch.float32
        # each part is rounded to bfloat16 once (its scaling by 2/5 or 3/5 too), their sum is not
        expected = first.double() * 2 / 5 + second.double() * 3 / 5
        torch.testing.assert_close(gradient.double(), expected, rtol=0, atol=float(expected.abs().max()) * 2.0**-5)
        assert not torch.equal(gradient, gradient.bfloat16().float()) or gradient.numel() < 20


def test_what_requires_gradients_is_as_before(model: CausalModel) -> None:
    chosen = parameters(model)
    names = list(chosen)
    chosen[names[0]].requires_grad_(True)
    inside = {names[1]: chosen[names[1]]}

    def fail() -> None:
        with requiring_gradients(model, inside):
            assert [name for name in names if chosen[name].requires_grad] == [names[1]]
            chosen[names[1]].grad = torch.zeros_like(chosen[names[1]])
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [name for name in names if chosen[name].requires_grad] == [names[0]]
    assert chosen[names[1]].grad is None
    chosen[names[0]].requires_grad_(False)


def test_examples_of_similar_length_share_a_micro_batch(model: CausalModel) -> None:
    lengths = (9, 2, 3, 8, 2)
    examples = prompts(lengths, 0, 14)
    targets = np.arange(5)
    by_tokens = micro_batches(model, examples, targets, 5, 10)
    assert [(len(batch), batch.ids.shape[1]) for batch in by_tokens] == [(3, 3), (1, 8), (1, 9)]
    assert [batch.targets.tolist() for batch in by_tokens] == [[1, 4, 2], [3], [0]]
    by_rows = micro_batches(model, examples, targets, 2, 10**6)
    assert [len(batch) for batch in by_rows] == [2, 2, 1]
    assert all(batch.attention_mask is None for batch in by_rows), "a causal model never looks right"
    too_long = micro_batches(model, examples, targets, 5, 1)
    assert [len(batch) for batch in too_long] == [1] * 5
