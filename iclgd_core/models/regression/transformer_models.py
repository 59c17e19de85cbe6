"""The in-context Transformers as regression models by name: trained on the ICL objective, untrained, shuffled."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from iclgd_core.errors import ContextError
from iclgd_core.evidence.plain import Json
from iclgd_core.models.regression.entry import ModelEntry
from iclgd_core.models.regression.in_context_transformer import InContextTransformer, TransformerShape
from iclgd_core.models.regression.model import RegressionModel
from iclgd_core.models.regression.transformer_files import load_transformer
from iclgd_core.models.regression.transformer_recipes import TRANSFORMER_RECIPES, get_transformer_recipe
from iclgd_core.models.shuffling import shuffled
from iclgd_core.seeds import derive
from iclgd_core.tasks.regression.gaussian import GAUSSIAN, NOISY
from iclgd_core.tasks.regression.task import Floats

TRAINED = "icl-objective-"
UNTRAINED = "untrained-"
SHUFFLED = "shuffled-"
BATCH = 1024
"""Prompts at a time."""


@dataclass(frozen=True, eq=False)
class TransformerModel:
    """An in-context Transformer as the laboratory sees it, computed in float32.

    Attributes:
        name: as reports show it.
        module: the Transformer, in evaluation mode.
    """

    name: str
    module: InContextTransformer

    @cached_property
    def digest(self) -> str:
        """SHA-256 of names, shapes and values of the weights."""
        h = hashlib.sha256()
        for name, tensor in sorted(self.module.state_dict().items()):
            h.update(f"{name}{tuple(tensor.shape)}".encode() + tensor.contiguous().numpy().tobytes())
        return h.hexdigest()

    @property
    def n_parameters(self) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.module.parameters())

    def known(self) -> dict[str, Json]:
        """Return how it is computed and of which shape, for the report."""
        shape = self.module.shape
        return {"dtype": "float32", "layers": shape.layers, "hidden": shape.hidden, "heads": shape.heads}

    @torch.no_grad()
    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        """Predict each query apart, after the demonstrations in their order: (episodes, Q, 1).

        Args:
            xs: demonstrations, (episodes, N, d), N from 0 to the model's points - 1.
            ys: their answers, (episodes, N, 1).
            xq: queries, (episodes, Q, d).

        Raises:
            ContextError: more demonstrations than the model holds, or inputs or outputs of another dimension.
        """
        if ys.shape[-1] != 1:
            raise ContextError(f"{self.name} predicts one output; the task has {ys.shape[-1]}. Use another task.")
        episodes, queries, d = xq.shape
        shots = xs.shape[1]
        x = np.concatenate([np.repeat(xs, queries, axis=0), xq.reshape(-1, 1, d)], axis=1)
        y = np.concatenate([np.repeat(ys[..., 0], queries, axis=0), np.zeros((episodes * queries, 1))], axis=1)
        found = torch.cat([self.module(*batch)[:, shots] for batch in _batches(x, y)])
        return found.double().numpy().reshape(episodes, queries, 1)

    def zero_shot(self, xq: Floats) -> Floats:
        """Predict without demonstrations: (episodes, Q, 1)."""
        episodes, _, d = xq.shape
        return self.predict(np.zeros((episodes, 0, d)), np.zeros((episodes, 0, 1)), xq)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights by name, detached."""
        return {name: weight.detach() for name, weight in self.module.named_parameters()}

    def without_context(self, weights: dict[str, torch.Tensor], xq: torch.Tensor) -> torch.Tensor:
        """Predict without demonstrations as a function of the weights, (Q, d) -> (Q, 1): each query a sequence of one.

        Attention is computed from its formula, whose gradient torch.func vectorises.
        """
        with sdpa_kernel(SDPBackend.MATH):
            found: torch.Tensor = functional_call(self.module, weights, (xq[:, None], xq.new_zeros(len(xq), 1)))
        return found

    @torch.no_grad()
    def predict_along(self, x: Floats, y: Floats) -> Floats:
        """Predict every answer from the points before it: (episodes, points, d), (episodes, points) -> same."""
        return torch.cat([self.module(*batch) for batch in _batches(x, y)]).double().numpy()

    @torch.no_grad()
    def all_states(self, x: Floats, y: Floats) -> Floats:
        """Return the residual stream at all tokens, (layers + 1, episodes, 2 points - 1, hidden)."""
        return torch.cat([self.module.hidden_states(*batch) for batch in _batches(x, y)], dim=1).double().numpy()

    def states_along(self, x: Floats, y: Floats) -> Floats:
        """Return the residual stream at the tokens of x_i, (layers + 1, episodes, points, hidden)."""
        return self.all_states(x, y)[:, :, ::2]


def _batches(x: Floats, y: Floats) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield points and answers in float32, so many prompts at a time."""
    for i in range(0, len(x), BATCH):
        part = slice(i, i + BATCH)
        yield torch.as_tensor(x[part], dtype=torch.float32), torch.as_tensor(y[part], dtype=torch.float32)


def fresh(name: str, shape: TransformerShape, seed: int) -> TransformerModel:
    """Return an untrained Transformer, its weights drawn from a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, name, "weights"))
        return TransformerModel(name, InContextTransformer(shape).train(False))


def untrained_twin(model: TransformerModel, seed: int) -> TransformerModel:
    """Return a model of the same shape with fresh weights."""
    return fresh(UNTRAINED + model.name.removeprefix(TRAINED).removeprefix(UNTRAINED), model.module.shape, seed)


def _trained(name: str, seed: int) -> RegressionModel:
    return TransformerModel(name, load_transformer(name))


def _untrained(name: str, seed: int) -> RegressionModel:
    return fresh(name, get_transformer_recipe(TRAINED + name.removeprefix(UNTRAINED)).shape, seed)


def _shuffled(name: str, seed: int) -> RegressionModel:
    module = load_transformer(TRAINED + name.removeprefix(SHUFFLED))
    module.load_state_dict(dict(shuffled(module.named_parameters(), derive(seed, name))), strict=False)
    return TransformerModel(name, module)


TASK_OF = {"linear": GAUSSIAN.name, "noisy-linear": NOISY.name}
"""The laboratory's task of each function class that a recipe trains on."""
WITH_CONTROLS = ("gpt2-4-layers", "gpt2-noisy-4-layers")
"""Recipes of which there is an untrained and a shuffled model."""


def _entry(load: Callable[[str, int], RegressionModel], name: str, recipe: str) -> ModelEntry:
    task = TASK_OF[get_transformer_recipe(TRAINED + recipe).function_class.name]
    return ModelEntry(partial(load, name), (task,), keep=True)


MODELS: dict[str, ModelEntry] = {
    **{name: _entry(_trained, name, name.removeprefix(TRAINED)) for name in TRANSFORMER_RECIPES},
    **{UNTRAINED + recipe: _entry(_untrained, UNTRAINED + recipe, recipe) for recipe in WITH_CONTROLS},
    **{SHUFFLED + recipe: _entry(_shuffled, SHUFFLED + recipe, recipe) for recipe in WITH_CONTROLS},
}
