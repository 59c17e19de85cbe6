"""A GINC episode in a model's tokens: one token a symbol, no BOS, the label the next symbol."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import VocabularyError
from iclgd_core.tasks.episode import Episode
from iclgd_core.tasks.prompts import Prompt, Reader, check_embedded, check_pool

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GincPrompts:
    """Prompts x_1 y_1 / x_2 y_2 / ... / x of an episode; see `tasks.prompts.EpisodePrompts`.

    Attributes:
        episode: symbols of the task's own vocabulary.
        token: token id of each symbol, (symbols,).
    """

    episode: Episode
    token: Ints

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the episode and the token ids of its symbols."""
        return hashlib.sha256((self.episode.digest + str(self.token.tolist())).encode()).hexdigest()

    @property
    def pool(self) -> int:
        """Number of demonstrations that the episode holds."""
        return len(self.episode.labels)

    @property
    def answers(self) -> Ints:
        """Token id of each query's most probable next symbol."""
        return np.asarray(self.token[self.episode.answers])

    @property
    def label_set(self) -> Ints:
        """Token ids of the symbols that are the label of some demonstration or query."""
        return np.unique(self.token[self.episode.label_set])

    def prompts(self, order: Ints) -> list[Prompt]:
        """Return each query behind the demonstrations of `order`, each followed by the separator."""
        prefix = self._prefix(order)
        return [self._prompt(np.concatenate([prefix, query])) for query in self.episode.queries]

    def shown(self, order: Ints) -> Prompt:
        """Return the demonstrations of `order`, each followed by the separator."""
        return self._prompt(self._prefix(order))

    def examples(self, order: Ints) -> list[Prompt]:
        """Return each demonstration of `order` without its label."""
        check_pool(order, self.pool, self.episode.task)
        return [self._prompt(x) for x in self.episode.demonstrations[order]]

    def targets(self, order: Ints) -> Ints:
        """Return the token id of the label of each demonstration of `order`."""
        check_pool(order, self.pool, self.episode.task)
        return np.asarray(self.token[self.episode.labels[order]])

    def _prefix(self, order: Ints) -> Ints:
        check_pool(order, self.pool, self.episode.task)
        x, y = self.episode.demonstrations[order], self.episode.labels[order]
        separator = np.broadcast_to(self.episode.separator, (len(order), len(self.episode.separator)))
        return np.concatenate([x, y[:, None], separator], axis=1).reshape(-1).astype(np.int64)

    def _prompt(self, symbols: Ints) -> Prompt:
        return Prompt(self.token[symbols], len(symbols) - 1)


def ginc_tokens(symbols: tuple[str, ...], reader: Reader) -> Ints:
    """Return the token id of each symbol of a world.

    Raises:
        VocabularyError: the tokenizer has no single token for some symbol, the model no embedding for it, or the model
            reads masks.
    """
    if reader.masked:
        raise VocabularyError(
            f"model {reader.name!r} is a masked language model; a GINC prompt continues from left to right and has no "
            "mask. Give a causal model, or a text task with --iclgd-task."
        )
    ids = vocabulary_ids(reader.tokenizer.get_vocab(), symbols, reader.name)
    check_embedded(ids.tolist(), reader)
    return ids


def vocabulary_ids(vocabulary: Mapping[str, int], symbols: tuple[str, ...], model: str) -> Ints:
    """Return the token id of each symbol; VocabularyError, naming the missing ones, if any has none."""
    missing = [symbol for symbol in symbols if symbol not in vocabulary]
    if missing:
        shown = ", ".join(map(repr, missing[:8])) + (", ..." if len(missing) > 8 else "")
        raise VocabularyError(
            f"the vocabulary of model {model!r} ({len(vocabulary)} tokens) lacks {len(missing)} of the "
            f"{len(symbols)} symbols of the task: {shown}. Use a model trained on this task's text "
            "(`iclgd pretrain --list`), or a text task with --iclgd-task."
        )
    return np.array([vocabulary[symbol] for symbol in symbols], dtype=np.int64)
