"""Toy models in folders, runs over prompts of unequal length, and a plain loop to compare with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import AutoModelForCausalLM, GPTJConfig, GPTNeoXConfig, LlamaConfig, PretrainedConfig, PreTrainedModel

from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.learners.gd.run import Run
from iclgd_core.models.language.projections import trained
from iclgd_core.tasks.prompts import Prompt

VOCABULARY = 37


def save_toy(kind: str, folder: Path, vocabulary: int = VOCABULARY) -> Path:
    """Save a toy whose outputs depend on its prompt; of the Llama some weights have one row, fewer than ranks."""
    sizes: dict[str, Any] = {
        "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "vocab_size": vocabulary,
        "initializer_range": 0.2, "max_position_embeddings": 64,
    }  # fmt: skip
    config: PretrainedConfig
    if kind == "llama":
        config = LlamaConfig(**sizes, intermediate_size=1)
    elif kind == "gpt_neox":
        config = GPTNeoXConfig(**sizes, intermediate_size=24)
    else:
        config = GPTJConfig(**sizes, rotary_dim=8, bos_token_id=0, eos_token_id=0)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        module = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    path = folder / kind
    module.save_pretrained(path)
    Tokenizer(WordLevel({"a": 0}, "a")).save(str(path / "tokenizer.json"))
    return path


def prompts(n: int, rng: np.random.Generator) -> list[Prompt]:
    lengths = rng.integers(3, 9, n)
    return [Prompt(rng.integers(0, VOCABULARY, length), int(length) - 1) for length in lengths]


def toy_run(examples: int = 5, queries: int = 3, rate: float = 0.1, seed: int = 0) -> Run:
    rng = np.random.default_rng(seed)
    return Run(prompts(examples, rng), rng.integers(0, VOCABULARY, examples), prompts(queries, rng), rate)


def plain(
    path: Path, run: Run, optimizer: Optimizer, readouts: Sequence[int], part: str = "whole", dtype: str = "float64"
) -> tuple[NDArray[np.float64], list[float]]:
    """Train as a textbook does, prompt by prompt; return log-probs (readouts, queries, V) and losses."""
    read = AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, dtype), attn_implementation="eager")
    module = read.train(False)
    masks = trained(module, part)
    parameters = {name: p for name, p in module.named_parameters() if name in masks}
    updater: torch.optim.Optimizer = (
        torch.optim.Adam(list(parameters.values()), lr=run.learning_rate)
        if optimizer.rule == "adam"
        else torch.optim.SGD(
            list(parameters.values()),
            lr=run.learning_rate,
            momentum=0.0 if optimizer.rule == "sgd" else 0.9,
            nesterov=optimizer.rule == "nesterov",
        )
    )
    n, outputs, losses = len(run.examples), [], []
    size = optimizer.batch or n
    for epoch in range(1, readouts[-1] + 1):
        total = 0.0
        for at in range(0, n, size):
            updater.zero_grad()
            each = [
                torch.nn.functional.cross_entropy(last(module, prompt)[None], torch.tensor([target]))
                for prompt, target in zip(run.examples[at : at + size], run.targets[at : at + size], strict=True)
            ]
            loss = torch.stack(each).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            for name, mask in masks.items():
                if mask is not None:
                    gradient = parameters[name].grad
                    assert gradient is not None
                    gradient.mul_(mask)
            updater.step()
            total += float(loss.detach()) * len(each) / n
        if epoch in readouts:
            with torch.no_grad():
                rows = [last(module, query).double().log_softmax(-1).numpy() for query in run.queries]
            outputs.append(np.stack(rows))
            losses.append(total)
    return np.stack(outputs), losses


def last(module: PreTrainedModel, prompt: Prompt) -> torch.Tensor:
    logits: torch.Tensor = module(torch.tensor(prompt.ids)[None], use_cache=False).logits[0, prompt.readout]
    return logits
