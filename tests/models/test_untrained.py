"""Names of embedded models, and untrained twins of trained ones."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from iclgd_core.learners import Schedule, get_optimizer, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.embedded import checkpoints, embedded_names, embedded_path
from iclgd_core.models.language.loading import load_model
from tests.tiny_models import encoded, episodes, random_orders


@pytest.fixture
def embedded(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the parent of the directory the place of the embedded models."""
    root = directory.parent
    monkeypatch.setattr("iclgd_core.hub.source.embedded_names", partial(embedded_names, root))
    monkeypatch.setattr("iclgd_core.hub.source.embedded_path", partial(embedded_path, root=root))
    return root


def test_reproducible_from_the_seed_and_unlike_the_trained(embedded: Path) -> None:
    trained = load_model("ginc-tiny")
    first, again, other = (load_model("untrained-tiny", seed=seed) for seed in (0, 0, 1))
    assert first.digest == again.digest
    assert len({first.digest, other.digest, trained.digest}) == 3
    assert first.n_parameters == trained.n_parameters
    assert (first.name, trained.name) == ("untrained-tiny", "ginc-tiny")


def test_the_same_attention_as_the_trained_twin(embedded: Path) -> None:
    trained, fresh = load_model("ginc-tiny"), load_model("untrained-tiny")
    assert fresh.module.config._attn_implementation == trained.module.config._attn_implementation


def test_learners_run_on_an_untrained_model(embedded: Path) -> None:
    model, orders = load_model("untrained-tiny"), random_orders(1, 1, 2)
    drawn = encoded(model, episodes(1))
    assert np.isfinite(np.asarray(in_context(model, drawn, orders))).all()
    runs = gradient_descent(model, drawn, orders, get_optimizer("sgd1"), Schedule((0.1,), (1,)))
    assert not runs.diverged.any()


def test_drawing_untrained_weights_leaves_the_global_stream_alone(embedded: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    load_model("untrained-tiny")
    assert torch.equal(torch.rand(2), expected)


def fake(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "config.json").write_text("{}")


def test_names_paths_and_checkpoints(tmp_path: Path) -> None:
    fake(tmp_path, "ginc-b", "ginc-a", *(f"ginc-a/steps/{step}" for step in (1000, 20, 300)))
    (tmp_path / "unfinished").mkdir()
    assert embedded_names(tmp_path) == (
        "ginc-a", "ginc-b", "untrained-a", "untrained-b", "shuffled-a", "shuffled-b",
        "ginc-a@20", "ginc-a@300", "ginc-a@1000",
    )  # fmt: skip
    assert embedded_path("ginc-a@300", tmp_path) == tmp_path / "ginc-a" / "steps" / "300"
    assert embedded_path("untrained-b", tmp_path) == tmp_path / "ginc-b"
    assert all((embedded_path(name, tmp_path) / "config.json").exists() for name in embedded_names(tmp_path))
    assert checkpoints("ginc-a", tmp_path) == ("ginc-a@20", "ginc-a@300", "ginc-a@1000", "ginc-a")
    assert checkpoints("ginc-b", tmp_path) == ()
