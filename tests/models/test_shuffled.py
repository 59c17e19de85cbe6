"""Shuffled twins of trained models: each tensor keeps its entries, their places are lost."""

from functools import partial
from pathlib import Path

import pytest
import torch

from iclgd_core.hub.source import parse
from iclgd_core.models.embedded import embedded_names, embedded_path
from iclgd_core.models.language.loading import load_model


@pytest.fixture
def embedded(llama: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the parent of the directory the place of the embedded models."""
    root = llama.parent
    monkeypatch.setattr("iclgd_core.hub.source.embedded_names", partial(embedded_names, root))
    monkeypatch.setattr("iclgd_core.hub.source.embedded_path", partial(embedded_path, root=root))
    return root


def test_each_tensor_keeps_its_entries_and_loses_their_places(embedded: Path) -> None:
    trained, shuffled = load_model("ginc-tiny"), load_model("shuffled-tiny")
    assert shuffled.name == "shuffled-tiny"
    moved = 0
    for (name, a), (_, b) in zip(trained.module.named_parameters(), shuffled.module.named_parameters(), strict=True):
        assert torch.equal(a.flatten().sort().values, b.flatten().sort().values), name
        moved += int(not torch.equal(a, b))
    assert moved >= sum(1 for p in trained.module.parameters() if p.ndim > 1)
    ids = torch.arange(12)[None]
    assert float((trained.module(ids).logits - shuffled.module(ids).logits).abs().max()) > 1e-4


def test_the_seed_decides_the_order_and_nothing_else_does(embedded: Path) -> None:
    torch.manual_seed(5)
    first = load_model("shuffled-tiny").digest
    torch.manual_seed(6)
    assert load_model("shuffled-tiny").digest == first
    assert load_model("shuffled-tiny", seed=1).digest != first
    assert load_model("ginc-tiny", seed=0).digest == load_model("ginc-tiny", seed=1).digest != first


def test_two_tensors_of_one_shape_get_two_orders(embedded: Path) -> None:
    module = load_model("shuffled-tiny").module
    first, second = (dict(module.named_parameters())[f"model.layers.{i}.self_attn.q_proj.weight"] for i in (0, 1))
    trained = dict(load_model("ginc-tiny").module.named_parameters())
    assert not torch.equal(
        _order(trained["model.layers.0.self_attn.q_proj.weight"], first),
        _order(trained["model.layers.1.self_attn.q_proj.weight"], second),
    )


def _order(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """Return where each entry went; the entries of a random matrix are distinct."""
    return torch.searchsorted(after.flatten().sort().values, before.flatten())[after.flatten().argsort().argsort()]


def test_names(embedded: Path) -> None:
    source = parse("shuffled-tiny")
    assert (source.kind, source.shuffled, source.untrained) == ("embedded", True, False)  # type: ignore[union-attr]
    assert source.path == embedded / "ginc-tiny"  # type: ignore[union-attr]
    untrained = parse("untrained-tiny")
    assert (untrained.shuffled, untrained.untrained) == (False, True)  # type: ignore[union-attr]
