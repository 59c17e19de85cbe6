"""What gradient descent minimises on the demonstrations: the label alone, the whole demonstration, or the whole prompt.

    labels             mean over demonstrations of CE( label | input )                   (arXiv 2310.08540, section 5)
    lm                 mean over tokens of CE( next token | tokens before it )           (arXiv 2212.10559, section 4.1)
    lm-prompt          the same over the demonstrations as one text: the very prompt that ICL reads, without the query
    layer-causal       layer-causal loss as arXiv 2311.07772, section 4.4, prints it
    layer-causal-code  layer-causal loss as its published code computes it

All but the first and "lm-prompt" are over a demonstration's own sequence: input, then label (of a label of several
tokens, the first), without the demonstrations before it. Every token but the first is predicted, and in a batch each
token weighs the same: the sum over tokens is divided by their number. "lm-prompt" has one sequence, in which each token
stands behind all before it, the separators among them; so every step is a full batch, which depends on the order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import functional_call
from transformers import PreTrainedModel

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.learners.gd.layer_causal import Form, layer_causal_loss
from iclgd_core.models.language.readout import at_least_float32
from iclgd_core.tasks.prompts import EpisodePrompts, Prompt

Ints = NDArray[np.int64]

LABELS = "labels"
LAYER_CAUSAL: dict[str, Form] = {"layer-causal": "paper", "layer-causal-code": "code"}
LM_PROMPT = "lm-prompt"
OBJECTIVES = (LABELS, "lm", LM_PROMPT, *LAYER_CAUSAL)


def check_objective(objective: str, masked: bool = False, spread: int = 1) -> None:
    """Check that a model can be trained by an objective.

    Args:
        objective: one of OBJECTIVES.
        masked: whether the model is a masked language model.
        spread: number of devices that it lies on.

    Raises:
        UnknownNameError: no such objective.
        NotRunError: a masked model, which predicts no next token; or one on several devices, whose child process
            knows the loss of the labels alone.
    """
    if objective not in OBJECTIVES:
        raise UnknownNameError("objective", objective, OBJECTIVES)
    if objective != LABELS and masked:
        raise NotRunError(
            f"objective {objective!r} predicts every next token, and a masked language model predicts none; "
            "use a causal model."
        )
    if objective != LABELS and spread > 1:
        raise NotRunError(
            f"objective {objective!r} is computed on one device, and the model lies on {spread}; use a smaller model, "
            "or a larger device."
        )


def logits_a_token(objective: str, layers: int) -> int:
    """Return over how many logits of each token of a sequence the loss is taken; 0 where it is over the label alone.

    Args:
        objective: one of OBJECTIVES.
        layers: of the model; a layer-causal loss is over the logits of each.
    """
    if objective == LABELS:
        return 0
    return layers if objective in LAYER_CAUSAL else 1


def lessons(episode: EpisodePrompts, order: Ints, objective: str) -> tuple[Sequence[Prompt], Ints]:
    """Return what gradient descent is taught, in its order, and the token id of the label of each.

    Args:
        episode: in the model's tokens.
        order: of its demonstrations.
        objective: one of OBJECTIVES. For "labels" each demonstration up to its label, for "lm-prompt" the one text of
            them all, whose last token stands for a label; else each demonstration with its label.
    """
    if objective == LM_PROMPT:
        shown = episode.shown(order)
        return [shown], shown.ids[-1:]
    examples, targets = episode.examples(order), episode.targets(order)
    return (examples if objective == LABELS else sequences(examples, targets)), targets


def sequences(examples: Sequence[Prompt], targets: Ints) -> list[Prompt]:
    """Return each demonstration as one sequence, input and label; the readout is the label's own position."""
    return [
        Prompt(np.append(example.ids, target), len(example.ids))
        for example, target in zip(examples, targets, strict=True)
    ]


def predicted_tokens(
    module: PreTrainedModel, parameters: Mapping[str, torch.Tensor], ids: torch.Tensor, last: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return what a model predicts of whole sequences.

    Args:
        module: a causal language model.
        parameters: by name, as for `functional_call`; those that are missing are its own.
        ids: token ids, (rows, length), padded on the right.
        last: position of the last token of each row, (rows,), at least 1.

    Returns:
        Logits (rows, length - 1, vocabulary) in float32 at least, the tokens that stand there (rows, length - 1), and
        1 where there is one, 0 at padding (rows, length - 1).
    """
    # a mask of ones: see `replicas`; a causal model never looks right, where the padding is
    arguments = {"use_cache": False, "attention_mask": torch.ones_like(ids)}
    logits = at_least_float32(functional_call(module, dict(parameters), (ids,), arguments).logits[:, :-1])
    return logits, ids[:, 1:], _there(ids, last)[:, 1:].to(logits.dtype)


def sequence_loss(
    objective: str,
    module: PreTrainedModel,
    parameters: Mapping[str, torch.Tensor],
    ids: torch.Tensor,
    last: torch.Tensor,
) -> torch.Tensor:
    """Return the loss of whole sequences by an objective other than the labels': a scalar, the mean over tokens.

    Arguments as in `predicted_tokens`. Works under `torch.func` (grad, vmap) with eager attention, and by ordinary
    autograd.
    """
    if objective in LAYER_CAUSAL:
        return layer_causal_loss(module, parameters, ids, _there(ids, last), LAYER_CAUSAL[objective])
    logits, targets, there = predicted_tokens(module, parameters, ids, last)
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return (each * there.flatten()).sum() / there.sum()


def _there(ids: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Return 1 where a token stands and 0 at padding, (rows, length)."""
    return (torch.arange(ids.shape[1], device=ids.device) <= last[:, None]).to(ids.dtype)
