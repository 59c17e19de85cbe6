"""Folders of trained in-context Transformers: weights as safetensors in float16, with the recipe and a card."""

import json
import platform
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
import transformers
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from iclgd_core.errors import ModelError
from iclgd_core.learners.linear.baselines import least_squares_error
from iclgd_core.models.embedded import MODELS_DIR
from iclgd_core.models.regression.in_context_transformer import InContextTransformer
from iclgd_core.models.regression.training_transformer import TrainingRecord, TransformerRecipe, train_transformer
from iclgd_core.models.regression.transformer_recipes import get_transformer_recipe
from iclgd_core.tasks.regression.function_classes import Linear

WEIGHTS, RECIPE, CARD = "model.safetensors", "recipe.json", "README.md"


def pretrain_transformer(
    recipe: TransformerRecipe, folder: Path, log: Callable[[str], None] = lambda line: None
) -> TrainingRecord:
    """Train a recipe's model and write its folder; return what the training gave."""
    model, record = train_transformer(recipe, log)
    write_folder(model, record, folder)
    return record


def write_folder(model: InContextTransformer, record: TrainingRecord, folder: Path) -> None:
    """Write model.safetensors (float16), recipe.json and README.md."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    versions = {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
    }
    (folder / RECIPE).write_text(json.dumps(asdict(record) | {"versions": versions}, indent=1) + "\n")
    (folder / CARD).write_text(card(record, versions))


def load_transformer(name: str, root: Path = MODELS_DIR) -> InContextTransformer:
    """Return a trained Transformer in float32, in evaluation mode.

    Raises:
        UnknownNameError: no such recipe.
        ModelError: weights that are not there, or are of another shape than the recipe says.
    """
    module, path = InContextTransformer(get_transformer_recipe(name).shape), root / name / WEIGHTS
    try:
        weights = {key: tensor.float() for key, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"no weights of {name!r} at {str(path)!r}: {error}. {_command(name)}") from error
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(f"{str(path)!r} is not of the recipe {name!r}: {error}. {_command(name)}") from error
    return module.train(False)


def _command(name: str) -> str:
    return f"Train it: iclgd pretrain {name}"


def card(record: TrainingRecord, versions: dict[str, str]) -> str:
    """Return the model card as Markdown."""
    r, shape, of = record.recipe, record.recipe.shape, record.recipe.function_class
    noise = of.noise if isinstance(of, Linear) else 0.0
    answers = f"y = w . x + N(0, {noise**2:g})" if noise else "y = w . x"
    rows = "\n".join(
        f"| {n} | {error:.4f} | {least_squares_error(n, shape.dimension, noise):.4f} |"
        for n, error in enumerate(record.errors)
    )
    return f"""# {r.name}

A GPT-2 of {shape.layers} layer(s), {record.parameters:,} weights, with a linear read-in and read-out. Trained from
scratch on the in-context objective by this project: it has seen nothing but prompts of linear regression (Garg et al.,
arXiv 2208.01066). It says what such training finds, and nothing about models pretrained on text. Made by
`iclgd pretrain {r.name}`.

| recipe | |
|---|---|
| shape | hidden {shape.hidden}, {shape.layers} layers, {shape.heads} heads, MLP {4 * shape.hidden}, no dropout |
| prompts | {shape.points} points (x, y), {answers}, w ~ N(0, I), x ~ N(0, I_{of.dimension}); class {of.name} |
| loss | squared error / {of.scale:g} of every answer, given the points before it |
| training | {r.steps} steps of {r.batch} fresh prompts, no curriculum |
| optimizer | Adam, learning rate {r.learning_rate}, warm-up {r.warmup}, cosine to zero, gradient norm clipped at 1 |
| seed | {r.seed} |
| weights | `{WEIGHTS}`, float16, computed in float32 |
| final training loss | {record.losses[-1][1]:.4f}, mean over positions |
| time | {record.cpu_seconds / 60:.1f} minutes of one processor core |
| versions | {", ".join(f"{k} {v}" for k, v in versions.items())} |

Squared error / {of.scale:g} on fresh prompts after n points:

| n | this model | least squares |
|---|---|---|
{rows}
"""
