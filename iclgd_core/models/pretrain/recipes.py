"""Recipes of the embedded models: architecture, data, optimizer, seed.

All are trained by plain next-token prediction on GINC documents, never on prompts or an ICL objective
(arXiv 2310.08540, section 3: models trained on the ICL objective say nothing about pretrained ones). Members of
the size family differ in width alone and see the same documents in the same order.
"""

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.pretrain.recipe import SPECIAL_TOKENS, Recipe
from iclgd_core.models.pretrain.variants import VARIANTS

__all__ = ["RECIPES", "SPECIAL_TOKENS", "Recipe", "get_recipe"]


def _llama(name: str, hidden: int, checkpoints: tuple[int, ...] = ()) -> Recipe:
    """SwiGLU width 2.5 x hidden, four layers, four heads."""
    return Recipe(name, "llama", hidden, mlp=hidden * 5 // 2, checkpoints=checkpoints)


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        _llama("ginc-llama-57k", 32),
        _llama("ginc-llama-208k", 64, checkpoints=(100, 300, 600, 1000, 1500, 1800, 2100, 2400, 2700)),
        _llama("ginc-llama-794k", 128),
        _llama("ginc-llama-3.1m", 256),
        Recipe("ginc-gptj-829k", "gptj", hidden=128, mlp=512),
        *VARIANTS,
    )
}


def get_recipe(name: str) -> Recipe:
    """Return the recipe of an embedded model.

    Raises:
        UnknownNameError: no such recipe; the message names the nearest.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]
