"""Which token stands for a label: the first one of its word, as the tokenizer writes it behind a prompt."""

import string
from collections.abc import Sequence
from dataclasses import dataclass

from iclgd_core.errors import VocabularyError
from iclgd_core.tasks.prompts import Reader
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.template import Template
from iclgd_core.tasks.text.tokens import first_id, token_ids

WHITE = string.whitespace + "Ġ▁"
"""White space, also as tokenizers without a decoder write a space."""


@dataclass(frozen=True)
class LabelTokens:
    """Tokens of a template's labels under one tokenizer.

    Attributes:
        tokens: token id of each class.
        tail: ids of the text behind the label; () unless the template has such text and the model reads masks.
    """

    tokens: tuple[int, ...]
    tail: tuple[int, ...] = ()


def label_tokens(template: Template, columns: Columns, rows: Sequence[Example], reader: Reader) -> LabelTokens:
    """Return the token of each label behind the zero-shot prompts of some rows.

    The prompt and the prompt with each label are tokenised as whole texts; the ids of the first must begin those of the
    second, and the token that follows must be the same behind every row.

    Raises:
        VocabularyError: a label that has no token of its own in this place, two labels with one first token, or a first
            token of white space alone, which says nothing of the label.
    """
    heads = [template.head(columns, ()) + template.written(columns, row) for row in rows]
    found = {
        labels_behind(template, head, ids, reader) for head, ids in zip(heads, token_ids(reader, heads), strict=True)
    }
    if len(found) != 1:
        raise VocabularyError(
            f"template {template.name!r}: under the tokenizer of model {reader.name!r} the token of a label depends on "
            f"the text before it ({len(found)} ways over {len(rows)} rows). Choose another template."
        )
    labels = found.pop()
    _check_distinct(template, labels, reader)
    _check_words(template, labels, reader)
    return labels


def labels_behind(template: Template, head: str, ids: Sequence[int], reader: Reader) -> LabelTokens:
    """Return the token of each label behind one text.

    Args:
        template: gives the label words.
        head: a prompt up to its label.
        ids: its token ids, without special tokens.
        reader: the model's.

    Raises:
        VocabularyError: the label changes how the text before it is tokenised, or is several tokens for a masked
            model.
    """
    after = template.after if reader.masked else ""
    text = head + template.before
    whole = token_ids(reader, [f"{text}{word}" for word in template.words])
    behind = [
        _continuation(template, word, ids, full, reader) for word, full in zip(template.words, whole, strict=True)
    ]
    if not reader.masked:
        return LabelTokens(tuple(tokens[0] for tokens in behind))
    long = [word for word, tokens in zip(template.words, behind, strict=True) if len(tokens) > 1]
    if long:
        raise VocabularyError(
            f"template {template.name!r}: a masked model predicts one token, but under the tokenizer of model "
            f"{reader.name!r} these labels are several: {', '.join(map(repr, long))}."
        )
    if not after:
        return LabelTokens(tuple(tokens[0] for tokens in behind))
    whole = token_ids(reader, [f"{text}{word}{after}" for word in template.words])
    ends = [_continuation(template, word, ids, full, reader) for word, full in zip(template.words, whole, strict=True)]
    tails = {tuple(tokens[1:]) for tokens in ends}
    if len(tails) != 1 or any(end[0] != label[0] for end, label in zip(ends, behind, strict=True)):
        raise VocabularyError(
            f"template {template.name!r}: under the tokenizer of model {reader.name!r} the text {after!r} behind the "
            "label changes its tokens; write it with a space before it, or leave it out."
        )
    return LabelTokens(tuple(tokens[0] for tokens in behind), tails.pop())


def _continuation(
    template: Template, word: str, ids: Sequence[int], whole: Sequence[int], reader: Reader
) -> Sequence[int]:
    if list(whole[: len(ids)]) != list(ids) or len(whole) <= len(ids):
        raise VocabularyError(
            f"template {template.name!r}: the tokenizer of model {reader.name!r} joins label {word!r} with the text "
            "before it, so that no token stands for the label alone. Choose another template."
        )
    tokens = whole[len(ids) :]
    if reader.tokenizer.unk_token_id is not None and tokens[0] == reader.tokenizer.unk_token_id:
        raise VocabularyError(
            f"template {template.name!r}: the vocabulary of model {reader.name!r} cannot write label {word!r}; its "
            "first token is the unknown token."
        )
    return tokens


def _check_distinct(template: Template, labels: LabelTokens, reader: Reader) -> None:
    by_token: dict[int, list[str]] = {}
    for word, token in zip(template.words, labels.tokens, strict=True):
        by_token.setdefault(token, []).append(word)
    alike = [
        f"{' and '.join(map(repr, words))} both begin with {reader.tokenizer.convert_ids_to_tokens(token)!r}"
        for token, words in by_token.items()
        if len(words) > 1
    ]
    if alike:
        raise VocabularyError(
            f"template {template.name!r}: labels must differ in their first token, but under the tokenizer of model "
            f"{reader.name!r} {'; '.join(alike)}."
        )


def _check_words(template: Template, labels: LabelTokens, reader: Reader) -> None:
    for word, token in zip(template.words, labels.tokens, strict=True):
        if not str(reader.tokenizer.decode([token])).strip(WHITE):
            first = reader.tokenizer.convert_ids_to_tokens(token)
            raise VocabularyError(
                f"template {template.name!r}: under the tokenizer of model {reader.name!r} label {word!r} begins with "
                f'{first!r}, white space alone, which would stand for any word. Write before = "" into the template, '
                "so that no space stands before a label, or take words that this tokenizer writes with their space."
            )


def works(template: Template, columns: Columns, rows: Sequence[Example], reader: Reader) -> bool:
    """Return whether a tokenizer tells the labels of a template apart."""
    try:
        first_id(reader)
        label_tokens(template, columns, rows, reader)
    except VocabularyError:
        return False
    return True


def choose(
    template: Template, others: Sequence[Template], columns: Columns, rows: Sequence[Example], reader: Reader
) -> LabelTokens:
    """Return the label tokens of a template; where it does not work, name those of the task's templates that do.

    Raises:
        VocabularyError: as `label_tokens`.
    """
    try:
        return label_tokens(template, columns, rows, reader)
    except VocabularyError as error:
        good = [other.name for other in others if other.name != template.name and works(other, columns, rows, reader)]
        advice = (
            f"Templates of this task that work with it: {', '.join(good)} (--iclgd-template)."
            if good
            else "No other template of this task works with it; give another model, or a task file with other words."
        )
        raise VocabularyError(f"{error} {advice}").about("template" if good else "model") from error
