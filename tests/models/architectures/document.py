"""The table of architectures as a Markdown document: written from the entries, so that it cannot say anything else."""

from collections.abc import Mapping, Sequence

from iclgd_core.models.architectures.entry import UNNAMED_WINDOW, WINDOWS, Architecture, Fused
from iclgd_core.models.architectures.rows import RowLayout, by_group, concatenated

_ROWS: dict[RowLayout, str] = {
    concatenated: "all queries, all keys, all values",
    by_group: "by group: queries, key, value",
}

_INTRODUCTION = """# Architectures

Any model that transformers loads as a causal language model can be read and trained as a whole. What needs the
attention projections W_Q, W_K, W_V and W_O (training W_V of a middle or deep layer, the sparsity of the projections)
needs to know where they are. For the architectures below that is written down, one entry each, in
`iclgd_core/models/architectures/table.py`. This page is generated from those entries.

An architecture that is not in the table is found by name where its weights are separate matrices called `q_proj`,
`k_proj`, `v_proj` and `o_proj` or `out_proj`, one of each in a layer; it is then reported as "by name, not in the
table". Anything else is refused with an error rather than guessed.
"""

_VERIFIED = """
## What the tests verify

For each model of the last column, built at toy size (three layers, four heads, random weights, windows of sliding
attention shorter than the prompts) from its own configuration, with eager attention, in float32, on a CPU:

- The projections that are found compute what the model's own attention computes: the values that leave its heads, the
  keys and values in its cache, its attention weights (up to their scale) and the output behind the heads. An entry that
  takes the wrong rows, or queries for keys, fails.
- Training W_V of the middle or deepest layer moves those rows or columns and nothing else: by the weights, and by the
  model's own attention weights and values. Biases are not part of W_V.
- Weights that are put back give the same logits to the bit. A saved and reloaded copy has the same projections, parts
  and logits, to the bit.
- Logits that are computed at one position alone are those of the whole forward pass, scaling and soft caps included.
- The columns of behaviour hold in both directions: an entry that promises too much or too little fails. For SDPA
  only the former: releases of transformers differ in what they offer.
    - *Padded right*: tokens behind the position that is read leave it as it is, without an attention mask. Masked
      models need the mask, and are exact with it.
    - *Prefix reused*: prompts behind the repeated key-value cache of their common prefix are answered as whole ones.
    - *Replicas*: the gradient under vmap over copies of the model equals a loop (masked models: without padding, since
      their attention masks are not for vmap). Others can be trained one at a time.
    - *SDPA*: torch's scaled-dot-product attention answers as eager attention does, whole or behind a prefix, padded
      or not, where transformers offers it. For Falcon this fails for its ALiBi models alone.
- A prompt as long as the context window is read; where positions are learned, a longer one cannot be.

Not verified: real checkpoints, flash attention, shorter formats than float32, GPUs, quantised weights.
"""

_REMARKS = """
## Context windows

The first of {windows}
that a configuration names, under the name it has there; where it names none, {unnamed:,} tokens.
ALiBi sets no limit itself; BLOOM's is the length of its training (`seq_length`), as far as it is recorded. RoBERTa
counts positions from behind its padding token, so that its window is shorter than its table. With rotary positions of
type `longrope` the window ends at `original_max_position_embeddings`: in a longer prompt the keys of all tokens change,
and neither a reused prefix nor padding would be exact. Sliding windows are no limit.

## What W_K^T W_Q leaves out

Rotary positions turn queries and keys, and some architectures normalise them, between the projections and the scores.
Sparsity of W_K^T W_Q is that of the product of the two matrices alone, as in the paper (arXiv 2310.08540, section 3.2).
"""


def document(entries: Sequence[Architecture], toys: Mapping[str, Sequence[str]]) -> str:
    """Return the document.

    Args:
        entries: the table.
        toys: names of the toy models with which each model_type is tested.
    """
    head = (
        "Architecture", "`model_type`", "W_Q, W_K, W_V", "W_O", "Positions", "Padded right", "Prefix reused",
        "Replicas", "SDPA", "Note", "Tested as",
    )  # fmt: skip
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row(_cells(entry, toys.get(entry.model_type, ()))) for entry in entries]
    windows = ", ".join(f"`{name}`" for name in WINDOWS)
    return "\n".join((_INTRODUCTION, *lines, _VERIFIED)) + _REMARKS.format(windows=windows, unnamed=UNNAMED_WINDOW)


def _cells(entry: Architecture, toys: Sequence[str]) -> list[str]:
    where = entry.projections
    if isinstance(where, Fused):
        kind = "columns" if where.input_major else "rows"
        projections = f"{kind} of `{where.weight}`, {_ROWS[where.rows]}"
    else:
        projections = ", ".join(f"`{name}`" for name in where.names[:3])
    title = f"{entry.title} (masked)" if entry.masked else entry.title
    flags = [_yes(entry.pads_right), _yes(entry.reuses_prefix), _yes(entry.vectorises), _yes(entry.sdpa)]
    own, tested = f"`{where.names[-1]}`", ", ".join(f"`{toy}`" for toy in toys)
    return [title, f"`{entry.model_type}`", projections, own, entry.positions, *flags, entry.note, tested]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
