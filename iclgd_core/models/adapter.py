"""The one thing a learner asks of a model: next-token log-probabilities at the last position."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from iclgd_core.errors import ContextError, VocabularyError
from iclgd_core.models.fingerprint import fingerprint

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MAX_BATCH_TOKENS = 16_384
"""Tokens in one forward pass; bounds the memory of activations and logits."""


@dataclass(frozen=True, eq=False)
class CausalModel:
    """A causal language model with its tokenizer, in evaluation mode, on one device.

    Attributes:
        name: what reports call it.
        module: the Hugging Face model. Learners that train must restore it, or work on copies.
        tokenizer: its tokenizer.
    """

    name: str
    module: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.module.device

    @property
    def context_window(self) -> int:
        """Most tokens of one prompt."""
        return int(self.module.config.max_position_embeddings)

    @property
    def n_parameters(self) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.module.parameters())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of architecture, weights and dtype; names the model in a measurement's key."""
        return fingerprint(self.module)

    def token_ids(self, symbols: tuple[str, ...]) -> Ints:
        """Return the token id of each symbol of a task.

        Raises:
            VocabularyError: the tokenizer has no single token for some symbol.
        """
        return vocabulary_ids(self.tokenizer.get_vocab(), symbols, self.name)

    @torch.inference_mode()
    def log_probs(self, prompts: Ints) -> Floats:
        """Return next-token log-probabilities (prompts, vocabulary) for prompts (prompts, length)."""
        check_context(prompts.shape[1], self.context_window, self.name, "a prompt")
        ids = torch.from_numpy(prompts).to(self.device)
        rows = max(1, MAX_BATCH_TOKENS // prompts.shape[1])
        out = [
            self._last(self.module(batch, use_cache=False, logits_to_keep=1).logits) for batch in torch.split(ids, rows)
        ]
        return np.concatenate(out)

    @torch.inference_mode()
    def log_probs_after(self, prefixes: Ints, queries: Ints) -> Floats:
        """Return next-token log-probabilities of every query behind its prefix.

        The keys and values of a prefix are computed once and shared by its queries; equal to `log_probs` of
        the concatenation within float32 rounding.

        Args:
            prefixes: (prefixes, p), p may be 0.
            queries: (prefixes, queries, q).

        Returns:
            (prefixes, queries, vocabulary), float32, or float64 from a model in float64.
        """
        n, per, q = queries.shape
        p = prefixes.shape[1]
        check_context(p + q, self.context_window, self.name, "a prompt")
        if p == 0:
            return self.log_probs(queries.reshape(n * per, q)).reshape(n, per, -1)
        rows = max(1, MAX_BATCH_TOKENS // max(p, per * q))
        out = []
        for at in range(0, n, rows):
            head = torch.from_numpy(prefixes[at : at + rows]).to(self.device)
            tail = torch.from_numpy(queries[at : at + rows].reshape(-1, q)).to(self.device)
            cache = self.module(head, use_cache=True, logits_to_keep=1).past_key_values
            cache.batch_repeat_interleave(per)
            positions = torch.arange(p, p + q, device=self.device).expand(len(tail), -1)
            logits = self.module(tail, past_key_values=cache, position_ids=positions, logits_to_keep=1).logits
            out.append(self._last(logits).reshape(len(head), per, -1))
        return np.concatenate(out)

    @staticmethod
    def _last(logits: torch.Tensor) -> Floats:
        return np.asarray(at_least_float32(logits[:, -1]).log_softmax(-1).cpu().numpy())


def at_least_float32(logits: torch.Tensor) -> torch.Tensor:
    """Return the logits in float32, or in float64 where the model computes in it: log-softmax needs the digits."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def vocabulary_ids(vocabulary: Mapping[str, int], symbols: tuple[str, ...], model: str) -> Ints:
    """Return the token id of each symbol; VocabularyError, naming the missing ones, if any has none."""
    missing = [symbol for symbol in symbols if symbol not in vocabulary]
    if missing:
        shown = ", ".join(map(repr, missing[:8])) + (", ..." if len(missing) > 8 else "")
        raise VocabularyError(
            f"the vocabulary of model {model!r} ({len(vocabulary)} tokens) lacks {len(missing)} of the "
            f"{len(symbols)} symbols of the task: {shown}. Use a model trained on this task's text "
            "(`iclgd pretrain --list`), or another task."
        )
    return np.array([vocabulary[symbol] for symbol in symbols], dtype=np.int64)


def check_context(tokens: int, window: int, model: str, what: str) -> None:
    """Raise ContextError where a prompt of so many tokens exceeds the context window."""
    if tokens > window:
        raise ContextError(
            f"{what} needs {tokens} tokens, but model {model!r} reads at most {window}; "
            "ask for fewer demonstrations, a shorter task, or a model with a longer context."
        )
