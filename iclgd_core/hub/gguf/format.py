"""The GGUF format, as it is published: types of values and of tensors, and the limits that this project sets.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from dataclasses import dataclass

MAGIC = b"GGUF"
VERSIONS = (2, 3)
"""Versions that are read; version 1 has other widths of lengths."""

ALIGNMENT, ALIGNMENT_KEY = 32, "general.alignment"
"""Bytes at whose multiples tensors begin, where the file says nothing else, and the key that says it."""

MOST_ALIGNMENT = 2**16
MOST_HEADER_BYTES = 2**28
"""Of metadata and the table of tensors together; a vocabulary of 256,000 tokens with its merges takes some 15 MB."""

MOST_ENTRIES = 2**24
"""Of an array; the largest vocabularies have fewer than 2**19 tokens."""

MOST_NAME_BYTES = 64
MOST_DIMENSIONS = 4

STRING, ARRAY, BOOL = 8, 9, 7

NUMBERS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", BOOL: "B", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
"""Types of values that have a fixed size, as `struct` writes them."""


@dataclass(frozen=True)
class TensorType:
    """How the numbers of a tensor are stored.

    Attributes:
        name: as the format has it.
        block: numbers that are stored together; a row holds whole blocks.
        bytes: of a block.
    """

    name: str
    block: int
    bytes: int


TENSOR_TYPES = {
    0: TensorType("F32", 1, 4),
    1: TensorType("F16", 1, 2),
    2: TensorType("Q4_0", 32, 18),
    3: TensorType("Q4_1", 32, 20),
    6: TensorType("Q5_0", 32, 22),
    7: TensorType("Q5_1", 32, 24),
    8: TensorType("Q8_0", 32, 34),
    10: TensorType("Q2_K", 256, 84),
    11: TensorType("Q3_K", 256, 110),
    12: TensorType("Q4_K", 256, 144),
    13: TensorType("Q5_K", 256, 176),
    14: TensorType("Q6_K", 256, 210),
    16: TensorType("IQ2_XXS", 256, 66),
    17: TensorType("IQ2_XS", 256, 74),
    18: TensorType("IQ3_XXS", 256, 98),
    19: TensorType("IQ1_S", 256, 50),
    20: TensorType("IQ4_NL", 32, 18),
    21: TensorType("IQ3_S", 256, 110),
    22: TensorType("IQ2_S", 256, 82),
    23: TensorType("IQ4_XS", 256, 136),
    29: TensorType("IQ1_M", 256, 56),
    30: TensorType("BF16", 1, 2),
}
"""Types of tensors that are dequantised, by their number in a file."""
