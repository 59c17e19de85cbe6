"""Untrained baselines: what is kept, what is drawn anew, and that the trained model stays as it is."""

from dataclasses import replace

import pytest
import torch

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.reinitialised import KEPT, kept_parameters, reinitialised
from tests.models.architectures.toys import MASKED, TOYS, toy_model
from tests.tiny_models import ARCHITECTURES, tiny_model

CAUSAL = tuple(name for name in TOYS if name not in MASKED)


def trained(architecture: str = "llama") -> CausalModel:
    """A model none of whose weights is as it was initialised, norms and biases included."""
    model = tiny_model(architecture)
    with torch.no_grad():
        for weight in model.module.parameters():
            weight.add_(0.5)
    return model


def weights(model: CausalModel) -> dict[str, torch.Tensor]:
    return dict(model.module.named_parameters())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kept", KEPT)
def test_what_is_kept_and_what_is_drawn_anew(architecture: str, kept: str) -> None:
    model = trained(architecture)
    before, after = weights(model), weights(reinitialised(model, kept, 0))
    assert before.keys() == after.keys()
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert same == kept_parameters(model.module, kept)
    assert not any(bool((before[name] == after[name]).all()) for name in before.keys() - same)


def test_the_names_of_what_is_kept() -> None:
    def found(kept: str) -> set[str]:
        return set(kept_parameters(tiny_model("llama", layers=1).module, kept))

    norms = {
        "model.layers.0.input_layernorm.weight",
        "model.layers.0.post_attention_layernorm.weight",
        "model.norm.weight",
    }
    assert found("no-training") == set()
    assert found("trained-norms") == norms
    assert found("trained-embeddings") == norms | {"model.embed_tokens.weight", "lm_head.weight"}


@pytest.mark.parametrize("name", CAUSAL)
def test_in_every_architecture_attention_and_mlp_are_drawn_anew(name: str) -> None:
    module = toy_model(name)
    kept, norms = (kept_parameters(module, one) for one in ("trained-embeddings", "trained-norms"))
    embeddings = [module.get_input_embeddings(), module.get_output_embeddings()]  # type: ignore[no-untyped-call]
    ends = {id(weight) for part in embeddings for weight in part.parameters()}
    assert {key for key, weight in module.named_parameters() if id(weight) in ends} <= kept - norms
    assert norms
    assert norms < kept
    matrices = {key for key, weight in module.named_parameters() if weight.ndim > 1 and id(weight) not in ends}
    tables = {key for key in matrices if "wpe" in key or "embed_positions" in key}
    assert not (matrices - tables) & {key for key in kept if "project" not in key}


def test_the_trained_model_and_the_global_stream_are_left_alone() -> None:
    model = trained()
    before = {name: weight.clone() for name, weight in weights(model).items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    reinitialised(model, "trained-embeddings", 0)
    assert torch.equal(torch.rand(2), expected)
    assert all(torch.equal(before[name], weight) for name, weight in weights(model).items())


@pytest.mark.parametrize("kept", KEPT)
def test_reproducible_from_the_seed_and_known_as_a_control(kept: str) -> None:
    model = trained()
    first, again, other = (reinitialised(model, kept, seed) for seed in (0, 0, 1))
    assert first.digest == again.digest
    assert len({first.digest, other.digest, model.digest}) == 3
    assert is_control(first.name)
    assert first.name.endswith(model.name)
    assert not any(weight.requires_grad for weight in first.module.parameters())


def test_what_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="untrained baseline 'trained-everything'"):
        reinitialised(trained(), "trained-everything", 0)
    with pytest.raises(ModelError, match="is a masked language model"):
        reinitialised(replace(trained(), masked=True), "no-training", 0)
    with pytest.raises(ModelError, match="spread over 2 devices"):
        reinitialised(replace(trained(), spread=2), "no-training", 0)
