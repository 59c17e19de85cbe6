"""Many texts with one beginning: the beginning is tokenised once where the tokenizer cuts at its end."""

from collections.abc import Sequence

from iclgd_core.tasks.prompts import Reader
from iclgd_core.tasks.text.tokens import token_ids

WINDOW = 48
"""Characters on each side of the cut that are looked at: several words, more than a tokenizer's rules look across."""


def behind_head(reader: Reader, head: str, tails: Sequence[str], tail_ids: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the token ids of head + tail for every tail.

    ids(head + tail) = ids(head) + ids(tail) where the tokenizer cuts between them, as byte-level ones do at a line
    break. Whether it does is found out for each tail by tokenising the 48 characters on both sides, apart and together.
    Where it does not (a tokenizer that puts a space before a text, say), the texts are tokenised as wholes.

    Args:
        reader: the model's.
        head: the common beginning.
        tails: the rest of each text.
        tail_ids: token ids of each tail alone.
    """
    if not head:
        return [list(ids) for ids in tail_ids]
    if len(head) <= 2 * WINDOW or not _cuts(reader, head, tails):
        return token_ids(reader, [head + tail for tail in tails])
    start = token_ids(reader, [head])[0]
    return [[*start, *ids] for ids in tail_ids]


def _cuts(reader: Reader, head: str, tails: Sequence[str]) -> bool:
    left, rights = head[-WINDOW:], [tail[:WINDOW] for tail in tails]
    before, *apart = token_ids(reader, [left, *rights])
    together = token_ids(reader, [left + right for right in rights])
    return all(whole == before + part for whole, part in zip(together, apart, strict=True))
