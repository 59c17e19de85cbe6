"""A recipe: everything that decides the weights of one embedded model."""

from dataclasses import dataclass, field, replace
from typing import Any

from transformers import GPTJConfig, LlamaConfig, PretrainedConfig

from iclgd_core.models.language.momentum_attention import ETA
from iclgd_core.tasks import GincConfig

SPECIAL_TOKENS = ("[endoftext]", "[unk]")

UNIFORM = "uniform"
"""A corpus of independent uniform tokens: nothing to learn."""


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
        world: the GINC world that documents come from.
        corpus: "ginc", or "uniform": every token uniform over the world's symbols and independent of all others.
        prompt_hmms: HMMs that the prompts of the model card come from, the first so many; 0: those of the documents.
        momentum: eta of momentum attention (`models.language.momentum_attention`); None: plain attention.
        stored: format of the weights in the files. In "float16" they are rounded before anything is measured, so that
            the rounded numbers are the model; it is computed in float32 either way.
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
    corpus: str = "ginc"
    prompt_hmms: int = 0
    momentum: float | None = None
    stored: str = "float32"

    @property
    def tokens(self) -> int:
        """Training tokens seen, repeats counted."""
        return self.steps * self.batch * self.context

    @property
    def prompt_world(self) -> GincConfig:
        """The world that prompts come from."""
        return replace(self.world, n_in_mixture=self.prompt_hmms or self.world.n_in_mixture)

    def config(self) -> PretrainedConfig:
        """Return the Hugging Face configuration; its context window is the length trained on."""
        end = self.world.n_symbols
        shared: dict[str, Any] = {
            "vocab_size": self.world.n_symbols + len(SPECIAL_TOKENS),
            "bos_token_id": end,
            "eos_token_id": end,
            "tie_word_embeddings": False,
        }
        if self.momentum is not None:
            shared[ETA] = self.momentum
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
