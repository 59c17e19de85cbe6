"""A text episode in a model's tokens."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import VocabularyError
from iclgd_core.tasks.prompts import Prompt, Reader, check_pool
from iclgd_core.tasks.text.label_tokens import LabelTokens
from iclgd_core.tasks.text.rows import Example
from iclgd_core.tasks.text.shared_head import behind_head
from iclgd_core.tasks.text.template import Template
from iclgd_core.tasks.text.text_episode import TextEpisode
from iclgd_core.tasks.text.tokens import finished, token_ids

Ints = NDArray[np.int64]

REMEMBERED = 4
"""Orders of an episode whose prompts are kept: a study asks for the same few again, and tokens take memory."""


@dataclass(frozen=True, eq=False)
class TextPrompts:
    """Prompts of a text episode; see `tasks.prompts.EpisodePrompts`.

    Every prompt is one text (instruction, demonstrations with their labels, query up to its label), tokenised as a
    whole without special tokens; BOS is put before it where the reader asks for it, EOS never.

    Attributes:
        episode: the rows.
        template: how they are written.
        reader: the model's.
        labels: token of each class.
        left_out: of a task with open answers, how many pairs were left out and why; empty for a task of labels.
    """

    episode: TextEpisode
    template: Template
    reader: Reader
    labels: LabelTokens
    left_out: str = ""
    _recent: dict[bytes, list[Prompt]] = field(default_factory=dict, repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the episode, the tokenizer, the template and the label tokens."""
        parts = [self.episode.digest, self.reader.digest, asdict(self.template), asdict(self.labels)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def pool(self) -> int:
        """Number of demonstrations that the episode holds."""
        return len(self.episode.demonstrations)

    @property
    def answers(self) -> Ints:
        """Token id of each query's right label, (queries,)."""
        return self._tokens(self.episode.queries)

    @property
    def label_set(self) -> Ints:
        """Token ids of the task's labels, or of the open answers that are told apart, ascending, distinct."""
        tokens = np.unique(np.array(self.labels.tokens, dtype=np.int64))
        return tokens[tokens >= 0]

    def prompts(self, order: Ints) -> Sequence[Prompt]:
        """Return the prompt of every query behind the demonstrations in `order`; none gives zero-shot prompts.

        Raises:
            ContextError: more demonstrations than the episode holds.
            VocabularyError: behind these demonstrations a label has another token than behind the query alone.
        """
        check_pool(order, self.pool, self.episode.task)
        key = np.asarray(order, dtype=np.int64).tobytes()
        if key not in self._recent:
            if len(self._recent) >= REMEMBERED:
                del self._recent[next(iter(self._recent))]
            self._recent[key] = self._behind(self._chosen(order))
        return self._recent[key]

    def shown(self, order: Ints) -> Prompt:
        """Return the instruction and the demonstrations of `order` as one text, the last separator included."""
        check_pool(order, self.pool, self.episode.task)
        head = self.template.head(self.episode.columns, self._chosen(order))
        return finished(self.reader, token_ids(self.reader, [head])[0], self.labels.tail)

    def examples(self, order: Ints) -> Sequence[Prompt]:
        """Return each demonstration of `order` alone, as a zero-shot prompt: what GD trains on."""
        check_pool(order, self.pool, self.episode.task)
        head = self.template.head(self.episode.columns, ())
        rows = self._chosen(order)
        ids = token_ids(self.reader, [head + self.template.written(self.episode.columns, row) for row in rows])
        return [finished(self.reader, one, self.labels.tail) for one in ids]

    def targets(self, order: Ints) -> Ints:
        """Return the token id of the label of each demonstration of `order`, (n,)."""
        check_pool(order, self.pool, self.episode.task)
        return self._tokens(self._chosen(order))

    def text(self, order: Ints, query: int) -> str:
        """Return one prompt as text, up to its label."""
        head = self.template.head(self.episode.columns, self._chosen(order))
        return head + self.template.written(self.episode.columns, self.episode.queries[query])

    def longest(self, shots: int) -> int:
        """Return the tokens of the longest prompt behind the first `shots` demonstrations, special tokens included.

        Raises:
            ContextError: more demonstrations than the episode holds.
        """
        order = np.arange(shots)
        check_pool(order, self.pool, self.episode.task)
        alone = [len(prompt.ids) for prompt in self.prompts(np.arange(0))]
        ids = token_ids(self.reader, [self.text(order, int(np.argmax(alone)))])[0]
        return len(finished(self.reader, ids, self.labels.tail).ids)

    def _chosen(self, order: Ints) -> tuple[Example, ...]:
        return tuple(self.episode.demonstrations[int(index)] for index in order)

    def _tokens(self, rows: Sequence[Example]) -> Ints:
        return np.array([self.labels.tokens[row.label] for row in rows], dtype=np.int64)

    @cached_property
    def _query_texts(self) -> list[str]:
        return [self.template.written(self.episode.columns, row) for row in self.episode.queries]

    @cached_property
    def _query_ids(self) -> list[list[int]]:
        """Token ids of each query's text alone: what most prompts end with, whatever stands before."""
        return token_ids(self.reader, self._query_texts)

    def _behind(self, demonstrations: Sequence[Example]) -> list[Prompt]:
        """Write every query behind some demonstrations."""
        head = self.template.head(self.episode.columns, demonstrations)
        ids = behind_head(self.reader, head, self._query_texts, self._query_ids)
        if ids and not self._as_a_whole(head, ids[0]):
            ids = token_ids(self.reader, [head + text for text in self._query_texts])
            if not self._as_a_whole(head, ids[0]):
                raise VocabularyError(
                    f"template {self.template.name!r}: under the tokenizer of model {self.reader.name!r} the token of "
                    f"a label is another behind {len(demonstrations)} demonstrations. Choose another template."
                )
        return [finished(self.reader, one, self.labels.tail) for one in ids]

    def _as_a_whole(self, head: str, ids: Sequence[int]) -> bool:
        """Return whether the first query's prompt with its label, as one text, is these ids and the label's token."""
        row = self.episode.queries[0]
        whole = token_ids(self.reader, [head + self._query_texts[0] + self.template.label(row)])[0]
        return whole[: len(ids) + 1] == [*ids, self.labels.tokens[row.label]]


def longest_prompt(episodes: Sequence[TextPrompts], shots: int) -> int:
    """Return the tokens of the longest prompt of some episodes behind `shots` demonstrations; 0 without episodes.

    Within an episode the query that is longest alone is taken: all share what stands before it.

    Raises:
        ContextError: more demonstrations than an episode holds.
    """
    return max((episode.longest(shots) for episode in episodes), default=0)
