"""A header is checked against the size of its file before anything is made for it."""

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import gguf
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import IclgdError, ModelError
from iclgd_core.hub.gguf.format import TENSOR_TYPES
from iclgd_core.hub.gguf.header import read_header
from iclgd_core.models.language.loading import load_model
from tests.hub.gguf.tiny import module_of

HUGE = 2**63
Damage = Callable[[bytes], bytes]


def at(position: int, form: str, *values: int) -> Damage:
    """Numbers written over what stands at a position."""
    packed = struct.pack(f"<{form}", *values)
    return lambda content: content[:position] + packed + content[position + len(packed) :]


def behind(mark: bytes, offset: int, form: str, *values: int) -> Damage:
    """Numbers written so many bytes behind the first place where a text stands."""
    return lambda content: at(content.index(mark) + len(mark) + offset, form, *values)(content)


def instead(old: bytes, new: bytes) -> Damage:
    """One text in place of another at its first place."""
    assert len(old) == len(new)
    return lambda content: content.replace(old, new, 1)


def big_endian(content: bytes) -> bytes:
    return content[:4] + content[4:8][::-1] + content[8:]


EMBEDDING = b"token_embd.weight"
HOSTILE: dict[str, tuple[Damage, str]] = {
    "empty": (lambda content: b"", "magic number"),
    "another format": (at(0, "4s", b"PK\3\4"), "does not begin with GGUF"),  # type: ignore[arg-type]
    "version 1": (at(4, "I", 1), "version 1; allowed: 2, 3"),
    "big-endian": (big_endian, "big-endian"),
    "2^63 tensors": (at(8, "Q", HUGE), f"announces {HUGE} tensors"),
    "2^63 keys": (at(16, "Q", HUGE), f"announces {HUGE} keys"),
    "no tensors": (at(8, "Q", 0), "holds no tensors"),
    "a key of 2^63 bytes": (at(24, "Q", HUGE), "a key at byte"),
    "a text of 2^63 bytes": (behind(b"general.name", 4, "Q", HUGE), "a text of 'general.name'"),
    "a text longer than the file": (behind(b"general.name", 4, "Q", 10**7), "a text of 'general.name'"),
    "an array of 2^63": (behind(b"tokenizer.ggml.token_type", 8, "Q", HUGE), f"announces {HUGE} entries"),
    "an array longer than the file": (behind(b"tokenizer.ggml.token_type", 8, "Q", 2**23), "bytes are left|has"),
    "texts more than the file": (behind(b"tokenizer.ggml.tokens", 8, "Q", 2**23), "texts for"),
    "an array of arrays": (behind(b"tokenizer.ggml.token_type", 4, "I", 9), "type 9, which is not read"),
    "a type of value that is none": (behind(b"general.name", 0, "I", 77), "type 77, which is not read"),
    "a truth value of 2": (behind(b"tokenizer.ggml.add_bos_token", 4, "B", 2), "truth value other than"),
    "a key twice": (instead(b"rope.freq_base", b"context_length"), "'llama.context_length' is there twice"),
    "a name that is not UTF-8": (instead(b"general.name", b"general.\xff\xff\xff\xff"), "not UTF-8"),
    "a tensor twice": (instead(b"blk.1.attn_q.weight", b"blk.0.attn_q.weight"), "'blk.0.attn_q.weight' is there twice"),
    "no dimensions": (behind(EMBEDDING, 0, "I", 0), "has 0 dimensions"),
    "2^32 - 1 dimensions": (behind(EMBEDDING, 0, "I", 2**32 - 1), "dimensions; allowed: 1 to 4"),
    "a size of 0": (behind(EMBEDDING, 4, "Q", 0), "allowed: 1 and more"),
    "sizes whose product overflows": (behind(EMBEDDING, 4, "QQ", 2**62, 2**62), "ends before the tensor|must lie"),
    "another size": (behind(EMBEDDING, 4, "Q", 63), "must lie one behind the other"),
    "an unknown type": (behind(EMBEDDING, 20, "I", 99), "type 99, which is not read"),
    "a smaller type": (behind(EMBEDDING, 20, "I", 1), "must lie one behind the other"),
    "a negative offset": (behind(EMBEDDING, 24, "q", -32), "must lie one behind the other"),
    "an overlap": (behind(b"blk.0.attn_q.weight", 24, "Q", 0), "must lie one behind the other"),
    "weights cut off": (lambda content: content[:-1000], "ends before the tensor"),
    "the header cut off": (lambda content: content[:1000], "left"),
    "more behind the weights": (lambda content: content + bytes(1000), "its tensors end at byte"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_is_one_clear_error(name: str, content: bytes, tmp_path: Path, own_cache: Path) -> None:
    damage, says = HOSTILE[name]
    damaged = damage(content)
    assert damaged != content
    path = tmp_path / "hostile.gguf"
    path.write_bytes(damaged)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=says) as error:
            read_header(path)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(content), "more than the file itself can need"
    finally:
        tracemalloc.stop()
    assert str(path) in str(error.value)
    with pytest.raises(ModelError, match=says):
        load_model(str(path))
    assert not list(own_cache.glob("*"))


@pytest.mark.parametrize("alignment", [0, 7, 12, 2**31])
def test_an_alignment_that_is_none_is_refused(alignment: int, content: bytes, tmp_path: Path) -> None:
    entry = struct.pack("<Q17sII", 17, b"general.alignment", 4, alignment)
    keys = struct.unpack_from("<Q", content, 16)[0] + 1
    path = tmp_path / "aligned.gguf"
    path.write_bytes(content[:16] + struct.pack("<Q", keys) + entry + content[24:])
    with pytest.raises(ModelError, match=f"alignment is '{alignment}'"):
        read_header(path)


@pytest.mark.parametrize("alignment", [8, 64, 4096])
def test_other_alignments_are_read(alignment: int, tmp_path: Path) -> None:
    path = tmp_path / "aligned.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_custom_alignment(alignment)
    for name in "ab":
        writer.add_tensor(name, torch.arange(33.0).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    expected = {one.name: one.data_offset for one in gguf.GGUFReader(path).tensors}
    assert {name: one.start for name, one in read_header(path).tensors.items()} == expected


def test_the_header_is_what_the_library_reads(file: Path) -> None:
    header, reader = read_header(file), gguf.GGUFReader(file)
    assert {name: (one.shape, one.type.name, one.start, one.bytes) for name, one in header.tensors.items()} == {
        one.name: (tuple(reversed(one.shape.tolist())), one.tensor_type.name, one.data_offset, one.n_bytes)
        for one in reader.tensors
    }
    for key, value in header.metadata.items():
        read = reader.fields[key].contents()
        assert (list(value) if isinstance(value, tuple) else value) == read


def test_types_are_as_large_as_the_library_says_and_can_be_dequantised() -> None:
    for number, kind in TENSOR_TYPES.items():
        known = gguf.GGMLQuantizationType(number)
        assert (kind.name, (kind.block, kind.bytes)) == (known.name, gguf.GGML_QUANT_SIZES[known])
        assert gguf.dequantize(torch.zeros(1, kind.bytes, dtype=torch.uint8).numpy(), known).shape == (1, kind.block)


def changed(header: bytes, where: float, value: int, bytes_long: int) -> bytes:
    """A number of one or eight bytes written over what stands at a place from 0 to 1."""
    place = int(where * (len(header) - 8))
    return header[:place] + value.to_bytes(8, "little")[:bytes_long] + header[place + bytes_long :]


places = st.floats(0, 1) | st.floats(0, 0.1) | st.floats(0.8, 1)
values = st.sampled_from([0, 1, 255, 2**31, 2**32 - 1, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1)
DAMAGES = st.lists(st.tuples(places, values, st.sampled_from([1, 8])), min_size=1, max_size=2)


@given(damages=DAMAGES, left=st.just(1.0) | st.floats(0, 1))
@settings(max_examples=150)
def test_a_damaged_header_is_an_error_or_leaves_the_weights_as_they_are(
    content: bytes, written: Path, damages: list[tuple[float, int, int]], left: float
) -> None:
    end = min(one.start for one in read_header(written).tensors.values())
    header = content[:end]
    for damage in damages:
        header = changed(header, *damage)
    path = written.with_name("damaged.gguf")
    path.write_bytes(header + content[end:] if left == 1 else header[: int(left * end)])
    try:
        own = dict(load_model(str(path), attention="eager").module.named_parameters())
    except IclgdError:
        return
    assert all(torch.equal(weight, own[name]) for name, weight in module_of().named_parameters())
