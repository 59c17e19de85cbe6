"""What a GGUF file says it holds, checked against its size: no weight is read, and nothing is taken at its word.

A count or length is compared with the bytes that are left before anything is read or made for it. Tensors must lie one
behind the other, each at the next multiple of the alignment, from the end of the table to the end of the file.
"""

import math
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from iclgd_core.errors import ModelError
from iclgd_core.hub.gguf import format as gguf
from iclgd_core.safety.harmless_text import harmless

Value = int | float | bool | str | tuple[int | float | bool | str, ...]
"""Of one key of the metadata."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file.

    Attributes:
        shape: its sizes, the slowest first, as PyTorch has them; the file has them the other way round.
        type: how its numbers are stored.
        start: of its bytes in the file.
    """

    shape: tuple[int, ...]
    type: gguf.TensorType
    start: int

    @property
    def bytes(self) -> int:
        """How many it takes in the file."""
        return math.prod(self.shape) // self.type.block * self.type.bytes


@dataclass(frozen=True)
class Header:
    """Metadata and tensors of a file, by name."""

    metadata: Mapping[str, Value]
    tensors: Mapping[str, Tensor]

    @cached_property
    def quantisation(self) -> str:
        """Types of tensors with how many are stored so, the most frequent first: "Q4_1: 210 tensors, F32: 61"."""
        most, *others = Counter(one.type.name for one in self.tensors.values()).most_common()
        return ", ".join([f"{most[0]}: {most[1]} tensors", *(f"{name}: {n}" for name, n in others)])


def read_header(path: Path) -> Header:
    """Return the header of a GGUF file.

    Raises:
        ModelError: a file that cannot be opened, is none of this format, or whose header does not fit its size.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            content = file.read(min(size, gguf.MOST_HEADER_BYTES))
    except OSError as error:
        raise refusal(path, str(error)) from error
    try:
        return _parsed(_Cursor(content, size))
    except _MalformedError as error:
        raise refusal(path, str(error)) from error


def refusal(path: Path, reason: str) -> ModelError:
    """Return the error for a GGUF file that cannot be used."""
    return ModelError(
        f"the GGUF file {path} cannot be read: {reason.rstrip('.')}. Download or convert it again, or give the model "
        "as a folder of safetensors."
    )


class _MalformedError(Exception):
    """A header that is none; why."""


def _parsed(cursor: "_Cursor") -> Header:
    if cursor.take(4, "its magic number") != gguf.MAGIC:
        raise _MalformedError("it does not begin with GGUF")
    version = cursor.number(4)
    if version not in gguf.VERSIONS:
        if int.from_bytes(version.to_bytes(4, "little"), "big") in gguf.VERSIONS:
            raise _MalformedError("it is in big-endian order, and little-endian order alone is read")
        raise _MalformedError(f"it is of version {version}; allowed: {', '.join(map(str, gguf.VERSIONS))}")
    n_tensors, n_keys = cursor.number(10), cursor.number(10)
    # name, dimensions, one size, type, offset; key, type, one byte: the least that an entry takes
    cursor.must_hold(n_tensors, 8 + 4 + 8 + 4 + 8, "tensors")
    cursor.must_hold(n_keys, 8 + 4 + 1, "keys of metadata")
    metadata = _metadata(cursor, n_keys)
    alignment = metadata.get(gguf.ALIGNMENT_KEY, gguf.ALIGNMENT)
    if not isinstance(alignment, int) or not 8 <= alignment <= gguf.MOST_ALIGNMENT or alignment % 8:
        raise _MalformedError(f"its alignment is {_shown(alignment)}; allowed: multiples of 8 from 8 to 65536")
    return Header(metadata, _tensors(cursor, n_tensors, alignment))


def _metadata(cursor: "_Cursor", n_keys: int) -> dict[str, Value]:
    metadata: dict[str, Value] = {}
    for _ in range(n_keys):
        key = cursor.text("a key")
        if key in metadata:
            raise _MalformedError(f"the key {_shown(key)} is there twice")
        metadata[key] = cursor.value(cursor.number(4), key)
    return metadata


def _tensors(cursor: "_Cursor", n_tensors: int, alignment: int) -> dict[str, Tensor]:
    table: dict[str, tuple[tuple[int, ...], gguf.TensorType, int]] = {}
    for _ in range(n_tensors):
        name = cursor.text("a tensor's name", gguf.MOST_NAME_BYTES)
        if name in table:
            raise _MalformedError(f"the tensor {_shown(name)} is there twice")
        table[name] = _entry(cursor, name)
    if not table:
        raise _MalformedError("it holds no tensors")
    tensors: dict[str, Tensor] = {}
    first = end = _aligned(cursor.at, alignment)
    for name, (shape, kind, offset) in table.items():
        start = _aligned(end, alignment)
        if first + offset != start:
            raise _MalformedError(
                f"the tensor {_shown(name)} lies at byte {offset} of the data, and the tensors before it end at "
                f"{start - first}; they must lie one behind the other"
            )
        tensors[name] = Tensor(shape, kind, start)
        end = start + tensors[name].bytes
        if end > cursor.size:
            raise _MalformedError(f"it ends before the tensor {_shown(name)} does, which ends at byte {end}")
    if cursor.size > _aligned(end, alignment):
        raise _MalformedError(f"it has {cursor.size} bytes, and its tensors end at byte {end}")
    return tensors


def _entry(cursor: "_Cursor", name: str) -> tuple[tuple[int, ...], gguf.TensorType, int]:
    dimensions = cursor.number(4)
    if not 1 <= dimensions <= gguf.MOST_DIMENSIONS:
        raise _MalformedError(f"the tensor {_shown(name)} has {dimensions} dimensions; allowed: 1 to 4")
    sizes = [cursor.number(10) for _ in range(dimensions)]
    number, offset = cursor.number(4), cursor.number(10)
    kind = gguf.TENSOR_TYPES.get(number)
    if kind is None:
        known = ", ".join(one.name for one in gguf.TENSOR_TYPES.values())
        raise _MalformedError(f"the tensor {_shown(name)} is of type {number}, which is not read; read are {known}")
    if min(sizes) < 1 or sizes[0] % kind.block:
        raise _MalformedError(
            f"the tensor {_shown(name)} has the sizes {sizes}; allowed: 1 and more, the first a multiple of "
            f"{kind.block} ({kind.name})"
        )
    return tuple(reversed(sizes)), kind, offset


def _aligned(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment


def _shown(value: object) -> str:
    return repr(harmless(str(value)[:80], keep=""))


class _Cursor:
    """Reads a header from its beginning to its end.

    Attributes:
        at: the byte that is read next.
        size: of the file, of which `content` is the beginning.
    """

    def __init__(self, content: bytes, size: int) -> None:
        self._content, self.size, self.at = content, size, 0

    def take(self, length: int, what: str) -> bytes:
        left = len(self._content) - self.at
        if length > left:
            most = " of a header that are read" if len(self._content) < self.size else ""
            raise _MalformedError(f"{what} at byte {self.at} has {length} bytes, and {left} are left{most}")
        self.at += length
        return self._content[self.at - length : self.at]

    def number(self, kind: int) -> int:
        form = gguf.NUMBERS[kind]
        return int(struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}"), "a number"))[0])

    def must_hold(self, count: int, least: int, what: str) -> None:
        """Refuse more entries than the bytes that are left can be."""
        left = len(self._content) - self.at
        if count * least > left:
            raise _MalformedError(f"it announces {count} {what}, and {left} bytes are left for them")

    def text(self, what: str, most: int = gguf.MOST_HEADER_BYTES) -> str:
        length = self.number(10)
        if length > most:
            raise _MalformedError(f"{what} at byte {self.at} has {length} bytes; allowed: {most}")
        try:
            return self.take(length, what).decode()
        except UnicodeDecodeError as error:
            raise _MalformedError(f"{what} before byte {self.at} is not UTF-8") from error

    def value(self, kind: int, key: str) -> Value:
        if kind == gguf.ARRAY:
            inner, count = self.number(4), self.number(10)
            if count > gguf.MOST_ENTRIES:
                raise _MalformedError(
                    f"the key {_shown(key)} announces {count} entries; allowed: {gguf.MOST_ENTRIES:,}"
                )
            return self._values(inner, count, key)
        return self._values(kind, 1, key)[0]

    def _values(self, kind: int, count: int, key: str) -> tuple[int | float | bool | str, ...]:
        if kind == gguf.STRING:
            self.must_hold(count, 8, f"texts for {_shown(key)}")
            return tuple(self.text(f"a text of {_shown(key)}") for _ in range(count))
        if kind not in gguf.NUMBERS:
            raise _MalformedError(f"the key {_shown(key)} has a value of type {kind}, which is not read")
        form = f"<{count}{gguf.NUMBERS[kind]}"
        found = struct.unpack(form, self.take(struct.calcsize(form), f"the value of {_shown(key)}"))
        if kind != gguf.BOOL:
            return found
        if not set(found) <= {0, 1}:
            raise _MalformedError(f"the key {_shown(key)} has a truth value other than 0 and 1")
        return tuple(map(bool, found))
