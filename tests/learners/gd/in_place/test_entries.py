"""Which entries of a parameter are trained, read and written back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.learners.gd.in_place.entries import trained_entries


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.arange(12.0).reshape(3, 4))
        self.bias = torch.nn.Parameter(torch.arange(4.0))
        self.turned = torch.nn.Parameter(torch.arange(12.0).reshape(4, 3).t())
        self.tied = self.matrix


MASKS = {
    "one row": (torch.tensor([[False], [True], [False]]), 0),
    "two columns": (torch.tensor([[False, True, True, False]]), 1),
    "a row of the shape's tail": (torch.tensor([True, False, False, True]), 1),
    "single entries": (torch.arange(12).reshape(3, 4) % 5 == 0, None),
}


@pytest.mark.parametrize("name", ["matrix", "turned"])
@pytest.mark.parametrize("case", MASKS)
def test_read_and_written_back(case: str, name: str) -> None:
    net = Net()
    mask, axis = MASKS[case]
    entries = trained_entries(net, {name: mask})[name]
    assert entries.axis == axis
    before = getattr(net, name).detach().clone()
    wide = mask.expand(3, 4)
    with torch.no_grad():
        values = entries.of(entries.parameter)
        assert sorted(values.flatten().tolist()) == sorted(before[wide].tolist())
        entries.put(values + 100)
    assert torch.equal(getattr(net, name), torch.where(wide, before + 100, before))


@given(st.lists(st.booleans(), min_size=12, max_size=12).filter(any))
def test_any_mask_moves_its_entries_alone(flags: list[bool]) -> None:
    net = Net()
    mask = torch.tensor(flags).reshape(3, 4)
    entries = trained_entries(net, {"matrix": mask})["matrix"]
    before = net.matrix.detach().clone()
    with torch.no_grad():
        values = entries.of(entries.parameter)
        values += 1
        entries.put(values)
    assert torch.equal(net.matrix, before + mask)


def test_all_entries_are_the_parameter_itself() -> None:
    net = Net()
    for mask in (None, torch.ones(3, 1, dtype=torch.bool), torch.ones(1, dtype=torch.bool)):
        entries = trained_entries(net, {"matrix": mask})["matrix"]
        assert entries.index is None
        assert entries.of(net.matrix) is net.matrix


def test_tied_weights_are_trained_once() -> None:
    assert list(trained_entries(Net(), {"tied": None, "matrix": None, "bias": None})) == ["tied", "bias"]


def test_a_parameter_without_a_trained_entry_is_left_out() -> None:
    nothing = torch.zeros(1, dtype=torch.bool)
    assert list(trained_entries(Net(), {"matrix": nothing, "bias": None})) == ["bias"]


@pytest.mark.parametrize(
    ("trained", "message"),
    [
        ({"weight": None}, "no parameter 'weight'"),
        ({"matrix": torch.ones(3, dtype=torch.bool)}, r"of shape \(3,\).* broadcast to \(3, 4\)"),
        ({"bias": torch.ones(1, 4, dtype=torch.bool)}, r"broadcast to \(4,\)"),
        ({"matrix": torch.ones(3, 4)}, "float32.* must be boolean"),
        ({"matrix": torch.zeros(3, 4, dtype=torch.bool)}, "no weight is to be trained"),
        ({}, "no weight is to be trained"),
        ({"matrix": None, "tied": torch.ones(1, dtype=torch.bool)}, "shared under another name"),
    ],
)
def test_refused(trained: dict[str, torch.Tensor | None], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        trained_entries(Net(), trained)
