"""How the embedded models were made: recipes, the training loop, the model card."""

from iclgd_core.models.pretrain.recipes import RECIPES, Recipe, get_recipe
from iclgd_core.models.pretrain.train import pretrain

__all__ = ["RECIPES", "Recipe", "get_recipe", "pretrain"]
