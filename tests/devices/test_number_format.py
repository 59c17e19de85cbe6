"""The number format is chosen by size and device, and says why."""

import pytest
import torch

from iclgd_core.devices import choose_dtype, parse_bytes, shown
from iclgd_core.errors import SettingsError


@pytest.mark.parametrize(
    ("size", "device", "name", "reason"),
    [
        (1_500_000_000, "cuda", "float32", "1.50 B parameters, at most 1.5 B"),
        (1_500_000_001, "cuda", "bfloat16", "above 1.5 B"),
        (6_738_415_616, "cuda:1", "bfloat16", "6.74 B parameters, above 1.5 B"),
        (6_738_415_616, "cpu", "float32", "but on a CPU"),
        (1000, "cpu", "float32", "at most"),
    ],
)
def test_the_rule(size: int, device: str, name: str, reason: str) -> None:
    chosen = choose_dtype(size, device)
    assert (chosen.name, chosen.dtype) == (name, getattr(torch, name))
    assert reason in chosen.reason


@pytest.mark.parametrize("name", ["float32", "float64", "bfloat16"])
def test_the_users_choice_wins(name: str) -> None:
    assert choose_dtype(7_000_000_000, "cuda", name).name == name
    assert choose_dtype(7_000_000_000, "cuda", name).reason == "asked for"


@pytest.mark.parametrize("name", ["float16", "half", "int8"])
def test_formats_that_cannot_train_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="float32, float64, bfloat16"):
        choose_dtype(1, "cuda", name)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("20GB", 20 * 10**9), ("1.5 GiB", 3 * 2**29), ("4096", 4096), ("1kib", 1024), (" 2TB ", 2 * 10**12), ("7b", 7)],
)
def test_amounts_are_read(text: str, amount: int) -> None:
    assert parse_bytes("--x", text) == amount


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "0", "1.2.3GB", "5 parsecs", "1e9", "inf", "0.1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--x is .* Allowed: an amount"):
        parse_bytes("--x", text)


@pytest.mark.parametrize(("amount", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (2**40 * 3, "3.0 TiB")])
def test_amounts_are_shown(amount: int, text: str) -> None:
    assert shown(amount) == text
