"""Regression models are trained by name."""

from functools import partial
from pathlib import Path

import pytest

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.embedded import MODELS_DIR
from iclgd_core.models.regression import pretraining
from iclgd_core.models.regression.in_context_transformer import TransformerShape
from iclgd_core.models.regression.pretraining import TRAINERS, pretrain_regression
from iclgd_core.models.regression.registry import REGRESSION_MODELS, load_regression_model
from iclgd_core.models.regression.training_transformer import TransformerRecipe
from iclgd_core.models.regression.transformer_recipes import TRANSFORMER_RECIPES
from iclgd_core.tasks.regression.function_classes import Linear


def test_a_name_trains_and_writes_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = TransformerShape(dimension=2, points=3, hidden=8, layers=1, heads=1)
    recipe = TransformerRecipe("icl-objective-tiny", shape, Linear(2), steps=2, batch=4)
    monkeypatch.setitem(TRAINERS, recipe.name, partial(pretraining._transformer, recipe))
    lines: list[str] = []
    told = pretrain_regression(recipe.name, tmp_path, lines.append)
    assert told.startswith("icl-objective-tiny: ")
    assert len(lines) == 1
    assert (tmp_path / "model.safetensors").exists()
    with pytest.raises(UnknownNameError, match="Nearest: icl-objective-tiny"):
        pretrain_regression("icl-objective-tin", tmp_path)


@pytest.mark.parametrize("name", TRANSFORMER_RECIPES)
def test_every_transformer_is_embedded_and_of_its_recipe(name: str) -> None:
    assert name in TRAINERS
    assert name in REGRESSION_MODELS
    model = load_regression_model(name)
    assert model.known()["layers"] == TRANSFORMER_RECIPES[name].shape.layers
    assert f"`iclgd pretrain {name}`" in (MODELS_DIR / name / "README.md").read_text()
