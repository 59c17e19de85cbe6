"""Which answers of an open task can be read at their first token."""

from collections.abc import Sequence
from dataclasses import dataclass

from iclgd_core.tasks.prompts import Reader
from iclgd_core.tasks.text.label_tokens import WHITE
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.template import Template
from iclgd_core.tasks.text.tokens import token_ids

NONE = -1
"""Stands for the token of an answer that has none of its own."""


@dataclass(frozen=True)
class OpenAnswers:
    """The pairs of a list whose answers one tokenizer tells apart.

    Attributes:
        tokens: token id of each class; NONE where no pair of it was kept.
        kept: ids of the rows that were kept.
        rows: how many there were.
    """

    tokens: tuple[int, ...]
    kept: frozenset[str]
    rows: int

    @property
    def left_out(self) -> str:
        """How many pairs were left out, in words."""
        return f"{self.rows - len(self.kept)} of {self.rows} pairs, whose answer its first token does not tell"


def open_answers(rows: Sequence[Example], columns: Columns, template: Template, reader: Reader) -> OpenAnswers:
    """Return the pairs of a list that can be judged by the first token of their answer, under one tokenizer.

    The first token is that which follows the prompt of the pair's word alone, in the text of prompt and answer. A pair
    is left out where

    - it is no token of the answer's own: none, or, of a masked model, only one of several; the unknown token; white
      space alone; or one that joins the answer with the text before it;
    - a different answer of the list begins with it, or the same answer does not behind another word;
    - the word itself begins with it, written in the answer's place: to repeat the word would be to answer right.

    So a prediction of that token is none of a different answer of the list, and none of repeating the word.

    Args:
        rows: every pair of the list.
        columns: what they mean.
        template: how they are written.
        reader: the model's.

    Raises:
        VocabularyError: a special token in a text, or a token that the model has no embedding for.
    """
    heads = [template.written(columns, row) for row in rows]
    before = token_ids(reader, heads)
    answered = token_ids(reader, [head + template.label(row) for head, row in zip(heads, rows, strict=True)])
    repeated = token_ids(
        reader, [f"{head}{template.before}{row.fields[0]}" for head, row in zip(heads, rows, strict=True)]
    )
    firsts = [_first(head, whole, reader) for head, whole in zip(before, answered, strict=True)]
    of_answer: dict[int, set[int]] = {}
    of_token: dict[int, set[int]] = {}
    for row, first in zip(rows, firsts, strict=True):
        of_answer.setdefault(row.label, set()).add(first)
        of_token.setdefault(first, set()).add(row.label)
    tokens, kept = [NONE] * len(columns.classes), set[str]()
    for row, first, head, copy in zip(rows, firsts, before, repeated, strict=True):
        alone = len(of_answer[row.label]) == len(of_token[first]) == 1
        if first != NONE and alone and copy[len(head) : len(head) + 1] != [first]:
            tokens[row.label] = first
            kept.add(row.id)
    return OpenAnswers(tuple(tokens), frozenset(kept), len(rows))


def _first(head: Sequence[int], whole: Sequence[int], reader: Reader) -> int:
    """Return the first token behind a prompt, NONE where it says nothing of the answer."""
    behind = whole[len(head) :]
    if list(whole[: len(head)]) != list(head) or not behind or (reader.masked and len(behind) > 1):
        return NONE
    first = behind[0]
    unknown = first == reader.tokenizer.unk_token_id
    return NONE if unknown or not str(reader.tokenizer.decode([first])).strip(WHITE) else first
