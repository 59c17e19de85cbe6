"""Training a Transformer on the ICL objective: squared error of every answer, given the points before it."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from iclgd_core.models.regression.in_context_transformer import InContextTransformer, TransformerShape
from iclgd_core.seeds import derive
from iclgd_core.tasks.regression.function_classes import FunctionClass, Linear

LOG_EVERY = 200
VALIDATION_EPISODES = 4096


@dataclass(frozen=True)
class TransformerRecipe:
    """Everything that decides the weights of one in-context Transformer.

    Attributes:
        name: name of the model and of its directory.
        shape: of the Transformer.
        function_class: what it is trained on, fresh prompts at every step.
        steps, batch: steps of `batch` prompts that fill the context.
        learning_rate, warmup: Adam, linear warm-up, then cosine to zero; gradient norm clipped at 1.
        seed: of initial weights and prompts (apart by name).
    """

    name: str
    shape: TransformerShape
    function_class: FunctionClass = field(default_factory=lambda: Linear(5))
    steps: int = 16000
    batch: int = 64
    learning_rate: float = 1e-3
    warmup: int = 500
    seed: int = 2208

    def untrained(self) -> InContextTransformer:
        """Return the model before training."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(self.seed, "weights"))
            return InContextTransformer(self.shape)


@dataclass(frozen=True)
class TrainingRecord:
    """What one training gave.

    Attributes:
        recipe: what was asked for.
        parameters: number of weights.
        losses: (step, mean training loss since the last entry), squared error / scale, mean over positions.
        errors: validation error / scale after 0, 1, 2, ... points, of the weights as they are stored (float16).
        cpu_seconds: processor time; threads: of torch.
    """

    recipe: TransformerRecipe
    parameters: int
    losses: tuple[tuple[int, float], ...]
    errors: tuple[float, ...]
    cpu_seconds: float
    threads: int


def train_transformer(
    recipe: TransformerRecipe,
    log: Callable[[str], None] = lambda line: None,
    keep: Callable[[InContextTransformer, int], None] = lambda model, step: None,
) -> tuple[InContextTransformer, TrainingRecord]:
    """Train the recipe's model from scratch, on the processor.

    Args:
        recipe: what to train.
        log: gets a line now and then.
        keep: gets the model and its step whenever a line is logged.

    Returns:
        The model, its weights rounded to float16 as they are stored, and what was measured.
    """
    began = time.process_time()
    model = recipe.untrained()
    model.train()
    prompts = torch.Generator().manual_seed(derive(recipe.seed, "prompts"))
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, fused=True)

    def factor(step: int) -> float:
        if step < recipe.warmup:
            return (step + 1) / recipe.warmup
        return 0.5 * (1 + math.cos(math.pi * (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    losses: list[tuple[int, float]] = []
    running: list[float] = []
    for step in range(1, recipe.steps + 1):
        drawn = recipe.function_class.draw(recipe.batch, recipe.shape.points, prompts, torch.float32)
        loss = (model(drawn.x, drawn.y) - drawn.y).square().mean() / recipe.function_class.scale
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        running.append(loss.item())
        if step % LOG_EVERY == 0 or step == recipe.steps:
            losses.append((step, sum(running) / len(running)))
            running.clear()
            spent = time.process_time() - began
            log(f"{recipe.name} step {step}/{recipe.steps} loss {losses[-1][1]:.4f} cpu {spent:.0f} s")
            keep(model, step)
    model.half().float().train(False)
    record = TrainingRecord(
        recipe=recipe,
        parameters=sum(p.numel() for p in model.parameters()),
        losses=tuple(losses),
        errors=validation_errors(model, recipe),
        cpu_seconds=time.process_time() - began,
        threads=torch.get_num_threads(),
    )
    return model, record


@torch.no_grad()
def validation_errors(model: InContextTransformer, recipe: TransformerRecipe) -> tuple[float, ...]:
    """Return mean squared error / scale after 0, 1, 2, ... points, on prompts of a stream of their own."""
    generator = torch.Generator().manual_seed(derive(recipe.seed, "validation"))
    drawn = recipe.function_class.draw(VALIDATION_EPISODES, recipe.shape.points, generator, torch.float32)
    errors = (model(drawn.x, drawn.y) - drawn.y).square().mean(0) / recipe.function_class.scale
    return tuple(errors.tolist())
