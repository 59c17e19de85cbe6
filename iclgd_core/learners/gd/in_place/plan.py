"""How a run is fitted into memory, decided by the model's configuration and the prompts, never by free memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PretrainedConfig

from iclgd_core.devices.out_of_memory import OutOfMemoryError
from iclgd_core.learners.gd.in_place.rounding import Rounding
from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.attention import is_plain

MICRO_TOKENS = 16_384
"""Tokens of one forward and backward pass, padding included."""

CHECKPOINT_BYTES = 4 * 2**30
"""Activations above this size are made again in the backward pass instead of being kept."""

LOGIT_BYTES = 2 * 2**30
"""Logits of one micro-batch, and what the loss makes of them, where every token is predicted."""

AT_ONCE_BYTES = 2**30
"""Above this size of the trained weights, each is updated as soon as its gradient is there, which is then let go of."""


@dataclass(frozen=True)
class Plan:
    """Memory against speed; no choice changes a result beyond rounding.

    Attributes:
        micro_tokens: most tokens of a micro-batch, padding included; an example longer than that has one of its own.
        micro_rows: most examples of a micro-batch; None for no bound.
        checkpointing: whether layers are made again in the backward pass; None: where `activation_bytes` of a
            micro-batch exceed CHECKPOINT_BYTES.
        at_once: whether a weight is updated within the backward pass (of a step in one micro-batch); None: where the
            trained weights exceed AT_ONCE_BYTES.
    """

    micro_tokens: int = MICRO_TOKENS
    micro_rows: int | None = None
    checkpointing: bool | None = None
    at_once: bool | None = None

    def checkpoints(self, config: PretrainedConfig, rows: int, length: int, element: int) -> bool:
        """Return whether a micro-batch of so many rows of so many tokens is checkpointed."""
        if self.checkpointing is not None:
            return self.checkpointing
        return activation_bytes(config, rows, length, element, checkpointing=False) > CHECKPOINT_BYTES

    def tokens_at_once(self, config: PretrainedConfig, logits: int, element: int) -> int:
        """Return the most tokens of a micro-batch: fewer where the loss needs logits of every token.

        Those then take LOGIT_BYTES at most, but for a single example longer than that.

        Args:
            config: the model's configuration.
            logits: of each token, from `objectives.logits_a_token`; 0 where only the label's are needed.
            element: bytes a number.
        """
        if logits == 0:
            return self.micro_tokens
        return max(1, min(self.micro_tokens, LOGIT_BYTES // logit_bytes(config, logits, element)))

    def updates_at_once(self, trained_bytes: int) -> bool:
        """Return whether gradients are applied within the backward pass."""
        return trained_bytes > AT_ONCE_BYTES if self.at_once is None else self.at_once


def activation_bytes(config: PretrainedConfig, rows: int, length: int, element: int, checkpointing: bool) -> int:
    """Return an estimate of what one forward pass keeps for the backward pass, logits of one position a row included.

    With h hidden units, f in the MLP, a heads, L layers and t = rows x length tokens, a layer keeps about
    t (16 h + 5 f) numbers, and attention weights 2 rows a length^2 where attention is plain. All L layers
    count; with checkpointing, one layer and the inputs (t h each) of all. Logits: 3 rows V in float32. For small Llama,
    GPT-2 and OPT models this is 0.7 to 2.5 times what autograd keeps, in float32 and bfloat16.

    Args:
        config: the model's configuration.
        rows: examples.
        length: tokens of the longest.
        element: bytes a number (4 for float32, 2 for bfloat16).
        checkpointing: whether layers are made again.
    """
    sizes = config.get_text_config()
    hidden, layers = int(sizes.hidden_size), int(sizes.num_hidden_layers)
    tokens = rows * length
    layer = tokens * (16 * hidden + 5 * _mlp(sizes, hidden)) * element
    if is_plain(getattr(config, "_attn_implementation", None)):
        layer += 2 * rows * int(sizes.num_attention_heads) * length**2 * element
    kept = layer + layers * tokens * hidden * element if checkpointing else layers * layer
    return kept + logit_bytes(config, rows, element)


def logit_bytes(config: PretrainedConfig, positions: int, element: int) -> int:
    """Return the bytes of logits and what the loss makes of them at so many positions: 3 V numbers each, in float32."""
    return 3 * positions * int(config.get_text_config().vocab_size) * max(4, element)


def _mlp(sizes: Any, hidden: int) -> int:
    for field in ("intermediate_size", "ffn_dim", "ffn_hidden_size", "n_inner"):
        if isinstance(value := getattr(sizes, field, None), int):
            return value
    return 4 * hidden


def gd_bytes(
    n_parameters: int,
    n_trained: int,
    dtype: torch.dtype,
    optimizer: Optimizer,
    activations: int,
    *,
    rounding: Rounding = "stochastic",
    at_once: bool = False,
    micro_batches: int = 1,
    largest: int = 0,
) -> int:
    """Return the peak of device memory of gradient descent in place, in bytes.

    e P (weights) + gradients + state + activations, with e bytes a number, P weights of which T are trained:

    - gradients: e T; float32 sums of 4 T + e x largest for bfloat16 in several micro-batches; e x largest where each
      weight is updated within the backward pass (`at_once`, one micro-batch).
    - state: 8 T for Adam (16 T in float64), half of it for momentum, none for plain SGD; 4 T for a float32 master copy
      of bfloat16 weights.

    Beside it, in host memory for trained weights above 1 GiB (else on the device too): the snapshot, e T. Temporaries
    of an update stay below some 300 MB. Libraries' own (a CUDA context, cuBLAS) are not counted.

    Args:
        n_parameters: weights of the model.
        n_trained: trained entries; for a parameter trained in part, gradients count whole, and so does it here.
        dtype: of the weights.
        optimizer: the update rule.
        activations: from `activation_bytes`.
        rounding: of bfloat16 weights.
        at_once: whether weights are updated within the backward pass.
        micro_batches: of one step.
        largest: entries of the largest trained parameter.
    """
    element, low = dtype.itemsize, dtype == torch.bfloat16
    if micro_batches > 1:
        gradients = 4 * n_trained + element * largest if low else element * n_trained
    else:
        gradients = element * (largest if at_once else n_trained)
    state = optimizer.buffers * max(4, element) * n_trained
    state += 4 * n_trained if low and rounding == "master" else 0
    return element * n_parameters + gradients + state + activations


def too_large(
    model: CausalModel,
    parameters: Mapping[str, torch.nn.Parameter],
    optimizer: Optimizer,
    rounding: Rounding,
    plan: Plan,
    length: int,
    micro_batches: int,
    logits: int = 0,
) -> OutOfMemoryError:
    """Return the error for a run that does not fit with one example of so many tokens at a time.

    `logits` are those of each token, as in `Plan.tokens_at_once`.
    """
    sizes = [parameter.numel() for parameter in parameters.values()]
    weights, config = next(iter(parameters.values())), model.module.config
    activations = activation_bytes(config, 1, length, weights.element_size(), checkpointing=True)
    if logits:
        activations += logit_bytes(config, logits * length - 1, weights.element_size())
    needed = gd_bytes(
        model.n_parameters, sum(sizes), weights.dtype, optimizer, activations,
        rounding=rounding, at_once=plan.updates_at_once(sum(sizes) * weights.element_size()),
        micro_batches=micro_batches, largest=max(sizes),
    )  # fmt: skip
    return OutOfMemoryError(
        f"gradient descent ({optimizer.name}) on model {model.name!r} does not fit into memory with one example of "
        f"{length} tokens at a time: it needs about {needed / 2**30:.1f} GiB on {model.device}, beside what others "
        "hold there. Use a larger or a free device, bfloat16, plain SGD, or train a part of the model."
    )
