"""Sharded descent on one rank: optimizers, dtypes, masks, forward passes, restoring."""

from itertools import chain, product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch.distributed.device_mesh import DeviceMesh

from iclgd_core.errors import ModelError
from iclgd_core.learners.gd.optimizers import OPTIMIZERS, get_optimizer
from iclgd_core.learners.gd.run import Run
from iclgd_core.learners.gd.sharded.descent import RankDescent, passes, share
from iclgd_core.learners.gd.sharded.shards import blocks, local, local_masks, sharded
from iclgd_core.models.language.loading import DTYPES
from iclgd_core.models.language.projections import trained
from tests.learners.gd.sharded.toys import plain, save_toy, toy_run

LABELS = np.array([1])
READOUTS = (1, 2)
ROUNDING = 5e-6
VIEW = pytest.mark.filterwarnings("ignore:FSDP2-wrapped module .FSDPGPTJForCausalLM. returned a view:UserWarning")
"""FSDP2 warns of writing in place to what a GPT-J returns, which nothing does."""


def descent(
    path: Path, mesh: DeviceMesh, part: str = "whole", dtype: str = "float64", tokens: int = 4096, again: bool = False
) -> RankDescent:
    module = sharded(path, dtype, "eager", mesh)
    return RankDescent(module, local_masks(module, trained(module, part)), tokens, again, DTYPES[dtype])


def answers(one: RankDescent, run: Run, optimizer: str = "gd") -> tuple[NDArray[np.float64], list[float]]:
    found, losses = one.run(run, get_optimizer(optimizer), READOUTS, LABELS)
    return np.stack([np.asarray(answer) for answer in found]), losses


def weights(one: RankDescent) -> dict[str, torch.Tensor]:
    return {name: local(p).clone() for name, p in one.module.named_parameters()}


@VIEW
@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [*product(("llama", "gpt_neox"), sorted(set(OPTIMIZERS) - {"newton"})), ("gptj", "sgd2")],
)
def test_equals_a_plain_loop(kind: str, optimizer: str, tmp_path: Path, mesh: DeviceMesh) -> None:
    path, run = save_toy(kind, tmp_path), toy_run()
    found, losses = answers(descent(path, mesh), run, optimizer)
    wanted, wanted_losses = plain(path, run, get_optimizer(optimizer), READOUTS)
    # parts of these models compute in float32 whatever their dtype, and Adam divides by a small gradient's size
    np.testing.assert_allclose(found, wanted, atol=2e-4 if optimizer.startswith("adam") else ROUNDING, rtol=0)
    np.testing.assert_allclose(losses, wanted_losses, atol=1e-5, rtol=0)
    assert np.abs(found[0] - found[1]).max() > 1e-3, "nothing was learned"


@pytest.mark.parametrize("kind", ["llama", "gpt_neox"])
@pytest.mark.parametrize("part", ["v_middle", "v_deep"])
def test_a_part_alone_is_trained(kind: str, part: str, tmp_path: Path, mesh: DeviceMesh) -> None:
    path, run = save_toy(kind, tmp_path), toy_run(rate=0.5)
    found, _ = answers(descent(path, mesh, part), run)
    wanted, _ = plain(path, run, get_optimizer("gd"), READOUTS, part)
    whole, _ = plain(path, run, get_optimizer("gd"), READOUTS)
    np.testing.assert_allclose(found, wanted, atol=ROUNDING, rtol=0)
    assert np.abs(found - whole).max() > 1e-3, "the whole model gives the same, so the part was not shown"


@pytest.mark.parametrize("optimizer", ["sgd2", "adam"])
def test_entries_that_a_mask_leaves_out_keep_every_bit(
    optimizer: str, tmp_path: Path, mesh: DeviceMesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = descent(save_toy("gpt_neox", tmp_path), mesh, "v_deep")
    before = weights(one)
    monkeypatch.setattr(one, "_restore", lambda: None)
    answers(one, toy_run(rate=0.5), optimizer)
    ((name, mask),) = one.masks.items()
    assert mask is not None
    assert 0 < int(mask.sum()) < mask.numel()
    after = weights(one)
    changed = {other for other in before if not torch.equal(before[other], after[other])}
    assert changed == {name}
    assert torch.equal(before[name][~mask], after[name][~mask])
    assert not torch.equal(before[name][mask], after[name][mask])


@pytest.mark.parametrize(("tokens", "again"), [(1, False), (20, False), (4096, True), (1, True)])
def test_forward_passes_and_checkpointing_change_rounding_alone(
    tokens: int, again: bool, tmp_path: Path, mesh: DeviceMesh
) -> None:
    path, run = save_toy("llama", tmp_path), toy_run()
    found, losses = answers(descent(path, mesh, tokens=tokens, again=again), run)
    wanted, wanted_losses = answers(descent(path, mesh), run)
    np.testing.assert_allclose(found, wanted, atol=ROUNDING, rtol=0)
    np.testing.assert_allclose(losses, wanted_losses, atol=1e-6, rtol=0)


def test_bfloat16_is_computed_with_and_float32_updated(tmp_path: Path, mesh: DeviceMesh) -> None:
    path = save_toy("llama", tmp_path)
    one = descent(path, mesh, dtype="bfloat16")
    assert {p.dtype for p in weights(one).values()} == {torch.float32}
    # a step far below a bfloat16's spacing: 40 of them must add up
    run = toy_run(rate=2e-4)
    found, losses = one.run(run, get_optimizer("gd"), (1, 40), LABELS)
    exact, wanted = plain(path, run, get_optimizer("gd"), (1, 40))
    assert abs(losses[1] - wanted[1]) < 0.1 * (wanted[0] - wanted[1])
    np.testing.assert_allclose(np.stack([np.asarray(f) for f in found]), exact, atol=0.15, rtol=0)


@VIEW
@pytest.mark.parametrize("kind", ["llama", "gpt_neox", "gptj"])
def test_answers_in_bfloat16_are_those_of_a_bfloat16_model(kind: str, tmp_path: Path, mesh: DeviceMesh) -> None:
    path, run = save_toy(kind, tmp_path), toy_run(rate=1e-30)
    found, _ = answers(descent(path, mesh, dtype="bfloat16", tokens=1), run)
    wanted, _ = plain(path, run, get_optimizer("gd"), READOUTS, dtype="bfloat16")
    np.testing.assert_allclose(found, wanted, atol=1e-5, rtol=0)
    exact, _ = plain(path, run, get_optimizer("gd"), READOUTS)
    assert np.abs(found - exact).max() > 1e-3, "nothing was rounded"


def test_weights_come_back_bit_by_bit_even_from_a_diverged_run(tmp_path: Path, mesh: DeviceMesh) -> None:
    one = descent(save_toy("llama", tmp_path), mesh, dtype="float32")
    before, good = weights(one), toy_run()
    first = answers(one, good)
    wild, _ = answers(one, toy_run(rate=1e30))
    assert np.isnan(wild[-1]).all()
    after = weights(one)
    assert all(torch.equal(before[name], after[name]) for name in before)
    again = answers(one, good)
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]


def test_weights_that_are_not_finite_are_refused(tmp_path: Path, mesh: DeviceMesh) -> None:
    path = save_toy("llama", tmp_path)
    stored = load_file(path / "model.safetensors")
    stored["model.norm.weight"][3] = torch.nan
    save_file(stored, path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"not finite, first in model\.norm\.weight"):
        sharded(path, "float32", None, mesh)


def test_a_model_without_blocks_is_refused() -> None:
    with pytest.raises(ModelError, match="no list of transformer blocks"):
        blocks(torch.nn.Linear(2, 2))


@given(n=st.integers(0, 40), ranks=st.integers(1, 9))
def test_shares_are_everything_once_and_even(n: int, ranks: int) -> None:
    rows = [list(range(n))[share(n, ranks, rank)] for rank in range(ranks)]
    assert list(chain(*rows)) == list(range(n))
    assert max(map(len, rows)) - min(map(len, rows)) <= 1


@given(n=st.integers(1, 40), ranks=st.integers(1, 9), rows=st.integers(1, 7))
def test_ranks_take_part_in_equally_many_passes(n: int, ranks: int, rows: int) -> None:
    found = [passes(n, ranks, rank, rows) for rank in range(ranks)]
    assert len({len(one) for one in found}) == 1
    assert all(len(part) <= rows for one in found for part in one)
    assert [row for one in found for part in one for row in part] == list(range(n))
