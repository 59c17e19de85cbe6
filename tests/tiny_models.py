"""Worlds, tasks and models small enough for a test, with outputs far from uniform."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM

from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.pretrain import Recipe
from iclgd_core.models.pretrain.tokenizer import build_tokenizer
from iclgd_core.tasks import Episode, GincConfig, GincTask
from iclgd_core.tasks.ginc.prompts import GincPrompts, ginc_tokens
from iclgd_core.tasks.prompts import Prompt

ARCHITECTURES = ("llama", "gptj")
WORLD = GincConfig(n_symbols=12, n_values=3, n_slots=3, n_hmms=3, n_in_mixture=2, seed=4)


def tiny_recipe(architecture: str = "llama", *, world: GincConfig = WORLD, layers: int = 2) -> Recipe:
    return Recipe("ginc-tiny", architecture, hidden=16, mlp=24, layers=layers, heads=2, context=64, world=world)


def tiny_model(
    architecture: str = "llama", *, seed: int = 0, double: bool = False, world: GincConfig = WORLD, layers: int = 2
) -> CausalModel:
    """Build a model whose weights are drawn ten times wider than usual, so that prompts matter."""
    recipe = tiny_recipe(architecture, world=world, layers=layers)
    config = recipe.config()
    config.initializer_range = 0.2
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = AutoModelForCausalLM.from_config(config, attn_implementation="eager")  # type: ignore[no-untyped-call]
    module = module.to(torch.float64 if double else torch.float32).eval().requires_grad_(False)
    return CausalModel(recipe.name, module, build_tokenizer(recipe))


def tiny_task(k: int = 4, world: GincConfig = WORLD) -> GincTask:
    return GincTask(k, world)


def episodes(n: int = 2, queries: int = 3, k: int = 4) -> list[Episode]:
    return [tiny_task(k).episode(0, "evaluation", i, queries) for i in range(n)]


def random_orders(n_episodes: int, n_orders: int, shots: int, seed: int = 0) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    rows = [[rng.permutation(shots) for _ in range(n_orders)] for _ in range(n_episodes)]
    return np.array(rows, dtype=np.int64).reshape(n_episodes, n_orders, shots)


def with_demonstrations(episode: Episode, inputs: NDArray[np.int64], labels: NDArray[np.int64]) -> Episode:
    return replace(episode, demonstrations=inputs, labels=labels)


def tokens(model: CausalModel, symbols: tuple[str, ...] = ()) -> NDArray[np.int64]:
    return ginc_tokens(symbols or tiny_task().symbols, model.reader)


def encoded(model: CausalModel, drawn: list[Episode]) -> list[GincPrompts]:
    return [tiny_task().encode(episode, model.reader) for episode in drawn]


def predicted(model: CausalModel, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Predictions (prompts, vocabulary) behind prompts (prompts, length), each a group of its own."""
    groups = [[Prompt(row, len(row) - 1)] for row in ids]
    return np.asarray(model.log_probs(groups, np.array([0])))[:, 0]
