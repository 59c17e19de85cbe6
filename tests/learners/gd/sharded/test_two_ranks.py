"""Sharded over two processes, gradient descent gives what it gives in one."""

from pathlib import Path

import numpy as np
import torch

from iclgd_core.learners.gd.optimizers import get_optimizer
from iclgd_core.learners.gd.sharded import descend_sharded
from iclgd_core.models.language.predictions import TopLogProbs, read_out
from tests.learners.gd.sharded.toys import plain, save_toy, toy_run
from tests.waiting import HANG

READOUTS = (1, 3)


def test_a_whole_llama_equals_a_plain_loop(tmp_path: Path) -> None:
    path, optimizer = save_toy("llama", tmp_path), get_optimizer("sgd2")
    runs = [toy_run(rate=0.1), toy_run(rate=0.2, seed=1), toy_run(rate=0.1)]
    found = descend_sharded(path, "float32", "whole", optimizer, READOUTS, runs, 2, HANG, labels=np.array([1]))
    assert len(found) == 3
    for run, (log_probs, losses) in zip(runs, found, strict=True):
        wanted, wanted_losses = plain(path, run, optimizer, READOUTS)
        assert isinstance(log_probs, np.ndarray)
        np.testing.assert_allclose(log_probs, wanted, atol=5e-5, rtol=0)
        np.testing.assert_allclose(losses, wanted_losses, atol=5e-5, rtol=0)
    np.testing.assert_array_equal(found[0][0], found[2][0], "the weights were not restored")
    assert np.abs(np.asarray(found[0][0])[0] - np.asarray(found[0][0])[1]).max() > 1e-2, "nothing was learned"


def test_one_value_matrix_of_a_gpt_neox_with_more_ranks_than_prompts(tmp_path: Path) -> None:
    path, optimizer, labels = save_toy("gpt_neox", tmp_path, 5000), get_optimizer("adam1"), np.array([7, 4999])
    runs = [toy_run(examples=3, queries=1, rate=0.05)]
    ((log_probs, losses),) = descend_sharded(
        path, "float64", "v_middle", optimizer, READOUTS, runs, 2, HANG, labels=labels, device="cpu", attention="eager"
    )
    wanted, wanted_losses = plain(path, runs[0], optimizer, READOUTS, "v_middle")
    assert isinstance(log_probs, TopLogProbs)
    assert log_probs.shape == (2, 1, 5000)
    for i in range(2):
        kept = read_out(torch.from_numpy(wanted[i]), labels)
        assert isinstance(kept, TopLogProbs)
        np.testing.assert_array_equal(log_probs.ids[i], kept.ids)
        np.testing.assert_allclose(log_probs.log_probs[i], kept.log_probs, atol=1e-6, rtol=0)
    np.testing.assert_allclose(losses, wanted_losses, atol=1e-6, rtol=0)
    assert wanted_losses[1] < wanted_losses[0] - 0.1, "nothing was learned"
