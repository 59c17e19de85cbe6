"""What the weight files of a model say they hold, from their headers: nothing is loaded."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from safetensors import SafetensorError, safe_open

from iclgd_core.errors import ModelError
from iclgd_core.evidence.plain import Json
from iclgd_core.safety.harmless_text import harmless

MOST_TOKENS = 2**24
MOST_LABELS = 2**16

_LABELS = ("num_labels",)
_DEPTHS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_STACKS = ("encoder_layers", "decoder_layers")
_LAYERS = re.compile(r"layer|depth|block")
_LENGTH = re.compile(r"position|ctx|seq|length|window|context|max_len")
_NO_SIZE = re.compile(r"token|_ids?$|_idx$|theta|base|seed|eps|version")


@dataclass(frozen=True)
class Held:
    """One tensor of a model's files.

    Attributes:
        file: that holds it.
        shape: its sizes.
        dtype: its number format, as safetensors names it ("F32", "BF16", "I8").
    """

    file: Path
    shape: tuple[int, ...]
    dtype: str

    @property
    def elements(self) -> int:
        """Numbers in it."""
        return math.prod(self.shape)

    @property
    def whole_numbers(self) -> bool:
        """Whether it holds integers or truth values."""
        return self.dtype.startswith(("I", "U", "BOOL"))


@dataclass(frozen=True)
class Headers:
    """The tensors of a model's files.

    Attributes:
        held: each tensor by its name.
        bytes: of the files.
    """

    held: Mapping[str, Held]
    bytes: int

    @property
    def tensors(self) -> int:
        """How many."""
        return len(self.held)

    @cached_property
    def elements(self) -> int:
        """Numbers in all of them together."""
        return sum(one.elements for one in self.held.values())


def read_headers(files: Sequence[Path], where: str) -> Headers:
    """Return what the headers of safetensors files say.

    Raises:
        ModelError: a file that is truncated or no safetensors file; a tensor that two files hold, of which one would
            be read.
    """
    held: dict[str, Held] = {}
    for path in files:
        try:
            with safe_open(path, framework="pt") as file:
                slices = {name: file.get_slice(name) for name in file.keys()}
                own = {name: Held(path, tuple(one.get_shape()), one.get_dtype()) for name, one in slices.items()}
        except (SafetensorError, OSError, ValueError, OverflowError) as error:
            raise ModelError(
                f"{where} cannot be read: {path.name} is no whole safetensors file ({error}). Download or save it "
                "again."
            ) from error
        if twice := min(held.keys() & own.keys(), default=""):
            raise ModelError(
                f"{where} cannot be read: both {held[twice].file.name} and {path.name} hold {harmless(twice[:200])}. "
                "Keep the one that is meant, or save the model again."
            )
        held |= own
    return Headers(held, sum(path.stat().st_size for path in files))


def check_sizes(config: Mapping[str, Json], headers: Headers, where: str) -> None:
    """Refuse a configuration with numbers that the weight files cannot bear out: building it would not end.

    A number of layers is 1 or more and at most that of the tensors in the files, any other size at most that of the
    numbers in them.
    Context lengths, token ids and bases of angles are not sizes of weights; the first have a limit of their own.

    Raises:
        ModelError: such a configuration.
    """
    for key, value in _integers("", dict(config)):
        if _NO_SIZE.search(key):
            continue
        if key in _LABELS:
            most, reason = MOST_LABELS, f"a model holds {MOST_LABELS:,} labels at most"
        elif _LENGTH.search(key):
            most, reason = MOST_TOKENS, f"a context of at most {MOST_TOKENS:,} tokens can hold a prompt"
        elif _LAYERS.search(key):
            most, reason = headers.tensors, f"its weight files hold {headers.tensors:,} tensors"
        else:
            most, reason = headers.elements, f"its weight files hold {headers.elements:,} numbers"
        if value > most or (key in _DEPTHS and value < 1):
            shown = value if value < 10**30 else "10**30 or more"
            raise ModelError(
                f"{where} cannot be read: config.json says {key[:80]} = {shown}, but {reason}. Save the model again."
            )


def states_depth(config: Mapping[str, Json], depth: int) -> bool:
    """Return whether a configuration says itself, and not by default, that a model has so many layers."""
    return any(value == depth for key, value in _integers("", dict(config)) if key in (*_DEPTHS, *_STACKS))


def _integers(key: str, value: Json) -> Iterator[tuple[str, int]]:
    """Yield every integer in a value with the key that it, or the list that holds it, stands under."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield key, value
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _integers(inner, one)
    elif isinstance(value, list):
        for one in value:
            yield from _integers(key, one)
