"""The pretraining corpus: GINC documents, or tokens without any structure, and random windows of them."""

from collections.abc import Iterator

import numpy as np
import torch

from iclgd_core.models.pretrain.recipe import UNIFORM, Recipe
from iclgd_core.seeds import stream
from iclgd_core.tasks.ginc.world import ginc_world


def documents(recipe: Recipe, split: str = "train") -> torch.Tensor:
    """Draw the recipe's documents (documents, document_length) as token ids; "validation" gives other ones.

    Token ids equal symbol ids: the tokenizer lists the symbols in their order.
    """
    count = recipe.documents if split == "train" else 64
    rng = stream(recipe.seed, "documents", split)
    if recipe.corpus == UNIFORM:
        return torch.from_numpy(rng.integers(recipe.world.n_symbols, size=(count, recipe.document_length)))
    tokens, _ = ginc_world(recipe.world).documents(count, recipe.document_length, rng)
    return torch.from_numpy(tokens)


def windows(corpus: torch.Tensor, recipe: Recipe, split: str = "train") -> Iterator[torch.Tensor]:
    """Yield batches (batch, context) of windows at uniform places of the corpus, for ever."""
    rng = stream(recipe.seed, "windows", split)
    span = torch.arange(recipe.context)
    while True:
        row = torch.from_numpy(rng.integers(corpus.shape[0], size=recipe.batch))
        start = torch.from_numpy(rng.integers(corpus.shape[1] - recipe.context + 1, size=recipe.batch))
        yield corpus[row[:, None], start[:, None] + span]


def entropy_floor(recipe: Recipe, length: int = 512) -> float:
    """Estimate the loss of the ideal predictor that knows the HMM, in nats a token (a lower bound for training).

    Mean of -log p(next | everything so far, the true HMM) by the forward algorithm over validation documents. Of a
    uniform corpus: the log of the number of symbols, exactly.
    """
    if recipe.corpus == UNIFORM:
        return float(np.log(recipe.world.n_symbols))
    world = ginc_world(recipe.world)
    tokens, hmm = world.documents(16, length, stream(recipe.seed, "documents", "entropy"))
    alpha = world.start[hmm]
    total = 0.0
    for t in range(length):
        alpha = alpha * (world.memory[None] == tokens[:, t, None, None])
        mass = alpha.sum(axis=(1, 2), keepdims=True)
        total -= float(np.log(mass).mean())
        alpha = np.einsum("bvs,vw,bsr->bwr", alpha / mass, world.value_transition, world.slot_transition[hmm])
    return total / length
