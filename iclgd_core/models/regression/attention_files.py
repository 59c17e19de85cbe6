"""Folders of trained linear self-attention: weights as safetensors, one file a seed, with the recipe and a card.

`model.safetensors` has the weights of the recipe's first seed, `seeds/2.safetensors` those of seed 2; float32.
"""

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.models.embedded import MODELS_DIR
from iclgd_core.models.regression.constructed import best_loss
from iclgd_core.models.regression.linear_attention import MATRICES, LinearSelfAttention
from iclgd_core.models.regression.training_attention import (
    RECIPES,
    AttentionRecipe,
    AttentionTraining,
    Weights,
    layers_of,
    train_attention,
)

WEIGHTS, RECIPE, CARD = "model.safetensors", "recipe.json", "README.md"


def get_attention_recipe(name: str) -> AttentionRecipe:
    """Return a recipe; UnknownNameError if there is none of that name."""
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]


def weights_path(folder: Path, recipe: AttentionRecipe, seed: int) -> Path:
    """Return the file of one seed's weights."""
    return folder / WEIGHTS if seed == recipe.seeds[0] else folder / "seeds" / f"{seed}.safetensors"


def as_model(name: str, recipe: AttentionRecipe, weights: Weights) -> LinearSelfAttention:
    """Return weights as a model in float64, with W0 = 0."""
    start = torch.zeros(recipe.task.outputs, recipe.task.inputs, dtype=torch.float64)
    layers = layers_of({key: tensor.double() for key, tensor in weights.items()})
    return LinearSelfAttention(name, layers, start, {"trained on": recipe.task.name})


def load_attention(name: str, seed: int | None = None, root: Path = MODELS_DIR) -> LinearSelfAttention:
    """Return a trained model; see `load_attention_weights`."""
    return as_model(name, get_attention_recipe(name), load_attention_weights(name, seed, root))


def load_attention_weights(name: str, seed: int | None = None, root: Path = MODELS_DIR) -> Weights:
    """Return the weights of a trained model, float32.

    Args:
        name: of the recipe.
        seed: one of the recipe's; by default the first.
        root: where the folders are.

    Raises:
        UnknownNameError: no such recipe, or no such seed.
        ModelError: weights that are not there, or are of another shape than the recipe says.
    """
    recipe = get_attention_recipe(name)
    seed = recipe.seeds[0] if seed is None else seed
    if seed not in recipe.seeds:
        raise UnknownNameError(f"seed of {name}", str(seed), map(str, recipe.seeds))
    path = weights_path(root / name, recipe, seed)
    expected = {f"{layer}.{m}": (recipe.side, recipe.side) for layer in range(recipe.layers) for m in MATRICES}
    try:
        weights = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"no weights of {name!r} at {str(path)!r}: {error}. {_command(name)}") from error
    found = {key: tuple(tensor.shape) for key, tensor in weights.items()}
    if found != expected:
        raise ModelError(f"{str(path)!r} holds {found}; the recipe {name!r} says {expected}. {_command(name)}")
    return weights


def _command(name: str) -> str:
    return f"Train it: iclgd pretrain {name}"


def pretrain_attention(
    recipe: AttentionRecipe, folder: Path, log: Callable[[str], None] = lambda line: None
) -> dict[int, AttentionTraining]:
    """Train every seed of a recipe and write its folder; return what each run gave."""
    runs = {seed: train_attention(recipe, seed, log) for seed in recipe.seeds}
    (folder / "seeds").mkdir(parents=True, exist_ok=True)
    for seed, run in runs.items():
        save_file(run.weights, weights_path(folder, recipe, seed))
    versions = {"python": platform.python_version(), "torch": str(torch.__version__)}
    record = {"recipe": asdict(recipe), "losses": {seed: run.losses for seed, run in runs.items()}}
    seconds = {seed: round(run.seconds, 1) for seed, run in runs.items()}
    (folder / RECIPE).write_text(json.dumps(record | {"cpu_seconds": seconds, "versions": versions}, indent=1) + "\n")
    (folder / CARD).write_text(card(recipe, runs, versions))
    return runs


def card(recipe: AttentionRecipe, runs: Mapping[int, AttentionTraining], versions: Mapping[str, str]) -> str:
    """Return the model card as Markdown."""
    task = recipe.task
    rows = "\n".join(f"| {seed} | {run.losses[-1][1]:.4f} | {run.seconds:.0f} |" for seed, run in runs.items())
    return f"""# {recipe.name}

Linear self-attention, {recipe.layers} layer(s) with one head, no softmax, LayerNorm, MLP or bias,
{recipe.layers * len(MATRICES) * recipe.side**2:,} weights. Trained from scratch on the in-context objective by this
project: it has seen nothing but prompts of linear regression (von Oswald et al., arXiv 2212.07677). It says what such
training finds, and nothing about models pretrained on text. Made by `iclgd pretrain {recipe.name}`.

| recipe | |
|---|---|
| prompts | {task.shots} pairs x, y = W x, W ~ N(0, I), x ~ U(-{task.a:g}, {task.a:g})^{task.inputs}, and a query |
| loss | 0.5 (y - prediction)^2 of the query; keys and values of the demonstrations alone |
| training | {recipe.steps} steps of {recipe.batch} fresh prompts |
| optimizer | Adam, learning rate {recipe.learning_rate}, linear to zero over the last {recipe.cooldown:.0%} of the \
steps, betas {recipe.betas}, gradient norm clipped at {recipe.clip} |
| initial weights | normal, cut at two standard deviations of {recipe.initial_spread:.4f} |
| weights | `{WEIGHTS}`: seed {recipe.seeds[0]}; `seeds/N.safetensors`: seed N; float32 |
| versions | {", ".join(f"{k} {v}" for k, v in versions.items())} |

| seed | training loss at the end | CPU seconds |
|---|---|---|
{rows}

Not learning at all has a loss of {0.5 * task.a**2 / 3.0 * task.inputs:.4f}; one step of gradient
descent at its best rate {best_loss(task.a, task.inputs, task.shots):.4f}.
"""
