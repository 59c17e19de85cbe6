"""Text into token ids: the whole text at once, and no special token from what a text says."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import VocabularyError
from iclgd_core.tasks.prompts import Prompt, Reader, check_embedded

Ints = NDArray[np.int64]


def token_ids(reader: Reader, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text, tokenised as a whole, without special tokens.

    A text that spells a special token ("</s>") is read as ordinary characters, so that data cannot end a prompt or put
    a second mask into it. Where a tokenizer finds the token all the same (its model has the spelling as a piece), the
    spelling is taken apart by a space behind its first character.

    Raises:
        VocabularyError: a special token comes out even so, or one that the model has no embedding for.
    """
    special = _special_spellings(reader)
    found = _encoded(reader, texts)
    for number, ids in enumerate(found):
        if not special.keys().isdisjoint(ids):
            text = texts[number]
            for spelling in sorted(special.values(), key=len, reverse=True):
                text = text.replace(spelling, f"{spelling[0]} {spelling[1:]}")
            found[number] = _encoded(reader, [text])[0]
            if not special.keys().isdisjoint(found[number]):
                raise VocabularyError(
                    f"the tokenizer of model {reader.name!r} reads a special token "
                    f"({', '.join(sorted(special.values()))}) in a text of the task; leave such rows out."
                )
        check_embedded(found[number], reader)
    return found


def _encoded(reader: Reader, texts: Sequence[str]) -> list[list[int]]:
    if not texts:
        return []
    encoded = reader.tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True, verbose=False)
    return [list(map(int, ids)) for ids in encoded["input_ids"]]


def _special_spellings(reader: Reader) -> dict[int, str]:
    """Id and spelling of the tokens that mark a place and are no text: BOS, EOS, CLS, SEP, MASK, PAD."""
    tokenizer = reader.tokenizer
    names = ("bos_token", "eos_token", "cls_token", "sep_token", "mask_token", "pad_token")
    spelled = [str(token) for name in names if (token := getattr(tokenizer, name, None)) is not None]
    ids = tokenizer.convert_tokens_to_ids(spelled)
    return dict(zip(ids if isinstance(ids, list) else [ids], spelled, strict=True))


def first_id(reader: Reader) -> list[int]:
    """Return the ids before a prompt's text: CLS for a masked model, BOS where the reader asks for it, else none.

    Raises:
        VocabularyError: the tokenizer has no such token, or the model no embedding for it.
    """
    if reader.masked:
        return [_special(reader, "cls_token_id", "CLS")]
    if not reader.bos:
        return []
    if reader.tokenizer.bos_token_id is None and reader.tokenizer.cls_token_id is not None:
        return [_special(reader, "cls_token_id", "CLS")]
    return [_special(reader, "bos_token_id", "BOS")]


def finished(reader: Reader, text: Sequence[int], tail: Sequence[int]) -> Prompt:
    """Return the prompt whose text up to the label has the ids `text`.

    Causal: [BOS] text, read at its last token; no EOS. Masked: CLS text MASK tail SEP, read at the mask, where `tail`
    are the ids of what follows the label.
    """
    head = first_id(reader) + list(text)
    if not reader.masked:
        return Prompt(np.array(head, dtype=np.int64), len(head) - 1)
    mask, end = _special(reader, "mask_token_id", "MASK"), _special(reader, "sep_token_id", "SEP")
    return Prompt(np.array([*head, mask, *tail, end], dtype=np.int64), len(head))


def _special(reader: Reader, attribute: str, what: str) -> int:
    token = getattr(reader.tokenizer, attribute, None)
    if token is None:
        raise VocabularyError(f"the tokenizer of model {reader.name!r} has no {what} token, which its prompts need.")
    check_embedded([int(token)], reader)
    return int(token)
