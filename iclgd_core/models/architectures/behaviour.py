"""How a model behaves, measured on itself: what the table's flags state, and what a model outside the table may do."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.func import functional_call, grad, vmap
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures.facts import context_window
from iclgd_core.models.architectures.finding import text_config
from iclgd_core.models.architectures.table import TABLE
from iclgd_core.models.language.kept_keys import kept_argument, kept_by
from iclgd_core.models.language.readout import at_least_float32, readout_at

TOKENS = 24
"""Length of the prompts that are tried; fewer where the context window is smaller."""

TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4}
"""Largest difference of log-probabilities (or, of gradients, share of the largest) that counts as rounding."""

COARSE = 0.1
"""The same in shorter formats."""

REFUSALS = (RuntimeError, TypeError, ValueError, AttributeError, IndexError, KeyError, NotImplementedError, ModelError)
"""What is raised where a model cannot do what is tried."""


@dataclass(frozen=True)
class Behaviour:
    """What a model may be asked to do; the meaning of each is that of `Architecture`."""

    reuses_prefix: bool
    pads_right: bool
    vectorises: bool


def behaviour_of(module: PreTrainedModel) -> Behaviour:
    """Return the flags of a model's entry; of one outside the table, what a few short prompts show now.

    Short prompts do not feel a sliding window. A gradient for many replicas is not tried outside the table.
    """
    entry = TABLE.get(text_config(module).model_type)
    if entry is not None:
        return Behaviour(entry.reuses_prefix, entry.pads_right, entry.vectorises)
    return Behaviour(reuses_prefix(module), pads_right(module), vectorises=False)


def reuses_prefix(module: PreTrainedModel) -> bool:
    """Measure whether prompts behind the repeated cache of their common prefix are answered as whole prompts are."""
    return _within(module, _prefix_error)


def pads_right(module: PreTrainedModel) -> bool:
    """Measure whether other tokens behind the position that is read leave its logits as they are."""
    return _within(module, _padding_error)


def vectorises(module: PreTrainedModel, masked: bool = False) -> bool:
    """Measure whether vmap of the gradient over two replicas equals the gradients one by one.

    Args:
        module: the model, small: a few copies of its weights are made.
        masked: whether it is a masked language model, which gets no attention mask, others one of ones.
    """
    return _within(module, lambda own: _vmap_error(own, masked))


def _within(module: PreTrainedModel, error: Callable[[PreTrainedModel], float]) -> bool:
    try:
        return error(module) <= TOLERANCE.get(module.dtype, COARSE)
    except REFUSALS:
        return False


@torch.no_grad()
def _prefix_error(module: PreTrainedModel) -> float:
    ids, prefix = _tokens(module, 2), _length(module) * 2 // 3
    ids[1, :prefix] = ids[0, :prefix]
    whole = _log_probs(module(ids, use_cache=False).logits)
    cache = kept_by(module(ids[:1, :prefix], use_cache=True))
    cache.batch_repeat_interleave(2)
    behind = _log_probs(module(ids[:, prefix:], **kept_argument(module, cache)).logits)
    return float((behind - whole[:, prefix:]).abs().max())


@torch.no_grad()
def _padding_error(module: PreTrainedModel) -> float:
    ids, read = _tokens(module, 2), _length(module) // 2
    ids[1, : read + 1] = ids[0, : read + 1]
    at = torch.full((2,), read, device=module.device)
    with readout_at(module, at):
        padded = _log_probs(module(ids, use_cache=False).logits)
    with readout_at(module, at[:1]):
        alone = _log_probs(module(ids[:1, : read + 1], use_cache=False).logits)
    return float((padded - alone).abs().max())


def _vmap_error(module: PreTrainedModel, masked: bool) -> float:
    device = module.device
    ids = _tokens(module, 4).reshape(2, 2, -1)
    at = torch.tensor([[3, 5], [6, 2]], device=device)
    targets = torch.tensor([[0, 1], [2, 3]], device=device)
    arguments = {} if masked else {"use_cache": False, "attention_mask": torch.ones_like(ids[0])}
    scale = 1 + 0.05 * torch.arange(2, device=device)
    weights = {
        name: torch.stack([weight.detach() * factor for factor in scale]) for name, weight in module.named_parameters()
    }

    def loss(own: dict[str, torch.Tensor], ids: torch.Tensor, at: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        with readout_at(module, at):
            logits = functional_call(module, own, (ids,), arguments).logits[:, 0]
        return torch.nn.functional.cross_entropy(at_least_float32(logits), target)

    together = vmap(grad(loss))(weights, ids, at, targets)
    worst = 0.0
    for i in range(2):
        alone = grad(loss)({name: weight[i] for name, weight in weights.items()}, ids[i], at[i], targets[i])
        largest = max(float(gradient.abs().max()) for gradient in alone.values())
        differences = [float((together[name][i] - gradient).abs().max()) for name, gradient in alone.items()]
        worst = max(worst, *(difference / largest for difference in differences))
    return worst


def _tokens(module: PreTrainedModel, rows: int) -> torch.Tensor:
    vocabulary = int(text_config(module).vocab_size)
    drawn = torch.randint(0, vocabulary, (rows, _length(module)), generator=torch.Generator().manual_seed(0))
    return drawn.to(module.device)


def _length(module: PreTrainedModel) -> int:
    return min(TOKENS, context_window(module.config).tokens)


def _log_probs(logits: torch.Tensor) -> torch.Tensor:
    return at_least_float32(logits).log_softmax(-1)
