"""The update rules against torch's optimizers, against arithmetic by hand, and each rounding of bfloat16."""

from collections.abc import Sequence

import pytest
import torch

from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.in_place import updates
from iclgd_core.learners.gd.in_place.entries import trained_entries
from iclgd_core.learners.gd.in_place.rounding import Rounding
from iclgd_core.learners.gd.in_place.updates import Updater

STEPS = 4


class Net(torch.nn.Module):
    def __init__(self, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(3)
        self.a = torch.nn.Parameter(torch.randn(6, 5, generator=draw).to(dtype))
        self.b = torch.nn.Parameter(torch.randn(4, generator=draw).to(dtype))
        self.c = torch.nn.Parameter(torch.randn(3, 4, generator=draw).to(dtype).t())


Slopes = dict[str, torch.Tensor | None]


def slopes(net: Net, seed: int = 1) -> list[Slopes]:
    draw = torch.Generator().manual_seed(seed)
    return [
        {name: torch.randn(p.shape, generator=draw).to(p.dtype) for name, p in net.named_parameters()}
        for _ in range(STEPS)
    ]


def updated(
    net: Net,
    steps: Sequence[Slopes],
    optimizer: str = "gd",
    rate: float = 0.1,
    masks: dict[str, torch.Tensor | None] | None = None,
    rounding: Rounding = "stochastic",
    seed: int = 0,
) -> Net:
    entries = trained_entries(net, masks or {name: None for name, _ in net.named_parameters()})
    updater = Updater(entries, get_optimizer(optimizer), rate, rounding, seed)
    for step in steps:
        updater.begin_step()
        updater.apply_all({name: step[name] for name in entries})
        assert updater.written
    return net


@pytest.mark.parametrize("chunk", [2**24, 7])
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov", "adam"])
def test_equals_torch(optimizer: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates, "CHUNK", chunk)
    net, reference = Net(), Net()
    found = updated(net, slopes(net), optimizer)
    theirs: torch.optim.Optimizer = (
        torch.optim.Adam(reference.parameters(), lr=0.1)
        if optimizer == "adam"
        else torch.optim.SGD(
            reference.parameters(), 0.1, 0.0 if optimizer == "gd" else 0.9, nesterov=optimizer == "nesterov"
        )
    )
    for step in slopes(reference):
        for name, parameter in reference.named_parameters():
            parameter.grad = step[name]
        theirs.step()
    for (name, one), other in zip(found.named_parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-14, atol=1e-14, msg=name)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("rounding", ["stochastic", "master", "nearest"])
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
def test_masked_entries_move_as_in_a_whole_parameter_and_no_other_moves(
    optimizer: str, rounding: Rounding, dtype: torch.dtype
) -> None:
    rows, single = torch.arange(6)[:, None] % 3 == 1, torch.arange(20).reshape(4, 5)[:, :3] % 4 == 0
    masks: dict[str, torch.Tensor | None] = {"a": rows, "c": single}
    start, every = Net(dtype), Net(dtype)
    found = updated(Net(dtype), slopes(start), optimizer, 0.3, masks, rounding)
    updated(every, slopes(start), optimizer, 0.3, None, rounding)
    assert torch.equal(found.b, start.b)
    for name, mask in masks.items():
        assert mask is not None
        wide = mask.expand_as(getattr(start, name))
        one, other, before = (getattr(net, name) for net in (found, every, start))
        assert torch.equal(one[~wide], before[~wide])
        assert not bool((one[wide] == before[wide]).any())
        if rounding != "stochastic" or dtype == torch.float64:
            torch.testing.assert_close(one[wide], other[wide], rtol=0, atol=0)


def test_sgd_by_hand() -> None:
    net = torch.nn.Module()
    net.w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    updater = Updater(trained_entries(net, {"w": None}), get_optimizer("gd"), 0.5, "stochastic", 0)
    updater.begin_step()
    updater.apply_all({"w": torch.tensor([1.0, 4.0])})
    assert net.w.tolist() == [0.5, -4.0]


def test_adams_first_step_is_the_rate_whatever_the_gradient() -> None:
    net = torch.nn.Module()
    net.w = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    updater = Updater(trained_entries(net, {"w": None}), get_optimizer("adam"), 0.125, "stochastic", 0)
    updater.begin_step()
    updater.apply_all({"w": torch.tensor([3.0, -1e-3], dtype=torch.float64)})
    assert net.w.tolist() == pytest.approx([0.875, -1.875], abs=2e-6)


def test_for_adam_no_gradient_is_a_gradient_of_zero() -> None:
    with_zeros, without = Net(), Net()
    steps = slopes(with_zeros)
    steps[1]["a"] = torch.zeros(6, 5, dtype=torch.float64)
    updated(with_zeros, steps, "adam")
    updated(without, [{**step, "a": step["a"] if i != 1 else None} for i, step in enumerate(steps)], "adam")
    assert torch.equal(with_zeros.a, without.a)


def test_bfloat16_by_hand() -> None:
    """One step of a quarter of a unit in the last place, four times: lost to the nearest, kept by a master copy."""
    unit = 2.0**-7
    cases: tuple[tuple[Rounding, float], ...] = (("nearest", 1.0), ("master", 1.0 + unit))
    for rounding, expected in cases:
        net = torch.nn.Module()
        net.w = torch.nn.Parameter(torch.ones(3, dtype=torch.bfloat16))
        updater = Updater(trained_entries(net, {"w": None}), get_optimizer("gd"), 0.25, rounding, 0)
        for _ in range(4):
            updater.begin_step()
            updater.apply_all({"w": torch.full((3,), -unit, dtype=torch.bfloat16)})
        assert net.w.tolist() == [expected] * 3, rounding


def test_stochastic_rounding_keeps_small_steps_in_the_mean() -> None:
    net = torch.nn.Module()
    net.w = torch.nn.Parameter(torch.ones(2**16, dtype=torch.bfloat16))
    updater = Updater(trained_entries(net, {"w": None}), get_optimizer("gd"), 1.0, "stochastic", 4)
    for _ in range(10):
        updater.begin_step()
        updater.apply_all({"w": torch.full((2**16,), -(2.0**-12), dtype=torch.bfloat16)})
    moved = float(net.w.detach().double().mean()) - 1
    # each weight moves by units of 2^-7 with a variance below 10 * 2^-5 * 2^-14
    assert moved == pytest.approx(10 * 2.0**-12, abs=6 * (10 * 2.0**-19 / 2**16) ** 0.5)


@pytest.mark.parametrize("optimizer", ["gd", "adam"])
def test_the_seed_decides_and_the_order_of_gradients_does_not(optimizer: str) -> None:
    def after(order: Sequence[str], seed: int) -> list[torch.Tensor]:
        net = Net(torch.bfloat16)
        entries = trained_entries(net, {name: None for name, _ in net.named_parameters()})
        updater = Updater(entries, get_optimizer(optimizer), 0.01, "stochastic", seed)
        for step in slopes(net):
            updater.begin_step()
            for name in order:
                updater.apply(name, step[name])
        return [parameter.detach() for parameter in net.parameters()]

    first, turned, other = after("abc", 1), after("cab", 1), after("abc", 2)
    assert all(map(torch.equal, first, turned))
    assert not all(map(torch.equal, first, other))


def test_a_state_in_float32_for_bfloat16() -> None:
    net = Net(torch.bfloat16)
    entries = trained_entries(net, {"a": torch.arange(6)[:, None] < 2})
    updater = Updater(entries, get_optimizer("adam"), 0.1, "master", 0)
    [moments] = updater._state.values()
    assert {m.dtype for m in moments} == {torch.float32}
    assert [tuple(m.shape) for m in moments] == [(2, 5), (2, 5)], "of the trained entries alone"
    assert [tuple(m.shape) for m in updater._master.values()] == [(2, 5)]
