"""Word lists: pairs of a word and its answer, which come with the project; a file and an entry each."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from iclgd_core.seeds import stream
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.template import Template

FOLDER = Path(__file__).parent / "words"
PREFIX = "words-"

ARROW = "as arXiv 2310.15916, whose code has no spaces at the arrow, and `Example:` before a word"
QUESTION = "arXiv 2310.15213"


@dataclass(frozen=True)
class WordList:
    """A list of pairs: `FOLDER/capital.tsv` for `words-capital`, in each line a word, a tab and its answer.

    Attributes:
        name: name of the task.
        what: what stands on the two sides, in words.
        labels: whether the answers are a few labels; otherwise they are open, nearly each a word of its own.
    """

    name: str
    what: str
    labels: bool = False

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every word with its answer, in the order of the file."""
        return tuple((row.fields[0], self.columns.classes[row.label]) for row in self.rows)

    @property
    def rows(self) -> tuple[Example, ...]:
        """The pairs as rows; a label is the index of an answer."""
        return _read(self).rows

    @property
    def columns(self) -> Columns:
        """One field, the word; the classes are the distinct answers."""
        return _read(self).columns

    @property
    def templates(self) -> tuple[Template, ...]:
        """How a pair may be written; the first is the default."""
        return _read(self).templates

    @property
    def halves(self) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
        """Rows of demonstrations and tuning queries, and rows of evaluation queries: always the same halves."""
        return _read(self).halves

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return _read(self).sha256


@dataclass(frozen=True)
class _Read:
    rows: tuple[Example, ...]
    columns: Columns
    templates: tuple[Template, ...]
    halves: tuple[tuple[Example, ...], tuple[Example, ...]]
    sha256: str


@cache
def _read(words: WordList) -> _Read:
    content = (FOLDER / f"{words.name.removeprefix(PREFIX)}.tsv").read_bytes()
    pairs = [line.split("\t") for line in content.decode().splitlines()]
    answers = tuple(dict.fromkeys(answer for _, answer in pairs))
    rows = tuple(Example(f"words/{i}", (word,), answers.index(answer)) for i, (word, answer) in enumerate(pairs))
    templates = (
        Template("arrow", "{word} ->", answers, source=ARROW),
        Template("question", "Q: {word}\nA:", answers, separator="\n\n", source=QUESTION),
    )
    order = stream(0, "text", words.name, "halves").permutation(len(rows)).tolist()
    half = -(-len(rows) // 2)
    shown, held_out = (tuple(rows[i] for i in sorted(part)) for part in (order[:half], order[half:]))
    return _Read(rows, Columns(("word",), "answer", answers), templates, (shown, held_out), _sha256(content))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


WORD_LISTS = {
    words.name: words
    for words in (
        WordList("words-capital", "a country and its capital"),
        WordList("words-plural", "a noun and its plural, regular and irregular"),
        WordList("words-past", "a verb and its past tense, regular and irregular"),
        WordList("words-antonym", "a word and its opposite"),
        WordList("words-upper", "a word in lower and in upper case"),
        WordList("words-french", "an English word and the French one"),
        WordList("words-comparative", "an adjective and its comparative"),
        WordList("words-gender", "a male word and the female one"),
        WordList("words-next", "a member of a series and the next one: days, months, letters, numbers, planets"),
        WordList("words-sentiment", "a word and whether it is positive or negative", labels=True),
        WordList("words-category", "a thing and its kind: animal, fruit, tool, ...", labels=True),
        WordList("words-continent", "a country and its continent", labels=True),
        WordList("words-part-of-speech", "a word and whether it is noun, verb, adjective or adverb", labels=True),
    )
}
"""By name, those with open answers first."""
