"""TextTask: a classification set, a template and a way of drawing demonstrations."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iclgd_core.errors import ContextError, SettingsError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream
from iclgd_core.tasks.prompts import Reader, check_context
from iclgd_core.tasks.text.label_tokens import choose
from iclgd_core.tasks.text.prepared import Prepared, prepared
from iclgd_core.tasks.text.rows import TextDataError
from iclgd_core.tasks.text.sampling import SAMPLINGS, Sampling, demonstrations, pool_size
from iclgd_core.tasks.text.sampling import queries as _queries
from iclgd_core.tasks.text.source import DataSource
from iclgd_core.tasks.text.template import Template, template_called
from iclgd_core.tasks.text.text_episode import TextEpisode
from iclgd_core.tasks.text.text_prompts import TextPrompts, longest_prompt

SAMPLE = 4
"""Episodes, and rows, on which `check` looks at lengths and label tokens before a run."""


@dataclass(frozen=True)
class TextTask:
    """A text classification task; two are equal, and hash alike, if they draw and write the same episodes.

    Demonstrations come from the train split. The queries of a tuning episode come from the train rows that are not
    among its demonstrations; those of an evaluation episode from the held-out split. So no evaluation query is seen
    while settings are chosen.

    Attributes:
        source: where the rows come from.
        templates: how they may be written; the first is the default.
        template_name: the template that is used; None: the default.
        sampling: "natural" or "balanced", see `sampling.demonstrations`.
        data: folder of local files; None: the source's own place.
        max_words: rows with more words in their fields are left out; None: none is.
    """

    source: DataSource
    templates: tuple[Template, ...]
    template_name: str | None = None
    sampling: Sampling = "natural"
    data: Path | None = None
    max_words: int | None = None

    def __post_init__(self) -> None:
        if not self.templates:
            raise SettingsError(f"task {self.name!r} has no template.")
        for template in self.templates:
            template.check(self.source.columns)
        if self.sampling not in SAMPLINGS:
            raise UnknownNameError("sampling", self.sampling, SAMPLINGS)
        if self.max_words is not None and self.max_words < 1:
            raise SettingsError(f"max words is {self.max_words}; allowed: a whole number from 1 on.")
        self.template  # noqa: B018  (an unknown name is refused now)

    @property
    def name(self) -> str:
        """Name used on the command line and in reports."""
        return self.source.name

    @property
    def template(self) -> Template:
        """The template that is used.

        Raises:
            UnknownNameError: the task has no such template.
        """
        return template_called(self.template_name, self.templates, self.name)

    @property
    def rows(self) -> Prepared:
        """The rows, read once in a process."""
        try:
            return prepared(self.source, self.data, self.max_words)
        except TextDataError as error:
            error.about("data" if self.data is not None else "task")
            raise

    @property
    def pool(self) -> int:
        """Demonstrations that every episode holds; see `sampling.pool_size`."""
        return pool_size(self.rows.labels, len(self.source.columns.classes), self.sampling)

    def episode(self, seed: int, split: str, index: int, queries: int) -> TextEpisode:
        """Draw episode `index` of `split`; the demonstrations do not depend on the number of queries.

        Args:
            seed: the run's seed.
            split: "tuning" or "evaluation".
            index: which episode.
            queries: how many queries.

        Raises:
            UnknownNameError: no such split.
            ContextError: more queries than there are rows for.
            TextDataError, MissingExtraError: the rows cannot be read.
        """
        if split not in ("tuning", "evaluation"):
            raise UnknownNameError("split of episodes", split, ("tuning", "evaluation"))
        rows, names = self.rows, (self.name, split, index, self.sampling)
        classes = len(self.source.columns.classes)
        shown = demonstrations(rows.labels, classes, self.pool, self.sampling, stream(seed, *names, "demonstrations"))
        if split == "tuning":
            source, free = rows.train, np.setdiff1d(np.arange(len(rows.train)), shown)
        else:
            source, free = rows.held_out, np.arange(len(rows.held_out))
        asked = _queries(free, queries, self.name, split, stream(seed, *names, "queries"))
        return TextEpisode(
            self.name,
            self.source.columns,
            index,
            split,
            tuple(rows.train[i] for i in shown),
            tuple(source[i] for i in asked),
        )

    def encode(self, episode: TextEpisode, reader: Reader) -> TextPrompts:
        """Write an episode in a model's tokens.

        Raises:
            VocabularyError: the labels cannot be told apart by their first token; the message names them, and the
                task's templates that work.
        """
        labels = choose(self.template, self.templates, episode.columns, episode.queries, reader)
        return TextPrompts(episode, self.template, reader, labels)

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read prompts of so many demonstrations.

        Lengths are those of a few episodes of seed 0; another episode may be longer (`longest_prompt` measures given
        ones).

        Raises:
            VocabularyError: as `encode`.
            ContextError: the pool or the context window is too small.
        """
        if shots > self.pool:
            raise ContextError(
                f"{shots} demonstrations were asked for, but task {self.name!r} ({self.sampling} sampling) holds "
                f"{self.pool} an episode; ask for at most {self.pool}."
            ).about("task")
        few = min(SAMPLE, len(self.rows.held_out))
        written = [self.encode(self.episode(0, "evaluation", index, few), reader) for index in range(SAMPLE)]
        what = f"{shots} demonstrations of {self.name}"
        check_context(longest_prompt(written, shots), reader.context_window, reader.name, what)

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about the task: data, template, label words, sampling. Reads the rows.

        Raises:
            TextDataError, MissingExtraError: the rows cannot be read.
        """
        return {
            "data": self.rows.record,
            "template": self.template.record(self.source.columns),
            "sampling": self.sampling,
            "demonstrations an episode": self.pool,
            "max words": self.max_words,
            "fields": "outer white space stripped",
            "special tokens": "BOS (CLS, SEP) as the model's tokenizer writes them; EOS never; none from a text",
        }
