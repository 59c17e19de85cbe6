"""The model card: recipe, results, a loss curve, and the same as JSON."""

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import transformers

from iclgd_core import __version__
from iclgd_core.models.language.momentum_attention import ETA
from iclgd_core.models.pretrain.recipe import UNIFORM, Recipe
from iclgd_core.models.pretrain.validation import EPISODES, QUERIES, SHOTS


@dataclass(frozen=True)
class PretrainingRun:
    """What one training run gave.

    Attributes:
        recipe: what was asked for.
        n_parameters: number of weights.
        losses: (step, mean training loss since the last entry), nats a token.
        validation_loss: on fresh documents, nats a token.
        entropy_floor: loss of the ideal predictor that knows the HMM, nats a token.
        accuracy: whole-vocabulary accuracy by task and number of demonstrations.
        seconds: wall time; device, threads: what it ran on.
    """

    recipe: Recipe
    n_parameters: int
    losses: tuple[tuple[int, float], ...]
    validation_loss: float
    entropy_floor: float
    accuracy: dict[str, dict[int, float]]
    seconds: float
    device: str
    threads: int


def write_card(training: PretrainingRun, out: Path) -> None:
    """Write README.md, training.json and loss.svg into the model's directory."""
    versions = {
        "iclgd": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    record = asdict(training) | {"versions": versions}
    (out / "training.json").write_text(json.dumps(record, indent=1) + "\n")
    (out / "loss.svg").write_text(loss_curve(training))
    (out / "README.md").write_text(_card(training, versions))


def _card(training: PretrainingRun, versions: dict[str, str]) -> str:
    r = training.recipe
    shots = SHOTS
    rows = "\n".join(
        f"| {task} | " + " | ".join(f"{by_shots[n]:.2f}" if n in by_shots else "-" for n in shots) + " |"
        for task, by_shots in training.accuracy.items()
    )
    return f"""# {r.name}

A {r.architecture} model of {training.n_parameters:,} parameters, trained by plain next-token prediction on {_data(r)}
(Xie et al., arXiv 2111.02080), from scratch, by this project. It has seen no prompt and no in-context
objective. Made by `iclgd pretrain {r.name}`.

| recipe | |
|---|---|
| shape | hidden {r.hidden}, {r.layers} layers, {r.heads} heads, MLP {r.mlp}, context {r.context} |
| data | {r.documents} documents of {r.document_length} tokens, {r.world.n_symbols} symbols, \
{r.world.n_in_mixture} HMMs, value identity {r.world.value_identity}, world seed {r.world.seed} |{_extra_rows(r)}
| training | {r.steps} steps of {r.batch} x {r.context} tokens = {r.tokens:,} tokens |
| optimizer | AdamW, learning rate {r.learning_rate}, warm-up {r.warmup}, cosine to zero, \
weight decay {r.weight_decay}, betas {r.betas}, gradient norm clipped at 1 |
| seed | {r.seed} |
| kept steps | {", ".join(map(str, r.checkpoints)) or "the last alone"} |
| final training loss | {training.losses[-1][1]:.4f} nats a token |
| validation loss | {training.validation_loss:.4f} nats a token |
| loss of the ideal predictor that knows the HMM | {training.entropy_floor:.4f} nats a token |
| time | {training.seconds / 60:.1f} minutes on {training.device}, {training.threads} thread(s) |
| versions | {", ".join(f"{k} {v}" for k, v in versions.items())} |

![training loss](loss.svg)

Accuracy over the whole vocabulary by number of demonstrations, {EPISODES} validation episodes of {QUERIES} queries:

| task | {" | ".join(map(str, shots))} |
|---|{"---|" * len(shots)}
{rows}
"""


def _data(recipe: Recipe) -> str:
    return "independent uniform tokens" if recipe.corpus == UNIFORM else "GINC documents"


def _extra_rows(recipe: Recipe) -> str:
    """Return what a recipe has beyond plain attention on GINC in float32."""
    rows = []
    if recipe.corpus == UNIFORM:
        rows.append("| corpus | every token uniform over the symbols, independent of all others |")
    if recipe.prompt_hmms:
        rows.append(f"| prompts below | from {recipe.prompt_hmms} HMMs |")
    if recipe.momentum is not None:
        rows.append(
            f"| attention | with momentum, eta {recipe.momentum} (`{ETA}` in config.json); plain transformers ignores "
            "it and computes another model, so load it with `iclgd_core.models.language.loading.load_model` |"
        )
    if recipe.stored != "float32":
        rows.append(f"| weights | rounded to {recipe.stored} after training and kept so; computed in float32 |")
    return "".join(f"\n{row}" for row in rows)


def loss_curve(training: PretrainingRun, width: int = 480, height: int = 200) -> str:
    """Draw the training loss over steps as an SVG, with the ideal predictor's loss as a dashed line."""
    left, bottom, top = 40, 30, 10
    steps = [s for s, _ in training.losses]
    values = [v for _, v in training.losses]
    low, high = min([*values, training.entropy_floor]), max(values)
    span = (high - low) or 1.0

    def at(step: float, value: float) -> tuple[float, float]:
        x = left + (width - left - 10) * step / steps[-1]
        return round(x, 1), round(top + (height - top - bottom) * (high - value) / span, 1)

    line = " ".join(f"{x},{y}" for x, y in (at(s, v) for s, v in training.losses))
    _, floor = at(0, training.entropy_floor)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" \
font-size="11" role="img" aria-label="training loss over steps">
<rect width="{width}" height="{height}" fill="white"/>
<path d="M{left},{top}V{height - bottom}H{width - 10}" fill="none" stroke="#555"/>
<line x1="{left}" x2="{width - 10}" y1="{floor}" y2="{floor}" stroke="#777" stroke-dasharray="4 3"/>
<text x="{width - 12}" y="{floor - 4}" text-anchor="end" fill="#555">ideal predictor {training.entropy_floor:.2f}</text>
<polyline points="{line}" fill="none" stroke="#0072b2" stroke-width="2"/>
<text x="{left - 4}" y="{top + 8}" text-anchor="end">{high:.1f}</text>
<text x="{left - 4}" y="{height - bottom}" text-anchor="end">{low:.1f}</text>
<text x="{left}" y="{height - 8}">training step (0 to {steps[-1]})</text>
<text x="{width - 10}" y="{height - 8}" text-anchor="end">loss, nats a token</text>
</svg>
"""
