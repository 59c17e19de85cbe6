"""Probes: what can be read out of a Transformer's hidden states after N demonstrations (arXiv 2211.15661, section 5).

Targets are X^T y / N (the moment) and w (the weights, which are those of least squares where N >= d and nothing is
noise). A probe averages the states of one layer over all tokens with learnt weights, softmax(s), and maps the average
through a net with one hidden layer. It is fitted on tuning prompts; further tuning prompts choose when to stop and
which layer is best.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from iclgd_core.evidence.curves import Curve, Point
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.store.kept import arrays_digest, floats, kept
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners.linear.solvers import least_squares
from iclgd_core.models.regression.transformer_models import untrained_twin
from iclgd_core.seeds import derive
from iclgd_core.studies.layer_readout import transformer
from iclgd_core.tasks.regression.task import Floats

FITTING, CHOOSING = 2048, 256
TARGETS = ("moment", "weights")
CONTROLS = ("untrained", "shuffled")
HIDDEN, STEPS, BATCH, READ_EVERY = 64, 400, 256, 50
LEARNING_RATE, WEIGHTING_RATE, WEIGHT_DECAY = 1e-2, 1e-1, 1e-2
"""AdamW's rates of the net and of the weights over tokens, and the decoupled weight decay of the net."""
QUANTITY = "error of the probe / variance of the target"


@dataclass(frozen=True, eq=False)
class Fit:
    """One probe: squared error / variance of the target, (prompts,); predicting the mean has 1.

    Attributes:
        chosen: mean error on the choosing prompts, at the step where it is least.
        judged: of each evaluation prompt, at that step.
    """

    chosen: float
    judged: Floats


def probed(lab: RegressionLab, target: str, control: str) -> Study:
    """Probe a trained Transformer, at its best layer, and a control for a target.

    Numbers: squared error / variance of the target of each evaluation prompt, of the probe of the "trained"
    Transformer's best layer and of the "control".

    Args:
        lab: of an in-context Transformer.
        target: one of TARGETS.
        control: "untrained": the best layer of the same architecture with fresh weights; "shuffled": the trained one's
            best layer, but each fitting prompt has another one's target.
    """
    layers = _fits(lab, "trained", target)
    best = _best(layers)
    others = _fits(lab, "untrained", target) if control == "untrained" else {best: _fit(lab, "shuffled", target, best)}
    details: dict[str, Json] = {
        name: {
            "best_layer": _best(fits),
            "error_by_layer": {f"{layer}": float(fit.judged.mean()) for layer, fit in fits.items()},
        }
        for name, fits in (("trained", layers), (control, others))
    }
    return Study(
        {"trained": layers[best].judged, "control": others[_best(others)].judged},
        details,
        {
            "target": target,
            "control": control,
            "hidden": HIDDEN,
            "steps": STEPS,
            "batch": BATCH,
            "learning_rates": [LEARNING_RATE, WEIGHTING_RATE],
            "weight_decay": WEIGHT_DECAY,
            "fitting_episodes": FITTING,
        },
        {
            "split": "tuning",
            "episodes": CHOOSING,
            "every": READ_EVERY,
            "criterion": "least mean error over layers and steps",
        },
        tuple(
            Curve(QUANTITY, learner, f"{target}, {name}", "layer", _points(fits))
            for learner, name, fits in (("icl", "trained", layers), (control, control, others))
        ),
    )


def _points(fits: dict[int, Fit]) -> tuple[Point, ...]:
    return tuple(Point(float(layer), float(fit.judged.mean()), n=len(fit.judged)) for layer, fit in fits.items())


def _best(fits: dict[int, Fit]) -> int:
    return min(fits, key=lambda layer: fits[layer].chosen)


def _fits(lab: RegressionLab, kind: str, target: str) -> dict[int, Fit]:
    """Return the probe of each layer from the first block's output on."""
    return {layer: _fit(lab, kind, target, layer) for layer in range(1, transformer(lab).module.shape.layers + 1)}


def _fit(lab: RegressionLab, kind: str, target: str, layer: int) -> Fit:
    """Return a fitted probe, kept where the laboratory keeps what it measured; see `_fitted`."""
    key: Key = {
        "learner": "probe",
        "model": lab.model.digest,
        "kind": kind,
        "target": target,
        "layer": layer,
        "seed": lab.seed,
        "prompts": arrays_digest(*_prompts(lab)),
        "sizes": [FITTING, CHOOSING, HIDDEN, STEPS, BATCH, READ_EVERY],
        "rates": [LEARNING_RATE, WEIGHTING_RATE, WEIGHT_DECAY],
    }

    def measured() -> Arrays:
        fit = _fitted(lab, kind, target, layer)
        return {"chosen": np.array([fit.chosen]), "judged": fit.judged}

    found = kept(lab.store, key, measured)
    return Fit(float(found["chosen"][0]), floats(found, "judged"))


@cache
def _fitted(lab: RegressionLab, kind: str, target: str, layer: int) -> Fit:
    """Fit a probe; kind is "trained", "untrained", or "shuffled": trained states, targets of other prompts."""
    states = _states(lab, "untrained" if kind == "untrained" else "trained")[layer]
    wanted = torch.as_tensor(_targets(lab)[target], dtype=torch.float32)
    goal = (wanted[:FITTING] - wanted[:FITTING].mean(0)) / wanted[:FITTING].std(0)
    if kind == "shuffled":
        generator = torch.Generator().manual_seed(derive(lab.seed, "shuffled targets"))
        goal = goal[torch.randperm(FITTING, generator=generator)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(lab.seed, "probe"))
        net = torch.nn.Sequential(
            torch.nn.Linear(states.shape[2], HIDDEN), torch.nn.GELU(), torch.nn.Linear(HIDDEN, goal.shape[1])
        )
    weighting = torch.zeros(states.shape[1], requires_grad=True)
    groups: list[dict[str, Any]] = [
        {"params": [weighting], "lr": WEIGHTING_RATE, "weight_decay": 0.0},
        {"params": list(net.parameters())},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    best = Fit(np.inf, np.zeros(0))
    for step in range(1, STEPS + 1):
        start = (step - 1) * BATCH % FITTING
        part = slice(start, min(start + BATCH, FITTING))
        optimizer.zero_grad()
        loss = (net(torch.einsum("t,bth->bh", weighting.softmax(0), states[part])) - goal[part]).square().mean()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % READ_EVERY == 0:
            with torch.no_grad():
                found = net(torch.einsum("t,bth->bh", weighting.softmax(0), states[FITTING:]))
            rest = (wanted[FITTING:] - wanted[:FITTING].mean(0)) / wanted[:FITTING].std(0)
            error = ((found - rest).square().sum(1) / goal.shape[1]).double().numpy()
            if error[:CHOOSING].mean() < best.chosen:
                best = Fit(float(error[:CHOOSING].mean()), error[CHOOSING:])
    return best


@cache
def _prompts(lab: RegressionLab) -> tuple[Floats, Floats]:
    """Return x and y of all prompts, the query last: fitting, choosing, evaluation."""
    x, y = [], []
    for split, n in (("tuning", FITTING + CHOOSING), ("evaluation", lab.count("evaluation"))):
        found = lab.task.draw(lab.seed, "tuning" if lab.plan else split, n, lab.task.shots, 1)
        x.append(np.concatenate([found.xs, found.xq], axis=1))
        y.append(np.concatenate([found.ys, found.yq], axis=1)[..., 0])
    return np.concatenate(x), np.concatenate(y)


@cache
def _targets(lab: RegressionLab) -> dict[str, Floats]:
    """Return the targets of all prompts, (prompts, d) each."""
    x, y = _prompts(lab)
    shots = lab.task.shots
    moment = np.einsum("end,en->ed", x[:, :shots], y[:, :shots]) / shots
    return {"moment": moment, "weights": least_squares(x[:, :shots], y[:, :shots])}


@cache
def _states(lab: RegressionLab, kind: str) -> torch.Tensor:
    """Return the standardised states, (layers + 1, prompts, tokens, hidden), the embedding's first."""
    model = transformer(lab)
    if kind == "untrained":
        model = untrained_twin(model, derive(lab.seed, "probe control"))
    states = torch.as_tensor(model.all_states(*_prompts(lab)), dtype=torch.float32)
    fitting = states[:, :FITTING]
    return (states - fitting.mean(1, keepdim=True)) / (fitting.std(1, keepdim=True) + 1e-6)
