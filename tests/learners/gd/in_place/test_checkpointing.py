"""Making layers again in the backward pass changes nothing, for every architecture."""

import pytest
import torch

from iclgd_core.learners.gd.in_place.batches import micro_batches
from iclgd_core.learners.gd.in_place.checkpointing import checkpointed, repeated_layers
from iclgd_core.learners.gd.in_place.gradients import requiring_gradients, step_gradients
from iclgd_core.models.language.adapter import CausalModel
from tests.learners.gd.in_place.small_runs import small_run
from tests.models.architectures.toys import LAYERS, MASKED, TOYS, VOCABULARY, toy_model


def toy(name: str) -> CausalModel:
    return CausalModel(name, toy_model(name).double(), None, masked=name in MASKED)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TOYS)
def test_same_gradient_with_less_kept(name: str) -> None:
    model = toy(name)
    assert len(repeated_layers(model.module)) == LAYERS
    run = small_run(vocabulary=VOCABULARY, masked=model.masked)
    batches = micro_batches(model, run.examples, run.targets, 5, 10**6)
    parameters = dict(model.module.named_parameters())
    kept: list[int] = []
    results = []
    for checkpointing in (False, True):
        kept.append(0)

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            kept[-1] += tensor.nbytes
            return tensor

        with requiring_gradients(model, parameters):
            with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
                results.append(step_gradients(model, parameters, batches, checkpointing))
    (loss, plain), (loss_again, again) = results
    assert torch.equal(loss, loss_again)
    assert kept[1] < kept[0] / 2
    for parameter, gradient in plain.items():
        other = again[parameter]
        assert (gradient is None) == (other is None)
        if gradient is not None and other is not None:
            torch.testing.assert_close(other, gradient, rtol=1e-12, atol=1e-13, msg=parameter)
    assert sum(gradient is not None for gradient in plain.values()) > len(plain) / 2


def test_the_model_stays_in_evaluation_mode_and_unwrapped() -> None:
    model = toy("opt")
    model.module.config.dropout = 0.5
    layers = repeated_layers(model.module)

    def fail() -> None:
        with checkpointed(model.module, True):
            assert all("forward" in layer.__dict__ for layer in layers)
            assert not any(part.training for part in model.module.modules())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not any("forward" in layer.__dict__ for layer in layers)


def test_a_wrapper_of_somebody_else_is_kept() -> None:
    model = toy("llama")
    layer = repeated_layers(model.module)[1]
    own = layer.forward
    calls: list[int] = []

    def theirs(*args: object, **kwargs: object) -> object:
        calls.append(1)
        return own(*args, **kwargs)

    layer.__dict__["forward"] = theirs
    ids = torch.zeros((1, 3), dtype=torch.int64)
    with checkpointed(model.module, True):
        model.module(ids, use_cache=False)
    assert layer.__dict__["forward"] is theirs
    assert calls == [1]


def test_layers_are_left_alone_where_not_wanted() -> None:
    model = toy("gpt2")
    with checkpointed(model.module, False):
        assert not any("forward" in layer.__dict__ for layer in repeated_layers(model.module))


def test_layers_really_run_again() -> None:
    """Counted at the projection that each layer calls once."""
    model = toy("llama")
    calls: list[int] = []
    handle = model.module.model.layers[0].self_attn.q_proj.register_forward_hook(lambda *_: calls.append(1))
    run = small_run(vocabulary=VOCABULARY)
    batches = micro_batches(model, run.examples, run.targets, 5, 10**6)
    parameters = dict(model.module.named_parameters())
    counts = []
    for checkpointing in (False, True):
        calls.clear()
        with requiring_gradients(model, parameters):
            step_gradients(model, parameters, batches, checkpointing)
        counts.append(len(calls))
    handle.remove()
    assert counts == [1, 2]
