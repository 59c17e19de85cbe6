"""What GD trains: W_V of one layer, alone, even where it shares a matrix with W_Q and W_K; and exact restoration."""

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.language.projections import PARTS, LayerProjections, trained
from iclgd_core.models.language.readout import readout_at
from tests.models.all_projections import attention_facts, layer_projections, part_names
from tests.models.architectures.toys import LAYERS, MASKED, TOYS, VOCABULARY, toy_model
from tests.models.architectures.watching import attention_weights, tokens, watched

LAYER = {"v_middle": LAYERS // 2, "v_deep": LAYERS - 1}
TIED = {"qwen3", "gpt2", "gpt_neo", "opt", "opt-post-norm", "bloom", "gemma", "gemma2", "gemma3_text", *MASKED}


def step(module: PreTrainedModel, part: str, rate: float = 0.5) -> dict[str, torch.Tensor]:
    """Take one step of gradient descent on a part, in place; return the weights as they were."""
    masks, weights = trained(module, part), dict(module.named_parameters())
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    at = torch.tensor([4, 2])
    for name in masks:
        weights[name].requires_grad_(True)
    with readout_at(module, at):
        logits = module(tokens(2, 6)).logits[:, 0]
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([5, 6]))
    gradients = torch.autograd.grad(loss, [weights[name] for name in masks])
    with torch.no_grad():
        for (name, mask), gradient in zip(masks.items(), gradients, strict=True):
            weights[name].sub_(rate * (gradient if mask is None else gradient * mask)).requires_grad_(False)
    return before


def matrices(layer: LayerProjections) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    return {"q": layer.query, "k": layer.key, "v": layer.value, "o": layer.output}


@pytest.mark.parametrize("part", LAYER)
@pytest.mark.parametrize("name", TOYS)
def test_a_step_on_one_layer_s_values_moves_nothing_else(name: str, part: str) -> None:
    module = toy_model(name)
    ids = tokens(1, 6, seed=9)
    old_projections, old_attention = layer_projections(module), attention_weights(module, ids)
    with watched(module) as old:
        attention_weights(module, ids)
    before = step(module, part)
    with watched(module) as new:
        new_attention = attention_weights(module, ids)
    for i, (was, is_) in enumerate(zip(old_projections, layer_projections(module), strict=True)):
        for which, matrix in matrices(is_).items():
            moved = not np.array_equal(matrix, matrices(was)[which])
            assert moved == (i == LAYER[part] and which == "v"), f"layer {i}, W_{which.upper()}"
    # the model's own attention says the same: the layer looks where it looked, and sees other values there
    for i in range(LAYER[part] + 1):
        assert torch.equal(old_attention[i], new_attention[i])
        assert torch.equal(old.heads[i], new.heads[i]) == (i < LAYER[part])
    (changed,) = [key for key, weight in module.named_parameters() if not torch.equal(weight, before[key])]
    assert (changed,) == part_names(module, part)


@pytest.mark.parametrize("part", LAYER)
@pytest.mark.parametrize("name", TOYS)
def test_masks_hold_as_many_entries_as_the_matrix(name: str, part: str) -> None:
    module = toy_model(name)
    ((parameter, mask),) = trained(module, part).items()
    weight = dict(module.named_parameters())[parameter]
    count = weight.numel() if mask is None else int(mask.expand_as(weight).sum())
    assert count == layer_projections(module)[LAYER[part]].value.size
    facts = attention_facts(module)
    assert count == facts.groups * facts.side * 16


@pytest.mark.parametrize("name", TOYS)
def test_the_whole_is_every_parameter_once(name: str) -> None:
    module = toy_model(name)
    assert trained(module, "whole") == dict.fromkeys(key for key, _ in module.named_parameters())
    embedding, output = module.get_input_embeddings(), module.get_output_embeddings()  # type: ignore[no-untyped-call]
    assert (embedding.weight is output.weight) == (name in TIED or name.startswith("falcon"))
    storage = [weight.data_ptr() for key, weight in module.named_parameters() if key in trained(module, "whole")]
    assert len(storage) == len(set(storage))


@pytest.mark.parametrize("name", TOYS)
def test_parts_by_name(name: str) -> None:
    module = toy_model(name)
    for part in PARTS:
        assert part_names(module, part) == tuple(trained(module, part))
    with pytest.raises(UnknownNameError, match="unknown part of a model 'v_last'"):
        trained(module, "v_last")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", TOYS)
def test_weights_that_are_put_back_give_the_same_bits(name: str, part: str) -> None:
    """Nothing outside the parameters remembers the change: no buffer, no cache of the module's."""
    module, ids = toy_model(name), tokens(3, 11, seed=2)
    with torch.no_grad():
        logits = module(ids).logits.clone()
    before = step(module, part)
    with torch.no_grad():
        assert not torch.equal(module(ids).logits, logits)
        for key, weight in module.named_parameters():
            weight.copy_(before[key])
        assert torch.equal(module(ids).logits, logits)
    assert logits.shape[-1] == VOCABULARY
