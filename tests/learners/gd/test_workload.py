"""What a step of gradient descent is expected to take, by objective: by hand, and against what torch really holds."""

import pytest
import torch

from iclgd_core.devices import Workload, estimate, skeleton
from iclgd_core.learners import OBJECTIVES, get_optimizer
from iclgd_core.learners.gd.in_place import Plan
from iclgd_core.learners.gd.in_place.batches import micro_batches
from iclgd_core.learners.gd.in_place.gradients import requiring_gradients, step_gradients
from iclgd_core.learners.gd.in_place.plan import LOGIT_BYTES
from iclgd_core.learners.gd.objectives import LABELS, logits_a_token, sequences
from iclgd_core.learners.gd.workload import step_workload
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import fresh
from tests.devices.conftest import tiny_config
from tests.learners.gd.in_place.small_runs import small_run
from tests.learners.live_bytes import LiveBytes

LAYERS, TOKENS = 3, 10
POSITIONS = {
    "labels": 1,
    "lm": TOKENS,
    "lm-prompt": TOKENS,
    "layer-causal": LAYERS * TOKENS,
    "layer-causal-code": LAYERS * TOKENS,
}
LEAST, MOST = 0.7, 2.5
"""Estimated over held bytes, as for activations alone."""


def workload(objective: str, vocabulary: int = 97, optimizer: str = "gd", examples: int = 4) -> Workload:
    shape = skeleton(tiny_config(vocab_size=vocabulary), torch.float32)
    return step_workload(shape, get_optimizer(optimizer), examples, TOKENS, None, True, objective)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_positions_by_hand(objective: str) -> None:
    assert logits_a_token(objective, LAYERS) == POSITIONS[objective] // TOKENS
    work = workload(objective)
    assert (work.rows, work.tokens, work.positions) == (4, TOKENS, POSITIONS[objective])
    found = estimate(skeleton(tiny_config(), torch.float32), work, "cpu")
    assert found.logits == 4 * POSITIONS[objective] * 97 * (4 + 12)
    assert workload(objective, optimizer="sgd1").rows == 1


def test_a_vocabulary_so_large_that_the_logits_make_micro_batches() -> None:
    """Three float32 numbers each: 2 GiB hold those of 40 tokens of `lm`, and of 13 tokens in each of 3 layers."""
    vocabulary = LOGIT_BYTES // (40 * 3 * 4)
    assert (workload("lm", vocabulary).rows, workload("lm", vocabulary).micro_batches) == (4, 1)
    assert (workload("layer-causal", vocabulary).rows, workload("layer-causal", vocabulary).micro_batches) == (1, 4)
    assert (workload("lm", 2 * vocabulary).rows, workload("lm", 2 * vocabulary).micro_batches) == (2, 2)
    assert workload("labels", 2 * vocabulary).rows == 4


def test_layer_causal_losses_are_not_checkpointed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plan, "checkpoints", lambda *_: True)
    assert [workload(objective).checkpointing for objective in OBJECTIVES] == [True, True, True, False, False]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("vocabulary", [64, 4000])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_estimate_is_near_what_torch_holds(objective: str, vocabulary: int, dtype: torch.dtype) -> None:
    config = tiny_config(vocab_size=vocabulary)
    module = fresh(config, "eager").to(dtype).requires_grad_(False)  # type: ignore[arg-type]
    model, run = CausalModel("model", module, None), small_run(lengths=(31,) * 4, vocabulary=60)  # type: ignore[arg-type]
    examples = run.examples if objective == LABELS else sequences(run.examples, run.targets)
    batches = micro_batches(model, examples, run.targets, 4, 10**6, objective)
    parameters = dict(module.named_parameters())
    with requiring_gradients(model, parameters), LiveBytes() as live:
        step_gradients(model, parameters, batches, False)
    shape, longest = skeleton(config, dtype), len(examples[0].ids)
    work = step_workload(shape, get_optimizer("gd"), 4, longest, None, True, objective)
    found = estimate(shape, work, "cpu")
    assert LEAST < (found.gradients + found.activations + found.logits) / live.peak < MOST
