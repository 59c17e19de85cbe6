"""Logits at one position, padding, prefixes and saved copies: the same answer by every way, in every architecture."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures import architecture_of
from iclgd_core.models.language.answering import answer
from iclgd_core.models.language.kept_keys import kept_argument, kept_by
from iclgd_core.models.language.loading import ATTENTION
from iclgd_core.models.language.projections import PARTS, trained
from iclgd_core.models.language.readout import readout_at
from iclgd_core.tasks.prompts import Prompt
from tests.models.all_projections import layer_projections
from tests.models.architectures.toys import MASKED, TOYS, VOCABULARY, WINDOW, toy_model
from tests.models.architectures.watching import tokens

CAUSAL = tuple(name for name in TOYS if name not in MASKED)
ROUNDING = 1e-5
LABELS = np.array([5, 6])
MASK = 4
"""Token id that stands for the mask in the toys of masked models."""


@torch.no_grad()
def logits_of(module: PreTrainedModel, ids: torch.Tensor, **arguments: Any) -> torch.Tensor:
    out: torch.Tensor = module(ids, **arguments).logits
    return out


@pytest.mark.parametrize("name", TOYS)
def test_logits_at_a_position_are_those_of_all_positions(name: str) -> None:
    """Whatever stands behind the output matrix (biases, scaling, soft caps) is in both."""
    module, ids, at = toy_model(name), tokens(3, 12), torch.tensor([11, 0, 7])
    whole = logits_of(module, ids)
    with readout_at(module, at):
        picked = logits_of(module, ids)
    assert picked.shape == (3, 1, VOCABULARY)
    torch.testing.assert_close(picked[:, 0], whole[torch.arange(3), at], atol=ROUNDING, rtol=0)
    assert logits_of(module, ids).shape == whole.shape


def test_soft_caps_are_felt() -> None:
    module = toy_model("gemma2")
    module.get_parameter("lm_head.weight").mul_(20)
    ids, at = tokens(2, 9), torch.tensor([8, 3])
    with readout_at(module, at):
        picked = logits_of(module, ids)[:, 0]
    assert 2.9 < float(picked.abs().max()) <= 3.0
    torch.testing.assert_close(picked, logits_of(module, ids)[torch.arange(2), at], atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("name", CAUSAL)
def test_padding_on_the_right_is_exact_without_a_mask(name: str) -> None:
    module, lengths = toy_model(name), (12, 3, 7)
    prompts = [tokens(1, length, seed) for seed, length in enumerate(lengths)]
    ids = torch.zeros(3, 12, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : prompt.shape[1]] = prompt
    with readout_at(module, torch.tensor(lengths) - 1):
        padded = logits_of(module, ids, use_cache=False)[:, 0]
    alone = torch.stack([logits_of(module, prompt)[0, -1] for prompt in prompts])
    torch.testing.assert_close(padded, alone, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("length", [2, WINDOW - 1, WINDOW, WINDOW + 1, 17])
@pytest.mark.parametrize("name", CAUSAL)
def test_a_repeated_prefix_cache_is_exact(name: str, length: int) -> None:
    """Two prefixes, three tails each, padded on the right; windows of sliding attention shorter and longer."""
    module, per = toy_model(name), 3
    prefixes, tails = tokens(2, length), tokens(2 * per, 8, seed=1)
    whole = torch.cat([prefixes.repeat_interleave(per, dim=0), tails], dim=1)
    with torch.no_grad():
        cache = kept_by(module(prefixes, use_cache=True))
    cache.batch_repeat_interleave(per)
    behind = logits_of(module, tails, **kept_argument(module, cache))
    torch.testing.assert_close(behind, logits_of(module, whole)[:, length:], atol=ROUNDING, rtol=0)


def prompts(lengths: tuple[int, ...], readouts: tuple[int, ...], shared: int, seed: int) -> list[Prompt]:
    """Return prompts that share their first tokens, the readout counted from the end."""
    prefix = tokens(1, shared, seed)[0]
    ids = [torch.cat([prefix, tokens(1, n, 50 + seed + n)[0]]).numpy() for n in lengths]
    return [Prompt(own, len(own) - back) for own, back in zip(ids, readouts, strict=True)]


@pytest.mark.parametrize("name", TOYS)
def test_a_model_answers_alike_with_and_without_company(name: str) -> None:
    """Groups of prompts of unequal length, together and behind their prefixes, against each prompt alone."""
    module = toy_model(name)
    masked = architecture_of(module).masked
    back = (3, 2, 1) if masked else (1, 1, 1)
    groups = [prompts((4, 9, 6), back, 18, 0), prompts((5, 3, 8), back, 24, 1)]
    if masked:
        for prompt in (prompt for group in groups for prompt in group):
            prompt.ids[prompt.readout] = MASK
    found = answer(module, groups, LABELS, masked, reuse=architecture_of(module).reuses_prefix)
    assert isinstance(found, np.ndarray)
    for g, group in enumerate(groups):
        for p, prompt in enumerate(group):
            alone = logits_of(module, torch.from_numpy(prompt.ids)[None])[0, prompt.readout].log_softmax(-1)
            np.testing.assert_allclose(found[g, p], alone.numpy(), atol=5 * ROUNDING)


@pytest.mark.parametrize("name", MASKED)
def test_padding_of_a_masked_model_is_exact_with_a_mask_and_not_without(name: str) -> None:
    module, ids = toy_model(name), tokens(1, 10)
    ids[0, 4] = MASK
    alone = logits_of(module, ids[:, :7])[0, 4]
    kept = (torch.arange(10) < 7).long()[None]
    hidden = logits_of(module, ids, attention_mask=kept)[0, 4]
    torch.testing.assert_close(hidden, alone, atol=ROUNDING, rtol=0)
    assert float((logits_of(module, ids)[0, 4] - alone).abs().max()) > 1e-3


@pytest.mark.parametrize("name", MASKED)
def test_a_masked_model_has_no_prefix_to_reuse(name: str) -> None:
    with torch.no_grad(), pytest.raises(ModelError, match="keeps no keys and values"):
        kept_by(toy_model(name)(tokens(1, 5), use_cache=True))


@pytest.mark.parametrize("name", TOYS)
def test_a_saved_copy_has_the_same_projections_and_answers(name: str, tmp_path: Path) -> None:
    module, ids = toy_model(name), tokens(2, 12)
    module.save_pretrained(tmp_path)
    kind = AutoModelForMaskedLM if name in MASKED else AutoModelForCausalLM
    again = kind.from_pretrained(
        tmp_path, attn_implementation=ATTENTION, use_safetensors=True, local_files_only=True
    ).train(False)
    assert type(again) is type(module)
    for one, other in zip(layer_projections(module), layer_projections(again), strict=True):
        for matrix in ("query", "key", "value", "output"):
            np.testing.assert_array_equal(getattr(one, matrix), getattr(other, matrix))
    for part in PARTS:
        mine, its = trained(module, part), trained(again, part)
        assert list(mine) == list(its)
        for key, mask in mine.items():
            other_mask = its[key]
            assert (mask is None and other_mask is None) or torch.equal(mask, other_mask)  # type: ignore[arg-type]
    assert torch.equal(logits_of(module, ids), logits_of(again, ids))
