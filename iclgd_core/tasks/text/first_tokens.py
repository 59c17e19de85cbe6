"""The head and the end of a prompt, for a report: what BOS, the leading space and EOS became."""

from collections.abc import Sequence

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.tasks.prompts import Reader
from iclgd_core.tasks.text.text_prompts import TextPrompts
from iclgd_core.tasks.text.tokens import first_id, token_ids

SPACES = ("Ġ", "▁", " ")
"""How tokenizers write the space at the beginning of a token."""


def first_tokens(prompts: TextPrompts, shots: int = 1, count: int = 12) -> dict[str, Json]:
    """Return the first and the last tokens of the first query's prompt, and how special tokens were handled.

    Args:
        prompts: an episode in a model's tokens.
        shots: demonstrations before the query, at most the pool.
        count: tokens shown of each end.

    Returns:
        Plain JSON: "first" and "last" (lists of {id, token}), "length", "labels" (word -> {id, token}), and one line
        each on "begins with", "leading space", "label space" and "end". Of open answers, "labels" has those of this
        prompt, and a line says what was "left out".
    """
    reader = prompts.reader
    order = np.arange(min(shots, prompts.pool))
    prompt = prompts.prompts(order)[0]
    ids = [int(token) for token in prompt.ids]
    head = first_id(reader)
    rows = (*prompts.episode.demonstrations[: len(order)], prompts.episode.queries[0])
    classes = dict.fromkeys(row.label for row in rows) if prompts.left_out else range(len(prompts.template.words))
    tokens = {prompts.template.words[label]: prompts.labels.tokens[label] for label in classes}
    return {
        "demonstrations": len(order),
        "length": len(ids),
        "readout": prompt.readout,
        "first": _shown(reader, ids[:count]),
        "last": _shown(reader, ids[-count:]),
        "labels": {word: _shown(reader, [token])[0] for word, token in tokens.items()},
        "begins with": f"{_name(reader, head[0])}, id {head[0]}" if head else "the text: no BOS",
        "leading space": _leading_space(reader),
        "label space": _label_space(reader, list(tokens.values())),
        "end": "mask, then SEP; no EOS" if reader.masked else "the last token before the label; no EOS",
        **({"left out": prompts.left_out} if prompts.left_out else {}),
    }


def _shown(reader: Reader, ids: Sequence[int]) -> list[Json]:
    return [{"id": token, "token": _name(reader, token)} for token in ids]


def _name(reader: Reader, token: int) -> str:
    return str(reader.tokenizer.convert_ids_to_tokens(token))


def _leading_space(reader: Reader) -> str:
    """Say whether the tokenizer puts a space before the first word of a text of its own accord."""
    first = _name(reader, token_ids(reader, ["The"])[0][0])
    added = first.startswith(SPACES)
    return "the tokenizer adds one to the first word" if added else "none is added to the first word"


def _label_space(reader: Reader, tokens: Sequence[int]) -> str:
    names = [_name(reader, token) for token in tokens]
    inside = all(name.startswith(SPACES) for name in names)
    return "part of the label's token" if inside else "not part of every label's token"
