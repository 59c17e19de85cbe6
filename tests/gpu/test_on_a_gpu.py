"""The same answers on a GPU as on the CPU, and a worker that keeps to its share of it."""

import copy
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from iclgd_core.devices import limit_process
from iclgd_core.learners import Schedule, get_optimizer, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import load_model
from tests.tiny_models import ARCHITECTURES, encoded, episodes, random_orders, tiny_model
from tests.waiting import HANG

pytestmark = pytest.mark.gpu
ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 1e-8
"""Of float64: sums are added up in another order there."""


def moved(model: CausalModel) -> CausalModel:
    return replace(model, held=torch.nn.Module.to(copy.deepcopy(model.module), "cuda"))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_in_context_learning_is_that_of_the_cpu(architecture: str) -> None:
    model = tiny_model(architecture, double=True)
    drawn, orders = encoded(model, episodes(2)), random_orders(2, 3, 6)
    found, expected = (np.asarray(in_context(one, drawn, orders)) for one in (moved(model), model))
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize("optimizer", ["gd", "sgd1", "adam1"])
def test_gradient_descent_is_that_of_the_cpu(optimizer: str) -> None:
    model = tiny_model(double=True)
    drawn, orders, rule = encoded(model, episodes(2)), random_orders(2, 2, 5), get_optimizer(optimizer)
    schedule = Schedule((1e-3, 1e-2), (1, 3))
    found, expected = (gradient_descent(one, drawn, orders, rule, schedule) for one in (moved(model), model))
    np.testing.assert_allclose(np.asarray(found.predictions), np.asarray(expected.predictions), atol=TOLERANCE)


def test_a_process_stays_within_its_lease() -> None:
    try:
        limit_process("cuda", 2**30)
        with pytest.raises(torch.OutOfMemoryError):
            torch.empty(2**31, dtype=torch.uint8, device="cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_weights_are_loaded_onto_the_gpu() -> None:
    model = load_model("ginc-llama-57k", "cuda")
    assert model.device.type == "cuda"
    assert model.digest == load_model("ginc-llama-57k").digest


def test_claims_run_there(tmp_path: Path) -> None:
    arguments = ("-k", "s1t", "-n2", "--iclgd-device=cuda", f"--iclgd-report={tmp_path}", f"--iclgd-cache={tmp_path}/c")
    done = subprocess.run([sys.executable, "-m", "pytest", "claims", *arguments], cwd=ROOT, timeout=HANG)
    report = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert done.returncode == 0
    assert report["run"]["device"] == "cuda"
    assert report["run"]["gpus"]
