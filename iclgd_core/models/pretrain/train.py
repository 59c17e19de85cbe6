"""The training loop: next-token prediction on random windows of GINC documents."""

import math
import tempfile
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from transformers import PreTrainedModel

from iclgd_core.errors import StorageError
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import fresh
from iclgd_core.models.pretrain.card import PretrainingRun, write_card
from iclgd_core.models.pretrain.corpus import documents, entropy_floor, windows
from iclgd_core.models.pretrain.recipe import Recipe
from iclgd_core.models.pretrain.tokenizer import build_tokenizer
from iclgd_core.models.pretrain.validation import accuracy_by_shots, validation_loss
from iclgd_core.seeds import derive

LOG_EVERY = 100

_STORED = {"float32": torch.float32, "float16": torch.float16}


def pretrain(recipe: Recipe, out: Path, device: str, console: Console) -> PretrainingRun:
    """Train the recipe's model from scratch and write it to `out` as a Hugging Face model directory.

    Writes config.json, model.safetensors, the tokenizer files, README.md (the model card), training.json and
    loss.svg; kept checkpoints go to `out`/steps/STEP in the same form. The validation ICL accuracy is printed
    at every kept checkpoint and at the end.

    Returns:
        What was measured on the way.

    Raises:
        StorageError: `out` cannot be written; found out before training.
    """
    _check_writable(out)
    began = time.monotonic()
    tokenizer = build_tokenizer(recipe)
    with torch.random.fork_rng():
        torch.manual_seed(derive(recipe.seed, "weights"))
        module = fresh(recipe.config())
    torch.nn.Module.to(module, torch.device(device))
    model = CausalModel(recipe.name, module, tokenizer)
    batches = windows(documents(recipe).to(device), recipe)
    optimizer, schedule = _optimizer(module, recipe)
    losses: list[tuple[int, float]] = []
    running: list[float] = []
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(recipe.name, total=recipe.steps, loss=math.nan)
        for step in range(1, recipe.steps + 1):
            running.append(_step(module, next(batches), optimizer, schedule))
            if step % LOG_EVERY == 0 or step == recipe.steps:
                losses.append((step, sum(running) / len(running)))
                running.clear()
                console.log(f"{recipe.name} step {step}/{recipe.steps} loss {losses[-1][1]:.4f}")
            if step in recipe.checkpoints:
                shots = accuracy_by_shots(model, recipe.prompt_world, lengths=(5,), episodes=32)
                console.log(f"{recipe.name} step {step} validation ICL accuracy {shots}")
                _save(model, out / "steps" / str(step), recipe)
            progress.update(bar, completed=step, loss=losses[-1][1] if losses else running[-1])
    module.train(False)
    _round(module, recipe)
    _save(model, out, recipe)
    validation = validation_loss(model, windows(documents(recipe, "validation").to(device), recipe, "validation"))
    training = PretrainingRun(
        recipe=recipe,
        n_parameters=model.n_parameters,
        losses=tuple(losses),
        validation_loss=validation,
        entropy_floor=entropy_floor(recipe),
        accuracy=accuracy_by_shots(model, recipe.prompt_world),
        seconds=time.monotonic() - began,
        device=device,
        threads=torch.get_num_threads(),
    )
    write_card(training, out)
    return training


def _optimizer(module: PreTrainedModel, recipe: Recipe) -> tuple[torch.optim.AdamW, torch.optim.lr_scheduler.LambdaLR]:
    """AdamW with linear warm-up and cosine to zero; weight decay on matrices alone."""
    matrices = [p for p in module.parameters() if p.ndim > 1]
    vectors = [p for p in module.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=recipe.betas)

    def factor(step: int) -> float:
        if step < recipe.warmup:
            return (step + 1) / recipe.warmup
        return 0.5 * (1 + math.cos(math.pi * (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _step(
    module: PreTrainedModel,
    batch: torch.Tensor,
    optimizer: torch.optim.AdamW,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> float:
    module.train(True)
    loss = module(batch, labels=batch, use_cache=False).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad(set_to_none=True)
    module.train(False)
    return float(loss.detach())


def _check_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise StorageError(
            f"the model cannot be written to {str(out)!r}: {error.strerror}. Give another directory with --out."
        ) from error


@torch.no_grad()
def _round(module: PreTrainedModel, recipe: Recipe) -> None:
    """Make the weights what their files will hold."""
    for weight in module.parameters():
        weight.copy_(weight.to(_STORED[recipe.stored]))


def _save(model: CausalModel, out: Path, recipe: Recipe) -> None:
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.to(_STORED[recipe.stored]) for name, weight in model.module.state_dict().items()}
    model.module.save_pretrained(out, state_dict=weights)
    model.tokenizer.save_pretrained(out)
