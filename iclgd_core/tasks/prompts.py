"""Prompts: an episode written in the tokens of one model. What every learner works on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from iclgd_core.errors import ContextError, VocabularyError
from iclgd_core.safety.harmless_text import harmless

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Prompt:
    """Token ids and the position whose output is the prediction of a label.

    Attributes:
        ids: token ids, (length,), at least one.
        readout: index into ids: the last position for a causal model, that of the mask for a masked one.
    """

    ids: Ints
    readout: int


@dataclass(frozen=True, eq=False)
class Reader:
    """What a task must know of a model to write prompts for it.

    Attributes:
        name: the model's name, for errors.
        tokenizer: its tokenizer.
        context_window: most tokens of one prompt.
        masked: whether it is a masked language model, which reads the label at a mask.
        bos: whether a prompt begins with the tokenizer's BOS (or CLS) token.
        embeddings: number of tokens that the model has embeddings for, ids from 0; None where it is not known. A
            tokenizer may know more (a padding token added by hand): they are refused where a prompt or label uses one.
    """

    name: str
    tokenizer: PreTrainedTokenizerBase
    context_window: int
    masked: bool = False
    bos: bool = False
    embeddings: int | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the tokenizer and of how prompts are written: what decides token ids."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        content = backend.to_str() if backend is not None else repr(sorted(self.tokenizer.get_vocab().items()))
        special = repr(sorted((key, str(value)) for key, value in self.tokenizer.special_tokens_map.items()))
        return hashlib.sha256("\0".join((content, special, str(self.masked), str(self.bos))).encode()).hexdigest()


class EpisodePrompts(Protocol):
    """An episode in the tokens of one model.

    Demonstrations are named by their index in the episode's pool; an order is an array of such indices.
    """

    @property
    def digest(self) -> str:
        """SHA-256 of the episode and of everything that decides its token ids; names it in a measurement's key."""

    @property
    def pool(self) -> int:
        """Number of demonstrations that the episode holds."""

    @property
    def answers(self) -> Ints:
        """Token id of each query's right label (its first token), (queries,)."""

    @property
    def label_set(self) -> Ints:
        """Token ids of the labels (their first tokens), ascending, distinct."""

    def prompts(self, order: Ints) -> Sequence[Prompt]:
        """Return the prompt of every query behind the demonstrations in `order`; none gives zero-shot prompts."""

    def shown(self, order: Ints) -> Prompt:
        """Return the demonstrations of `order` as one text, as they stand before a query; read at its last token."""

    def examples(self, order: Ints) -> Sequence[Prompt]:
        """Return each demonstration of `order` alone, as a zero-shot prompt: what GD trains on."""

    def targets(self, order: Ints) -> Ints:
        """Return the token id of the label (its first token) of each demonstration of `order`, (n,)."""


def check_embedded(ids: Sequence[int], reader: Reader) -> None:
    """Raise VocabularyError where a prompt or label uses a token that the model has no embedding for."""
    most = reader.embeddings
    if most is None or (largest := max(ids, default=0)) < most:
        return
    token = reader.tokenizer.convert_ids_to_tokens(largest)
    raise VocabularyError(
        f"a prompt or label of the task uses the token {harmless(str(token)[:80], keep='')!r}, id {largest}, but model "
        f"{reader.name!r} has embeddings for {most} tokens, ids up to {most - 1}. Give the model the tokenizer that it "
        "was trained with, or a task without this token."
    )


def check_pool(order: Ints, pool: int, task: str) -> None:
    """Raise ContextError where an order names more demonstrations than the episode's pool holds."""
    if len(order) > pool:
        raise ContextError(
            f"{len(order)} demonstrations were asked for, but task {task!r} holds {pool} an episode; "
            f"ask for at most {pool}."
        )


def check_context(tokens: int, window: int, model: str, what: str) -> None:
    """Raise ContextError where a prompt of so many tokens exceeds the context window."""
    if tokens > window:
        raise ContextError(
            f"{what} needs {tokens} tokens, but model {model!r} reads at most {window}; "
            "take a shorter task (of a text task, --iclgd-max-words leaves out long rows), or a model that reads more."
        )
