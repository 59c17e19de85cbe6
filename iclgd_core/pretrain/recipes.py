"""Recipes of the embedded models: architecture, data, optimizer, seed.

All are trained by plain next-token prediction on GINC documents, never on prompts or an ICL objective
(arXiv 2310.08540, section 3: models trained on the ICL objective say nothing about pretrained ones). Members of
the size family differ in width alone and see the same documents in the same order.
"""

from dataclasses import dataclass, field
from typing import Any

from transformers import GPTJConfig, LlamaConfig, PretrainedConfig

from iclgd_core.errors import UnknownNameError
from iclgd_core.tasks import GincConfig

SPECIAL_TOKENS = ("[endoftext]", "[unk]")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights of one embedded model.

    Attributes:
        name: name of the model and of its directory.
        architecture: "llama" (sequential blocks, SwiGLU, RMSNorm) or "gptj" (parallel attention and MLP).
        hidden: width; layers, heads, mlp: the rest of the shape.
        documents, document_length: pretraining corpus, GINC documents of so many tokens.
        steps, batch, context: steps of `batch` windows of `context` tokens from random places of the corpus.
        learning_rate, warmup, weight_decay, betas: AdamW, linear warm-up, then cosine to zero.
        checkpoints: steps whose weights are kept besides the last.
        seed: of initial weights, documents and windows (apart by name).
        world: the GINC world.
    """

    name: str
    architecture: str
    hidden: int
    mlp: int
    layers: int = 4
    heads: int = 4
    documents: int = 1000
    document_length: int = 5120
    steps: int = 3000
    batch: int = 16
    context: int = 256
    learning_rate: float = 2e-3
    warmup: int = 100
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)
    checkpoints: tuple[int, ...] = ()
    seed: int = 1111
    world: GincConfig = field(default_factory=GincConfig)

    @property
    def tokens(self) -> int:
        """Training tokens seen, repeats counted."""
        return self.steps * self.batch * self.context

    def config(self) -> PretrainedConfig:
        """Return the Hugging Face configuration; its context window is the length trained on."""
        end = self.world.n_symbols
        shared: dict[str, Any] = {
            "vocab_size": self.world.n_symbols + len(SPECIAL_TOKENS),
            "bos_token_id": end,
            "eos_token_id": end,
            "tie_word_embeddings": False,
        }
        if self.architecture == "llama":
            return LlamaConfig(
                hidden_size=self.hidden,
                intermediate_size=self.mlp,
                num_hidden_layers=self.layers,
                num_attention_heads=self.heads,
                max_position_embeddings=self.context,
                **shared,
            )
        return GPTJConfig(
            n_embd=self.hidden,
            n_inner=self.mlp,
            n_layer=self.layers,
            n_head=self.heads,
            rotary_dim=self.hidden // self.heads // 2,
            n_positions=self.context,
            **shared,
        )


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
