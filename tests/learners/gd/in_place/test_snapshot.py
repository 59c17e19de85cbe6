"""Weights put back bit for bit, and a checksum that finds what is not."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.learners.gd.in_place import snapshot as module
from iclgd_core.learners.gd.in_place.snapshot import RestoreError, Snapshot, checksum

DTYPES = (torch.float32, torch.float64, torch.bfloat16)


@pytest.mark.parametrize("dtype", DTYPES)
def test_restored_bit_for_bit(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    weights = {"a": torch.randn(5, 7).to(dtype), "b": torch.tensor([0.0, -0.0, torch.inf, torch.nan]).to(dtype)}
    before = {name: weight.clone() for name, weight in weights.items()}
    taken = Snapshot(weights)
    assert taken.nbytes == sum(weight.nbytes for weight in weights.values())
    for _ in range(2):
        for weight in weights.values():
            weight.mul_(-3).add_(1)
        taken.restore()
        for name, weight in weights.items():
            assert weight.view(torch.uint8).equal(before[name].view(torch.uint8))


def test_a_damaged_copy_is_found() -> None:
    weights = {"a": torch.randn(5, 7), "b": torch.randn(3)}
    taken = Snapshot(weights)
    taken._copies["b"][1] += 1
    with pytest.raises(RestoreError, match=r"1 of 2 weights could not be restored.*: b\. "):
        taken.restore()


@given(st.sampled_from(DTYPES), st.integers(1, 40), st.integers(0, 39), st.integers(0, 63), st.integers(0, 2**31))
def test_the_checksum_sees_any_flipped_bit(dtype: torch.dtype, size: int, at: int, bit: int, seed: int) -> None:
    values = torch.randn(size, generator=torch.Generator().manual_seed(seed)).to(dtype)
    width = values.element_size()
    raw = values.clone().view(torch.uint8)
    raw[(at % size) * width + bit % (8 * width) // 8] ^= 1 << (bit % 8)
    assert int(checksum(raw.view(dtype))) != int(checksum(values))


def test_the_checksum_sees_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 8)
    module._factors.cache_clear()
    values = torch.arange(23.0)
    sums = {int(checksum(values.roll(shift))) for shift in range(23)}
    module._factors.cache_clear()
    assert len(sums) == 23, "within a chunk of words, and from one to another"


def test_the_checksum_of_a_part_of_a_larger_tensor() -> None:
    """Whose bytes need not begin at a multiple of eight."""
    for dtype in DTYPES:
        values = torch.arange(12.0).to(dtype)
        assert {int(checksum(values[at:][:5])) == int(checksum(values[at:][:5].clone())) for at in range(7)} == {True}


def test_the_checksum_is_of_values_not_of_strides() -> None:
    values = torch.randn(6, 4)
    assert int(checksum(values.t())) == int(checksum(values.t().contiguous()))
