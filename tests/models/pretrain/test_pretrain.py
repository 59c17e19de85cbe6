"""A tiny recipe is trained: the loss falls, the directory is complete, and it comes out the same again."""

import io
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from iclgd_core.models.embedded import checkpoints
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.pretrain import RECIPES, Recipe, pretrain
from iclgd_core.models.pretrain.card import PretrainingRun
from iclgd_core.models.pretrain.corpus import documents, windows
from iclgd_core.models.pretrain.tokenizer import build_tokenizer
from iclgd_core.models.pretrain.validation import accuracy_by_shots
from iclgd_core.tasks.ginc.world import ginc_world

TINY = replace(
    RECIPES["ginc-llama-57k"], name="ginc-tiny", hidden=16, mlp=24, layers=2, heads=2, documents=20,
    document_length=240, steps=20, batch=4, learning_rate=1e-2, warmup=5, context=192, checkpoints=(10,),
)  # fmt: skip


@dataclass(frozen=True)
class Trained:
    training: PretrainingRun
    out: Path
    shown: str


def train(out: Path, recipe: Recipe = TINY) -> Trained:
    shown = io.StringIO()
    return Trained(pretrain(recipe, out, "cpu", Console(file=shown, width=200)), out, shown.getvalue())


@pytest.fixture(scope="module", autouse=True)
def few_validation_episodes() -> Iterator[None]:
    def few(*arguments: Any, **settings: Any) -> dict[str, dict[int, float]]:
        return accuracy_by_shots(*arguments, **{**settings, "lengths": (3, 5), "episodes": 2})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iclgd_core.models.pretrain.train.accuracy_by_shots", few)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, few_validation_episodes: None) -> Trained:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return train(tmp_path_factory.mktemp("models") / "ginc-tiny")
    finally:
        torch.set_num_threads(threads)


def test_the_loss_falls(trained: Trained) -> None:
    found = trained.training
    assert found.losses[-1][0] == TINY.steps
    assert found.losses[-1][1] < math.log(152) - 0.05
    assert found.validation_loss < found.losses[-1][1]
    assert 0.0 < found.entropy_floor < found.validation_loss
    assert set(found.accuracy) == {"ginc-k3", "ginc-k5"}
    assert all(0.0 <= a <= 1.0 for by_shots in found.accuracy.values() for a in by_shots.values())


def test_the_directory_is_a_model_with_its_card_and_its_steps(trained: Trained) -> None:
    model_files = {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert {p.name for p in trained.out.iterdir()} == {*model_files, "README.md", "training.json", "loss.svg", "steps"}
    assert {p.name for p in (trained.out / "steps").iterdir()} == {"10"}
    assert {p.name for p in (trained.out / "steps" / "10").iterdir()} == model_files
    assert checkpoints("ginc-tiny", trained.out.parent) == ("ginc-tiny@10", "ginc-tiny")
    final, kept = (load_model(str(path)) for path in (trained.out, trained.out / "steps" / "10"))
    assert final.digest != kept.digest
    assert final.n_parameters == trained.training.n_parameters
    assert final.context_window == TINY.context


def test_the_card_tells_the_recipe_and_the_results(trained: Trained) -> None:
    card = (trained.out / "README.md").read_text()
    expected = [
        "# ginc-tiny\n", "hidden 16, 2 layers, 2 heads, MLP 24, context 192", "20 documents of 240 tokens",
        "20 steps of 4 x 192 tokens = 15,360 tokens", "learning rate 0.01, warm-up 5", "| seed | 1111 |",
        "| kept steps | 10 |", f"world seed {TINY.world.seed}", f"{trained.training.n_parameters:,} parameters",
        f"{trained.training.validation_loss:.4f}", f"{trained.training.entropy_floor:.4f}", "| ginc-k5 |", "loss.svg",
    ]  # fmt: skip
    assert [text for text in expected if text not in card] == []


def test_training_json_and_the_curve_can_be_read(trained: Trained) -> None:
    text = (trained.out / "training.json").read_text()
    record = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert record["recipe"]["name"] == "ginc-tiny"
    assert record["recipe"]["world"]["seed"] == TINY.world.seed
    assert record["losses"] == [list(entry) for entry in trained.training.losses]
    assert set(record["versions"]) == {"iclgd", "python", "torch", "transformers"}
    svg = ET.fromstring((trained.out / "loss.svg").read_text())  # noqa: S314
    assert svg.tag.endswith("svg")
    assert "nan" not in (trained.out / "loss.svg").read_text()


def test_the_same_recipe_gives_the_same_weights(trained: Trained, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        torch.manual_seed(99)
        again = train(tmp_path / "again")
        other = train(tmp_path / "other", replace(TINY, seed=2, steps=1, checkpoints=()))
    finally:
        torch.set_num_threads(threads)
    first, second, third = (load_file(t.out / "model.safetensors") for t in (trained, again, other))
    assert first.keys() == second.keys() == third.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], third[name]) for name in first)
    assert not (other.out / "steps").exists()
    assert "step 20/20" in again.shown


def test_windows_are_pieces_of_the_documents() -> None:
    small = replace(TINY, documents=3, document_length=200)
    corpus = documents(small)
    assert corpus.shape == (3, 200)
    batch = next(windows(corpus, small))
    assert batch.shape == (4, 192)
    pieces = corpus.unfold(1, 192, 1).reshape(-1, 192)
    assert all((pieces == row).all(dim=1).any() for row in batch)
    assert torch.equal(batch, next(windows(corpus, small)))
    assert not torch.equal(corpus[:3], documents(small, "validation")[:3])


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_tokenizer_round_trip(name: str, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    tokenizer, symbols = build_tokenizer(recipe), ginc_world(recipe.world).symbols
    n = {"ginc-v50-195k": 50, "ginc-v100-202k": 100}.get(name, 150)
    ids = tokenizer(" ".join(symbols))["input_ids"]
    assert ids == list(range(n))
    assert str(tokenizer.decode(ids)).split() == list(symbols)
    assert tokenizer("a nowhere b")["input_ids"] == [1, n + 1, 2]
    assert (tokenizer.eos_token_id, tokenizer.unk_token_id, len(tokenizer)) == (n, n + 1, n + 2)
    assert recipe.config().vocab_size == n + 2


def test_a_warm_up_as_long_as_the_training(tmp_path: Path) -> None:
    short = replace(TINY, steps=2, warmup=2, checkpoints=())
    assert train(tmp_path / "short", short).training.losses[-1][0] == 2


def test_validation_is_on_the_world_of_the_recipe(tmp_path: Path) -> None:
    """A model of another world is not asked for the symbols of the default one."""
    world = replace(TINY.world, n_symbols=40, seed=5)
    found = train(tmp_path / "other", replace(TINY, world=world, steps=1, checkpoints=())).training
    assert set(found.accuracy) == {"ginc-k3", "ginc-k5"}
