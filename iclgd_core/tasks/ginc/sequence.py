"""GINC prompts whose answer is a sequence: k symbols an example, the last few of them the answer, teacher-forced.

Each answer symbol is predicted behind the input and the true answer symbols before it, by every learner alike, so that
an answer of a symbols is a predictions: prompts, examples and answers come a for each query or demonstration, in order.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream
from iclgd_core.tasks.ginc.prompts import ginc_tokens
from iclgd_core.tasks.ginc.task import POOL
from iclgd_core.tasks.ginc.world import DELIMITER, GincConfig, GincWorld, ginc_world
from iclgd_core.tasks.prompts import Prompt, Reader, check_context, check_pool

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SequenceEpisode:
    """One draw of a sequence task, in symbols of the world.

    Attributes:
        task, index, split: as in `Episode`.
        demonstrations: whole examples of the pool, input and answer, (pool, k).
        queries: whole examples whose answer is asked for, (queries, k); the last symbol is never shown.
        answers: most probable symbol at each answer position, given the true symbols before it, (queries, a).
    """

    task: str
    index: int
    split: str
    demonstrations: Ints
    queries: Ints
    answers: Ints

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything a learner sees."""
        h = hashlib.sha256(f"{self.task}/{self.split}/{self.index}".encode())
        for array in (self.demonstrations, self.queries, self.answers):
            h.update(str(array.shape).encode() + np.ascontiguousarray(array, dtype=np.int64).tobytes())
        return h.hexdigest()


@dataclass(frozen=True, eq=False)
class SequencePrompts:
    """Prompts x_1 y_1 / x_2 y_2 / ... / x y', y' the answer so far; see `tasks.prompts.EpisodePrompts`.

    What that protocol calls a query or a demonstration's label is one answer symbol here: position j of query q is
    entry q a + j. Rules in mini-batches of demonstrations would split answers; ask for full-batch rules.

    Attributes:
        episode: symbols of the world.
        token: token id of each symbol, (symbols,).
    """

    episode: SequenceEpisode
    token: Ints

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the episode and the token ids of its symbols."""
        return hashlib.sha256((self.episode.digest + str(self.token.tolist())).encode()).hexdigest()

    @property
    def pool(self) -> int:
        """Number of demonstrations that the episode holds."""
        return len(self.episode.demonstrations)

    @property
    def length(self) -> int:
        """Number of answer symbols, a."""
        return int(self.episode.answers.shape[1])

    @property
    def answers(self) -> Ints:
        """Token id of each most probable answer symbol, (queries a,)."""
        return np.asarray(self.token[self.episode.answers.ravel()])

    @property
    def label_set(self) -> Ints:
        """Token ids of the symbols that are part of some answer, ascending, distinct."""
        given = self.episode.demonstrations[:, -self.length :]
        return np.unique(self.token[np.concatenate([given.ravel(), self.episode.answers.ravel()])])

    def prompts(self, order: Ints) -> list[Prompt]:
        """Return the prompt of every answer symbol of every query behind the demonstrations of `order`."""
        return self._forced(self.episode.queries, self._prefix(order))

    def shown(self, order: Ints) -> Prompt:
        """Return the demonstrations of `order`, each followed by the separator."""
        symbols = self._prefix(order)
        return Prompt(self.token[symbols], len(symbols) - 1)

    def examples(self, order: Ints) -> list[Prompt]:
        """Return the zero-shot prompt of every answer symbol of each demonstration of `order`, (n a)."""
        check_pool(order, self.pool, self.episode.task)
        return self._forced(self.episode.demonstrations[order], np.zeros(0, dtype=np.int64))

    def targets(self, order: Ints) -> Ints:
        """Return the token ids of the answer symbols of each demonstration of `order`, (n a,)."""
        check_pool(order, self.pool, self.episode.task)
        return np.asarray(self.token[self.episode.demonstrations[order][:, -self.length :].ravel()])

    def _prefix(self, order: Ints) -> Ints:
        check_pool(order, self.pool, self.episode.task)
        shown = self.episode.demonstrations[order]
        return np.concatenate([shown, np.full((len(order), 1), DELIMITER)], axis=1).ravel().astype(np.int64)

    def _forced(self, examples: Ints, prefix: Ints) -> list[Prompt]:
        """Return prefix, input and the true answer so far, for each answer symbol of each example."""
        k = examples.shape[1]
        wholes = (np.concatenate([prefix, row[:end]]) for row in examples for end in range(k - self.length, k))
        return [Prompt(self.token[symbols], len(symbols) - 1) for symbols in wholes]


@dataclass(frozen=True)
class GincSequenceTask:
    """In-distribution GINC prompts (arXiv 2111.02080, section 4) that ask for the last `answer` of k symbols.

    HMM, start slot and examples are drawn as in `GincTask`; the symbols of demonstrations, and those that a query's
    later positions are shown, are sampled; the right answer at a position is the argmax of the true next-symbol
    distribution behind the true symbols before it.

    Attributes:
        k: symbols an example, the answer included.
        answer: symbols of the answer.
        config: the world.
    """

    k: int
    answer: int = 3
    config: GincConfig = field(default_factory=GincConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.answer < self.k:
            raise SettingsError(
                f"an example of k = {self.k} symbols needs an input and an answer: 1 <= answer < k; got {self.answer}."
            )

    @property
    def name(self) -> str:
        """Name used on the command line and in reports."""
        return f"ginc-k{self.k}-last{self.answer}"

    @property
    def world(self) -> GincWorld:
        """The HMMs that the examples come from."""
        return ginc_world(self.config)

    def encode(self, episode: SequenceEpisode, reader: Reader) -> SequencePrompts:
        """Write an episode in a model's tokens.

        Raises:
            VocabularyError: the tokenizer has no single token for some symbol, or the model is a masked one.
        """
        return SequencePrompts(episode, ginc_tokens(self.world.symbols, reader))

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read prompts of so many demonstrations.

        Raises:
            VocabularyError: as `encode`.
            ContextError: the demonstrations and a query do not fit the context window.
        """
        ginc_tokens(self.world.symbols, reader)
        tokens = shots * (self.k + 1) + self.k - 1
        check_context(tokens, reader.context_window, reader.name, f"{shots} demonstrations of {self.name}")

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about its prompts."""
        return {
            "prompt": f"x y / x y / ... / x, one token a symbol, y of {self.answer} symbols, no BOS, no EOS",
            "separator": self.world.symbols[DELIMITER],
            "answer": "each symbol behind the true ones before it (teacher-forced)",
        }

    def episode(self, seed: int, split: str, index: int, queries: int) -> SequenceEpisode:
        """Draw episode `index` of `split`; see `GincTask.episode`."""
        world, names = self.world, (self.name, split, index)
        where = stream(seed, *names, "where")
        hmm = int(where.integers(self.config.n_in_mixture))
        slot = int(where.integers(1, self.config.n_slots))
        pool = world.examples(hmm, slot, self.k, POOL, stream(seed, *names, "demonstrations"))
        asked = world.examples(hmm, slot, self.k, queries, stream(seed, *names, "queries"))
        ends = range(self.k - self.answer, self.k)
        answers = np.stack([world.next_symbol(hmm, slot, asked[:, :end]).argmax(axis=1) for end in ends], axis=1)
        return SequenceEpisode(self.name, index, split, pool, asked, answers)
