"""Each entry of the table has a toy, and each of its flags is what is measured, in either direction."""

import pytest
import torch
from transformers import GPT2Config, PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures import ENTRIES, TABLE, Behaviour, architecture_of, behaviour_of, context_window
from iclgd_core.models.architectures.behaviour import pads_right, reuses_prefix, vectorises
from iclgd_core.models.architectures.entry import UNNAMED_WINDOW
from iclgd_core.models.architectures.facts import is_masked
from iclgd_core.models.language.kept_keys import kept_argument, kept_by
from iclgd_core.models.language.loading import ATTENTION, fresh
from tests.models.architectures.toys import CONTEXT, MASKED, TOYS, toy_config, toy_model
from tests.models.architectures.watching import tokens


def test_every_entry_has_a_toy_and_every_toy_an_entry() -> None:
    assert {toy_config(name).model_type for name in TOYS} == set(TABLE)
    assert len(TABLE) == len(ENTRIES), "no two entries of one model_type"


@pytest.mark.parametrize("name", TOYS)
def test_what_each_toy_must_show(name: str) -> None:
    """Random weights that tell prompts apart, and no gradient or dropout left on."""
    module = toy_model(name)
    assert not module.training
    assert not any(weight.requires_grad for weight in module.parameters())
    assert architecture_of(module) is TABLE[module.config.model_type]
    with torch.no_grad():
        first, second = (module(tokens(1, 9, seed)).logits[0, -1].log_softmax(-1) for seed in (0, 1))
    assert float((first - second).abs().max()) > 0.1
    again = dict(toy_model(name).named_parameters())
    assert all(torch.equal(weight, again[key]) for key, weight in module.named_parameters())
    other = dict(toy_model(name, seed=1).named_parameters())
    assert not any(torch.equal(weight, other[key]) for key, weight in module.named_parameters())


@pytest.mark.parametrize("name", TOYS)
def test_flags_are_what_is_measured(name: str) -> None:
    module = toy_model(name)
    entry = architecture_of(module)
    measured = Behaviour(reuses_prefix(module), pads_right(module), vectorises(module, entry.masked))
    assert measured == Behaviour(entry.reuses_prefix, entry.pads_right, entry.vectorises)
    assert behaviour_of(module) == measured
    assert entry.masked == is_masked(module.config) == (name in MASKED)


def answers_by_sdpa(name: str) -> bool | None:
    """Measure whether scaled-dot-product attention answers as eager attention; None where the release offers none."""
    ids, eager = tokens(2, 14), toy_model(name)
    try:
        module = toy_model(name, attention="sdpa")
    except ValueError as refusal:
        if "does not support an attention implementation" not in str(refusal):
            raise
        return None
    with torch.no_grad():
        alike = float((module(ids).logits - eager(ids).logits).abs().max()) < 1e-4
    same = (reuses_prefix(module), pads_right(module)) == (reuses_prefix(eager), pads_right(eager))
    return alike and same


@pytest.mark.parametrize("name", TOYS)
def test_scaled_dot_product_attention(name: str) -> None:
    """Releases differ in whom they offer it to; whom they do, it answers alike, but for one kind of Falcon."""
    assert answers_by_sdpa(name) in ({False, None} if name == "falcon-alibi" else {True, None})


def later_tokens_matter(module: PreTrainedModel) -> bool:
    ids = tokens(2, 9)
    ids[1, :6] = ids[0, :6]
    with torch.no_grad():
        logits = module(ids).logits[:, 4]
    return float((logits[0] - logits[1]).abs().max()) > 1e-3


@pytest.mark.parametrize("name", TOYS)
def test_masked_models_look_right_and_causal_ones_do_not(name: str) -> None:
    module = toy_model(name)
    assert later_tokens_matter(module) == architecture_of(module).masked


@pytest.mark.parametrize("name", TOYS)
def test_context_windows(name: str) -> None:
    """A prompt as long as the window is read; where positions are learned, a longer one cannot be."""
    module = toy_model(name)
    window = context_window(module.config).tokens
    assert window == (CONTEXT - 2 if name == "roberta" else CONTEXT)
    with torch.no_grad():
        assert torch.isfinite(module(tokens(1, window)).logits).all()
        if architecture_of(module).positions == "learned":
            with pytest.raises((IndexError, RuntimeError)):
                module(tokens(1, window + 1))


SOURCES = {"gpt2": "n_positions", "bloom": "seq_length", "roberta": "max_position_embeddings - pad_token_id - 1"}


@pytest.mark.parametrize("name", TOYS)
def test_where_the_window_stands(name: str) -> None:
    default = "n_positions" if name == "gptj" else "max_position_embeddings"
    assert context_window(toy_config(name)).source == SOURCES.get(name, default)


def test_a_window_that_is_not_named() -> None:
    config = toy_config("bloom")
    del config.seq_length
    found = context_window(config)
    assert (found.tokens, found.source) == (UNNAMED_WINDOW, "not named")


@pytest.mark.parametrize("length", [0, -1, "64", True, 64.0])
def test_a_window_that_is_no_length(length: object) -> None:
    config = toy_config("bloom")
    config.seq_length = length
    with pytest.raises(ModelError, match=r"seq_length must be a positive integer, but is .*correct it"):
        context_window(config)


def stretched(kind: str) -> PreTrainedModel:
    rope: dict[str, object] = {
        "rope_type": kind, "rope_theta": 10_000.0, "factor": 4.0, "original_max_position_embeddings": 16,
        "short_factor": [1.0, 1.0], "long_factor": [4.0, 16.0],
    }  # fmt: skip
    config = toy_config("phi3")
    config.original_max_position_embeddings = 16
    config.rope_parameters = rope
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = fresh(config, ATTENTION)
    module.train(False)
    return module


@pytest.mark.parametrize(
    ("kind", "window", "source"),
    [
        ("longrope", 16, "original_max_position_embeddings (longrope)"),
        ("dynamic", CONTEXT, "max_position_embeddings"),
        ("linear", CONTEXT, "max_position_embeddings"),
    ],
)
def test_the_window_ends_where_rotary_angles_begin_to_depend_on_length(kind: str, window: int, source: str) -> None:
    """Within it the keys of a prefix are those of a longer prompt; beyond, not, which is why it ends there."""
    module = stretched(kind)
    found = context_window(module.config)
    assert (found.tokens, found.source) == (window, source)
    assert prefix_error(module, 10, window) < 1e-4
    beyond = prefix_error(module, 10, window + 20)
    assert beyond < 1e-4 if kind == "linear" else beyond > 1e-3


@torch.no_grad()
def prefix_error(module: PreTrainedModel, prefix: int, length: int) -> float:
    ids = tokens(1, length)
    whole = module(ids, use_cache=False).logits
    cache = kept_by(module(ids[:, :prefix], use_cache=True))
    behind = module(ids[:, prefix:], **kept_argument(module, cache)).logits
    return float((behind - whole[:, prefix:]).abs().max())


def test_a_padding_token_in_the_configuration_of_gpt2() -> None:
    """Its warning looks at the tokens, which vmap refuses; with an attention mask it does not."""
    config = toy_config("gpt2")
    assert isinstance(config, GPT2Config)
    config.pad_token_id = 1
    assert vectorises(fresh(config, ATTENTION).train(False))
