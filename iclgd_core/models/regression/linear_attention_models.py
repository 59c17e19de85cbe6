"""The linear self-attention models by name: constructed, trained on the ICL objective, untrained, shuffled."""

from collections.abc import Callable
from functools import partial

from iclgd_core.models.regression.attention_files import as_model, load_attention, load_attention_weights
from iclgd_core.models.regression.constructed import best_rate, constructed
from iclgd_core.models.regression.entry import ModelEntry
from iclgd_core.models.regression.linear_attention import LinearSelfAttention
from iclgd_core.models.regression.training_attention import RECIPES, initial_weights
from iclgd_core.models.shuffling import shuffled
from iclgd_core.seeds import derive
from iclgd_core.tasks.regression.uniform import LINEAR

STABLE_RATE = 1.0
"""Rate of the models of several steps: below 2 / lambda for the largest eigenvalues lambda of X^T X / N, about 1.3."""
SHRINK = 0.5
"""gamma N of the GD++ model: I - 0.5 X^T X / N keeps its eigenvalues positive."""


def _made(make: Callable[[], LinearSelfAttention]) -> ModelEntry:
    return ModelEntry(lambda seed: make(), (LINEAR.name,))


def _trained(name: str, seed: int) -> LinearSelfAttention:
    return load_attention(name)


def _untrained(name: str, trained: str, seed: int) -> LinearSelfAttention:
    recipe = RECIPES[trained]
    return as_model(name, recipe, initial_weights(recipe, derive(seed, name)))


def _shuffled(name: str, trained: str, seed: int) -> LinearSelfAttention:
    return as_model(name, RECIPES[trained], dict(shuffled(load_attention_weights(trained).items(), derive(seed, name))))


def _controls(layers: int) -> dict[str, ModelEntry]:
    """Return the model of so many layers with untrained weights, and with shuffled ones."""
    trained = f"icl-objective-lsa-{layers}"
    made = {f"untrained-lsa-{layers}": _untrained, f"shuffled-lsa-{layers}": _shuffled}
    tasks = (RECIPES[trained].task.name,)
    return {name: ModelEntry(partial(load, name, trained), tasks) for name, load in made.items()}


MODELS: dict[str, ModelEntry] = {
    "constructed-lsa-1": _made(
        partial(constructed, "constructed-lsa-1", best_rate(LINEAR.a, LINEAR.inputs, LINEAR.shots))
    ),
    "constructed-lsa-4": _made(partial(constructed, "constructed-lsa-4", STABLE_RATE, 4)),
    **{name: ModelEntry(partial(_trained, name), (recipe.task.name,)) for name, recipe in RECIPES.items()},
    **_controls(1),
    **_controls(2),
    "constructed-gd++-4": _made(partial(constructed, "constructed-gd++-4", STABLE_RATE, 4, SHRINK)),
}
