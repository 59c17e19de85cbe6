"""The embedded models in the checkout: all there, readable by plain transformers, as their recipes say, and small."""

import json
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from iclgd_core.models.embedded import MODELS_DIR
from iclgd_core.models.pretrain import RECIPES, Recipe
from iclgd_core.models.pretrain.recipes import SPECIAL_TOKENS
from iclgd_core.tasks.ginc.world import ginc_world

BYTES = 40 * 2**20
"""All weights together: a checkout stays small."""

DIRECTORIES = sorted(path.parent for path in MODELS_DIR.rglob("config.json"))


def test_every_recipe_has_its_model_and_every_model_its_recipe() -> None:
    found = {path.name for path in DIRECTORIES if path.parent == MODELS_DIR}
    assert found == set(RECIPES)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_kept_steps_are_those_of_the_recipe(name: str) -> None:
    found = {int(path.name) for path in DIRECTORIES if path.parent == MODELS_DIR / name / "steps"}
    assert found == set(RECIPES[name].checkpoints)


@pytest.mark.parametrize("path", DIRECTORIES, ids=lambda path: str(path.relative_to(MODELS_DIR)))
def test_plain_transformers_read_it_and_it_matches_its_recipe(path: Path) -> None:
    recipe = RECIPES[path.parents[1].name if path.parent.name == "steps" else path.name]
    tokenizer = AutoTokenizer.from_pretrained(path)
    loaded: Any = AutoModelForCausalLM.from_pretrained(path, output_loading_info=True)
    module, info = loaded
    assert not any(info[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    expected = recipe.config().to_dict()
    incidental = {"architectures", "dtype", "torch_dtype", "_name_or_path", "transformers_version"}
    own = module.config.to_dict()
    assert {k: own[k] for k in expected.keys() - incidental} == {k: expected[k] for k in expected.keys() - incidental}
    assert len(tokenizer) == module.config.vocab_size == recipe.world.n_symbols + len(SPECIAL_TOKENS)
    symbols = ginc_world(recipe.world).symbols
    ids = tokenizer(" ".join(symbols), return_tensors="pt")["input_ids"]
    assert ids.tolist() == [list(range(len(symbols)))]
    with torch.no_grad():
        logits = module(ids).logits
    assert logits.dtype == torch.float32
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_card_is_of_this_recipe(name: str) -> None:
    path = MODELS_DIR / name
    record = json.loads((path / "training.json").read_text())
    assert _recorded(record["recipe"]) == json.loads(json.dumps(asdict(RECIPES[name])))
    assert record["entropy_floor"] < record["validation_loss"] < record["losses"][0][1]
    assert f"iclgd pretrain {name}" in (path / "README.md").read_text()
    assert (path / "loss.svg").read_text().startswith("<svg")


def _recorded(recipe: dict[str, object]) -> dict[str, object]:
    """Return a recipe as its card has it; a field that came later has its default."""
    return {field.name: field.default for field in fields(Recipe) if field.default is not MISSING} | recipe


def test_all_weights_together_are_small() -> None:
    assert sum(path.stat().st_size for path in MODELS_DIR.rglob("*.safetensors")) <= BYTES
    assert not [path for path in MODELS_DIR.rglob("*") if path.suffix in (".bin", ".pt", ".pth", ".pkl", ".ckpt")]
