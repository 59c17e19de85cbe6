"""Training of the regression models by name, as `iclgd pretrain NAME` does it: on the processor, from a fixed seed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.regression.attention_files import pretrain_attention
from iclgd_core.models.regression.training_attention import RECIPES, AttentionRecipe
from iclgd_core.models.regression.training_transformer import TransformerRecipe
from iclgd_core.models.regression.transformer_files import pretrain_transformer
from iclgd_core.models.regression.transformer_recipes import TRANSFORMER_RECIPES

Log = Callable[[str], None]
Trainer = Callable[[Path, Log], str]
"""Trains a model, writes its folder, tells what it does line by line; returns what came out, in a line."""


def _attention(recipe: AttentionRecipe, folder: Path, log: Log) -> str:
    runs = pretrain_attention(recipe, folder, log)
    return f"{recipe.name}: final loss " + ", ".join(f"{run.losses[-1][1]:.4f}" for run in runs.values())


def _transformer(recipe: TransformerRecipe, folder: Path, log: Log) -> str:
    record = pretrain_transformer(recipe, folder, log)
    return f"{recipe.name}: {record.parameters:,} parameters, error after all points {record.errors[-1]:.4f}"


TRAINERS: dict[str, Trainer] = {
    **{name: partial(_attention, recipe) for name, recipe in RECIPES.items()},
    **{name: partial(_transformer, recipe) for name, recipe in TRANSFORMER_RECIPES.items()},
}


def pretrain_regression(name: str, folder: Path, log: Log = lambda line: None) -> str:
    """Train the regression model called `name` and write it to `folder`; return what came out, in a line.

    Raises:
        UnknownNameError: no such recipe.
    """
    if name not in TRAINERS:
        raise UnknownNameError("recipe", name, TRAINERS)
    return TRAINERS[name](folder, log)
