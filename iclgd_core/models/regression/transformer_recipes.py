"""The in-context Transformers of this project: what they are trained on, and how."""

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.regression.in_context_transformer import TransformerShape
from iclgd_core.models.regression.training_transformer import TransformerRecipe
from iclgd_core.tasks.regression.function_classes import Linear
from iclgd_core.tasks.regression.gaussian import NOISY

TRANSFORMER_RECIPES: dict[str, TransformerRecipe] = {
    recipe.name: recipe
    for recipe in (
        TransformerRecipe("icl-objective-gpt2-4-layers", TransformerShape(layers=4), steps=100_000),
        TransformerRecipe("icl-objective-gpt2-2-layers", TransformerShape(layers=2), steps=50_000),
        TransformerRecipe("icl-objective-gpt2-1-layer", TransformerShape(layers=1), steps=50_000),
        TransformerRecipe(
            "icl-objective-gpt2-noisy-4-layers",
            TransformerShape(layers=4),
            function_class=Linear(NOISY.inputs, noise=NOISY.noise),
            steps=40_000,
        ),
    )
}
"""Linear regression in 5 dimensions with 11 points, as the small configuration of arXiv 2208.01066's code."""


def get_transformer_recipe(name: str) -> TransformerRecipe:
    """Return the recipe of an in-context Transformer.

    Raises:
        UnknownNameError: no such recipe; the message names the nearest.
    """
    if name not in TRANSFORMER_RECIPES:
        raise UnknownNameError("recipe", name, TRANSFORMER_RECIPES)
    return TRANSFORMER_RECIPES[name]
