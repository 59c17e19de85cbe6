"""Keys and values go in and come out by the name that a class gives them, whichever release it is of."""

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures.behaviour import reuses_prefix
from iclgd_core.models.language.answering import answer
from iclgd_core.models.language.kept_keys import kept_argument, kept_by
from iclgd_core.models.language.loading import ATTENTION
from iclgd_core.tasks.prompts import Prompt
from tests.models.architectures.toys import toy_config, toy_model


def installed(module: PreTrainedModel, ids: torch.Tensor, kept: Any, use_cache: bool | None) -> tuple[Any, Any]:
    """Return what GPT-2 of the installed release computes: logits, keys and values."""
    found = GPT2LMHeadModel.forward(module, ids, use_cache=use_cache, **kept_argument(toy_model("gpt2"), kept))
    return found.logits, kept_by(found) if use_cache or kept is not None else None


class Older(GPT2LMHeadModel):  # type: ignore[no-untyped-call]
    """Takes and returns `past_key_values` alone."""

    def forward(self, input_ids: torch.Tensor, past_key_values: Any = None, use_cache: bool | None = None) -> Any:
        logits, kept = installed(self, input_ids, past_key_values, use_cache)
        return SimpleNamespace(logits=logits, past_key_values=kept)


class Newer(GPT2LMHeadModel):  # type: ignore[no-untyped-call]
    """Takes and returns `cache` alone."""

    def forward(self, input_ids: torch.Tensor, cache: Any = None, use_cache: bool | None = None) -> Any:
        logits, kept = installed(self, input_ids, cache, use_cache)
        return SimpleNamespace(logits=logits, cache=kept)


class Renamed(GPT2LMHeadModel):  # type: ignore[no-untyped-call]
    """Takes both and warns of the older one."""

    def forward(
        self, input_ids: torch.Tensor, past_key_values: Any = None, cache: Any = None, use_cache: bool | None = None
    ) -> Any:
        if past_key_values is not None:
            warnings.warn("past_key_values becomes cache", FutureWarning, stacklevel=2)
        logits, kept = installed(self, input_ids, cache or past_key_values, use_cache)
        return SimpleNamespace(logits=logits, past_key_values=kept, cache=kept)


KINDS = (Older, Newer, Renamed)


def made(kind: type[GPT2LMHeadModel]) -> GPT2LMHeadModel:
    config = toy_config("gpt2")
    assert isinstance(config, GPT2Config)
    config._attn_implementation = ATTENTION
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = kind(config)
    module.train(False).requires_grad_(False)
    return module


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_gets_the_newest_name_that_it_takes(kind: type[GPT2LMHeadModel]) -> None:
    expected = {Older: "past_key_values", Newer: "cache", Renamed: "cache"}[kind]
    assert kept_argument(made(kind), 3) == {expected: 3}


@pytest.mark.parametrize("kind", KINDS)
def test_prompts_behind_a_prefix_are_answered_as_whole_ones(kind: type[GPT2LMHeadModel]) -> None:
    module = made(kind)
    rng = np.random.default_rng(0)
    prefix = rng.integers(60, size=20)
    ids = [np.concatenate([prefix, rng.integers(60, size=length)]) for length in (4, 7)]
    group = [Prompt(own, len(own) - 1) for own in ids]
    labels = np.array([3, 5])
    assert reuses_prefix(module)
    behind, whole = (answer(module, [group], labels, masked=False, reuse=reuse) for reuse in (True, False))
    assert isinstance(behind, np.ndarray)
    assert isinstance(whole, np.ndarray)
    np.testing.assert_allclose(behind, whole, atol=1e-5)
    assert np.abs(np.diff(whole, axis=1)).max() > 0.1


@pytest.mark.parametrize("output", [SimpleNamespace(logits=1), SimpleNamespace(cache=None), SimpleNamespace()])
def test_an_output_without_keys_and_values_is_an_error(output: object) -> None:
    with pytest.raises(ModelError, match="keeps no keys and values"):
        kept_by(output)
