"""The one thing a learner asks of a model: the prediction of a label behind a prompt."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from iclgd_core.devices.skeleton import Skeleton, skeleton
from iclgd_core.models.architectures import Behaviour, behaviour_of, context_window, vocabulary
from iclgd_core.models.language.answering import answer
from iclgd_core.models.language.fingerprint import fingerprint
from iclgd_core.models.language.placement import first_device
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.tasks.prompts import Prompt, Reader, check_context, check_embedded

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CausalModel:
    """A language model with its tokenizer, in evaluation mode.

    Attributes:
        name: what reports call it.
        held: the Hugging Face model, or a function that fetches it, so that several large models
            need not be in memory at once.
        tokenizer: its tokenizer.
        masked: whether it is a masked language model, which reads a label at a mask.
        spread: number of devices that it lies on, where it is too large for one; else 1.
        nudged: whether gradient descent begins from weights that were moved by one rounding.
        let_go: frees the memory of the weights, which are fetched again when asked for; None where they stay.
    """

    name: str
    held: PreTrainedModel | Callable[[], PreTrainedModel]
    tokenizer: PreTrainedTokenizerBase
    masked: bool = False
    spread: int = 1
    let_go: Callable[[], None] | None = None
    nudged: bool = False

    @property
    def module(self) -> PreTrainedModel:
        """The Hugging Face model. Learners that train must restore it, or work on copies."""
        return self.held if isinstance(self.held, PreTrainedModel) else self.held()

    @cached_property
    def device(self) -> torch.device:
        """Where token ids go: the device of the weights, or, of a model over several, of the first."""
        return first_device(self.module)

    @cached_property
    def config(self) -> PretrainedConfig:
        """The model's configuration."""
        return self.module.config

    @cached_property
    def shape(self) -> Skeleton:
        """The model without its weights, for estimates of memory."""
        return skeleton(self.config, self.module.dtype, self.masked)

    @property
    def context_window(self) -> int:
        """Most tokens of one prompt."""
        return context_window(self.config).tokens

    @cached_property
    def n_parameters(self) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.module.parameters())

    @cached_property
    def behaviour(self) -> Behaviour:
        """What the architecture may be asked to do; one outside the table is tried once."""
        return behaviour_of(self.module)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of architecture, weights and dtype; names the model in a measurement's key."""
        found = fingerprint(self.module)
        return hashlib.sha256(f"nudged {found}".encode()).hexdigest() if self.nudged else found

    @cached_property
    def reader(self) -> Reader:
        """What a task must know to write prompts for this model."""
        bos, size = begins_with_bos(self.tokenizer), vocabulary(self.config)
        return Reader(self.name, self.tokenizer, self.context_window, self.masked, bos, size)

    def log_probs(self, groups: Sequence[Sequence[Prompt]], labels: Ints) -> LogProbs:
        """Return the log-probabilities of the token at each prompt's readout, (groups, prompts, vocabulary).

        Prompts of one group share their common prefix, whose keys and values are computed once; equal to whole prompts
        within rounding.

        Args:
            groups: with equally many prompts each.
            labels: token ids of labels, kept exactly where the vocabulary is large (see `predictions`).

        Raises:
            ContextError: a prompt longer than the context window.
            VocabularyError: a token that the model has no embedding for.
        """
        longest = max(len(prompt.ids) for group in groups for prompt in group)
        largest = max([*(int(prompt.ids.max()) for group in groups for prompt in group), *labels.tolist()])
        if largest >= vocabulary(self.config):
            check_embedded([largest], self.reader)
        check_context(longest, self.context_window, self.name, "a prompt")
        return answer(self.module, groups, labels, self.masked, reuse=self.behaviour.reuses_prefix)


def begins_with_bos(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Return whether the tokenizer, asked for special tokens, puts one before a text: then prompts begin with it."""
    with_special = tokenizer("x", add_special_tokens=True)["input_ids"]
    first = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.cls_token_id
    return bool(len(with_special)) and first is not None and with_special[0] == first
