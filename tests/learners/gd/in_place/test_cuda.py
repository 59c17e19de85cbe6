"""What only a GPU can show: the same results, the snapshot in pinned memory, and a real lack of memory."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.in_place import InPlaceDescent, Plan, Rounding, snapshot, train_in_place
from iclgd_core.learners.gd.in_place.rounding import round_stochastically
from iclgd_core.learners.gd.in_place.snapshot import Snapshot, checksum
from iclgd_core.models.language.adapter import CausalModel
from tests.learners.gd.in_place.small_runs import LABELS, small_run, weights, whole
from tests.tiny_models import tiny_model

pytestmark = pytest.mark.gpu


def on_gpu(double: bool = False) -> CausalModel:
    model = tiny_model(double=double)
    model.module.to("cuda")  # type: ignore[arg-type]
    return model


@pytest.mark.parametrize("plan", [Plan(), Plan(micro_rows=2, checkpointing=True), Plan(at_once=True)])
@pytest.mark.parametrize("optimizer", ["gd", "sgd2", "adam"])
def test_as_on_the_cpu(optimizer: str, plan: Plan) -> None:
    run, rule = small_run(0.02), get_optimizer(optimizer)
    found, expected = (
        np.asarray(next(train_in_place(model, whole(model), rule, (1, 3), [run], LABELS, plan=plan))[0])
        for model in (on_gpu(double=True), tiny_model(double=True))
    )
    np.testing.assert_allclose(found, expected, atol=1e-6, rtol=0)


def test_the_checksum_is_that_of_the_cpu() -> None:
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        values = torch.randn(1003).to(dtype)
        assert int(checksum(values)) == int(checksum(values.cuda()))


@pytest.mark.parametrize("on_device", [2**30, 0])
def test_restored_bit_for_bit(on_device: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "ON_DEVICE_BYTES", on_device)
    values = {"a": torch.randn(501, device="cuda").bfloat16()}
    before = values["a"].clone()
    taken = Snapshot(values)
    [copy] = taken._copies.values()
    assert copy.is_pinned() == (on_device == 0)
    values["a"].zero_()
    taken.restore()
    assert torch.equal(values["a"], before)


@pytest.mark.parametrize("rounding", ["stochastic", "master", "nearest"])
def test_bfloat16_runs_and_is_restored(rounding: Rounding) -> None:
    model = on_gpu()
    model.module.bfloat16()
    before = weights(model)
    [(found, losses)] = train_in_place(
        model, whole(model), get_optimizer("gd"), (2,), [small_run(0.02)], LABELS, rounding=rounding
    )
    assert np.isfinite(np.asarray(found)).all()
    assert np.isfinite(losses).all()
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(model).items())


def test_stochastic_rounding_is_without_bias() -> None:
    value = torch.full((2**20,), 1 + 3 / 16 * 2.0**-7, device="cuda")
    found = round_stochastically(value, torch.Generator("cuda").manual_seed(5)).double()
    assert float(found.mean()) == pytest.approx(1 + 3 / 16 * 2.0**-7, abs=6 * 2.0**-7 * (3 / 16 / 2**20) ** 0.5)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Let this process have a thousandth of the GPU."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-3)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.usefixtures("little_memory")
def test_a_real_lack_of_memory_is_an_error_and_the_model_is_restored() -> None:
    """The attention of a single long example, 2 x 60000^2 numbers a layer, is more than any GPU's thousandth."""
    model = on_gpu()
    before = weights(model)
    run = small_run(lengths=(60_000,))
    with (
        pytest.raises(match="one example of 60000 tokens"),
        InPlaceDescent(model, whole(model)) as descent,
    ):
        descent.descend(get_optimizer("gd"), (1,), run, lambda: None)
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(model).items())
