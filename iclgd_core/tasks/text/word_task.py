"""WordTask: a word and what belongs to it, a line each. It needs no data; any language model of text can read it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from iclgd_core.errors import ContextError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream
from iclgd_core.tasks.prompts import Reader, check_context
from iclgd_core.tasks.text.label_tokens import LabelTokens, choose
from iclgd_core.tasks.text.open_answers import OpenAnswers, open_answers
from iclgd_core.tasks.text.rows import Example
from iclgd_core.tasks.text.template import Template, template_called
from iclgd_core.tasks.text.text_episode import TextEpisode
from iclgd_core.tasks.text.text_prompts import TextPrompts, longest_prompt
from iclgd_core.tasks.text.tokens import token_ids
from iclgd_core.tasks.text.word_lists import WordList


@dataclass(frozen=True, eq=False)
class WordEpisode(TextEpisode):
    """A draw of a word task before a tokenizer has said which pairs can be judged: all pairs, in the order of the draw.

    Attributes:
        asked: how many of the queries are asked for.
    """

    asked: int = 0


@dataclass(frozen=True)
class WordTask:
    """A word list, drawn: `hot -> cold`, a line each.

    The list is cut in two halves, always the same. Demonstrations come from the first. The queries of a tuning episode
    come from there too, none of them among its demonstrations; those of an evaluation episode from the second half. So
    no evaluation word is ever shown, or asked for while settings are chosen. Answers are read at their first token.

    Where the answers are open, pairs that the model's tokenizer cannot tell by that token are left out (`open_answers`)
    before an episode is cut from its draw: which pairs, and so how many demonstrations an episode holds, depends on the
    tokenizer. Where they are a few labels, all pairs are kept and the labels must differ in their first token.

    Attributes:
        words: the list.
        template_name: the template that is used; None: the first.
    """

    words: WordList
    template_name: str | None = None

    def __post_init__(self) -> None:
        self.template  # noqa: B018  (an unknown name is refused now)

    @property
    def name(self) -> str:
        """Name used on the command line and in reports."""
        return self.words.name

    @property
    def open(self) -> bool:
        """Whether the answers are open, so that there is no set of labels."""
        return not self.words.labels

    @property
    def template(self) -> Template:
        """The template that is used.

        Raises:
            UnknownNameError: the task has no such template.
        """
        return template_called(self.template_name, self.words.templates, self.name)

    def episode(self, seed: int, split: str, index: int, queries: int) -> WordEpisode:
        """Draw episode `index` of `split`; fewer queries are the first of more.

        Args:
            seed: the run's seed.
            split: "tuning" or "evaluation".
            index: which episode.
            queries: how many queries.

        Raises:
            UnknownNameError: no such split.
            ContextError: more queries than the list has, beside a demonstration.
        """
        if split not in ("tuning", "evaluation"):
            raise UnknownNameError("split of episodes", split, ("tuning", "evaluation"))
        shown, held_out = self.words.halves
        _check_count(queries, len(shown), len(held_out), self.name)
        demonstrations = _permuted(shown, stream(seed, self.name, split, index, "demonstrations"))
        asked = (
            demonstrations[::-1]
            if split == "tuning"
            else _permuted(held_out, stream(seed, self.name, split, index, "queries"))
        )
        return WordEpisode(self.name, self.words.columns, index, split, demonstrations, asked, queries)

    def encode(self, episode: WordEpisode, reader: Reader) -> TextPrompts:
        """Cut an episode from its draw, and write it in a model's tokens.

        In both splits it holds the demonstrations that are left when the queries of a tuning episode are taken.

        Raises:
            VocabularyError: labels that cannot be told apart by their first token.
            ContextError: too few pairs whose answers this tokenizer tells by their first token.
        """
        labels, kept, left_out = self._read(reader)
        shown, asked = ([row for row in rows if row.id in kept] for rows in (episode.demonstrations, episode.queries))
        n, half = episode.asked, sum(row.id in kept for row in self.words.halves[1])
        under = (
            f" that model {reader.name!r} can be judged on (left out under its tokenizer: {left_out})"
            if left_out
            else ""
        )
        _check_count(n, len(shown), half, episode.task, under)
        pool = len(shown) - n
        cut = TextEpisode(
            episode.task, episode.columns, episode.index, episode.split, tuple(shown[:pool]), tuple(asked[:n])
        )
        return TextPrompts(cut, self.template, reader, labels, left_out)

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read prompts of so many demonstrations, all of the longest pair.

        Raises:
            VocabularyError, ContextError: as `encode`, for one query; or the context window is too small.
        """
        labels, kept, _ = self._read(reader)
        pool = self.encode(self.episode(0, "tuning", 0, 1), reader).pool
        if shots > pool:
            raise ContextError(
                f"{shots} demonstrations were asked for, but task {self.name!r} holds at most {pool} an episode under "
                f"the tokenizer of model {reader.name!r}; ask for fewer, or take another word task."
            ).about("task")
        rows, columns = [row for row in self.words.rows if row.id in kept], self.words.columns
        ids = token_ids(reader, [self.template.head(columns, (row,)) for row in rows])
        longest = rows[int(np.argmax([len(one) for one in ids]))]
        written = TextEpisode(self.name, columns, 0, "tuning", (longest,) * shots, (longest,))
        most = longest_prompt([TextPrompts(written, self.template, reader, labels)], shots)
        check_context(most, reader.context_window, reader.name, f"{shots} demonstrations of {self.name}")

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about the task; which pairs are left out depends on the model's tokenizer."""
        shown, held_out = self.words.halves
        template = self.template.record(self.words.columns)
        if self.open:
            template["label words"] = "open answers, those of the list"
        return {
            "data": {
                "from": "word list of the project",
                "pairs": self.words.what,
                "sha256": self.words.sha256,
                "rows": {"train": len(shown), "held out": len(held_out)},
            },
            "template": template,
            "sampling": "natural",
            "demonstrations an episode": "the train rows that are left when the queries of a tuning episode are taken",
            "left out": "pairs whose answer its first token does not tell" if self.open else "none",
            "special tokens": "BOS (CLS, SEP) as the model's tokenizer writes them; EOS never; none from a text",
        }

    def _read(self, reader: Reader) -> tuple[LabelTokens, frozenset[str], str]:
        """Return the token of each answer, the ids of the rows that are kept, and what is said of the others."""
        return _read(self, reader)


@lru_cache(maxsize=64)
def _read(task: WordTask, reader: Reader) -> tuple[LabelTokens, frozenset[str], str]:
    rows, columns, templates = task.words.rows, task.words.columns, task.words.templates
    if task.open:
        found: OpenAnswers = open_answers(rows, columns, task.template, reader)
        return LabelTokens(found.tokens), found.kept, found.left_out
    return choose(task.template, templates, columns, rows, reader), frozenset(row.id for row in rows), ""


def _permuted(rows: tuple[Example, ...], rng: np.random.Generator) -> tuple[Example, ...]:
    return tuple(rows[i] for i in rng.permutation(len(rows)))


def _check_count(queries: int, shown: int, held_out: int, task: str, under: str = "") -> None:
    """Raise ContextError where too few pairs are there for the queries, and a demonstration beside those of tuning."""
    most = max(min(shown - 1, held_out), 0)
    if queries > most:
        raise ContextError(
            f"{queries} queries an episode were asked for, but task {task!r} has {shown} pairs for demonstrations and "
            f"tuning queries, and {held_out} for evaluation queries{under}: at most {most} queries. Take tier quick, "
            "or another task."
        ).about("task")
