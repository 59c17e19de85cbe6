"""The in-context Transformer: what it may see, its states, its training, its folder."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from iclgd_core.errors import ContextError, ModelError, SettingsError, UnknownNameError
from iclgd_core.models.regression import transformer_recipes
from iclgd_core.models.regression.in_context_transformer import InContextTransformer, TransformerShape
from iclgd_core.models.regression.training_transformer import TransformerRecipe, train_transformer
from iclgd_core.models.regression.transformer_files import card, load_transformer, pretrain_transformer
from iclgd_core.models.regression.transformer_recipes import TRANSFORMER_RECIPES, get_transformer_recipe
from iclgd_core.tasks.regression.function_classes import Linear, Points

SHAPE = TransformerShape(dimension=2, points=4, hidden=16, layers=2, heads=2)
TINY = TransformerRecipe("icl-objective-tiny", SHAPE, Linear(2), steps=30, batch=32, learning_rate=3e-3, warmup=5)


def model() -> InContextTransformer:
    return TINY.untrained().train(False)


def points() -> tuple[torch.Tensor, torch.Tensor]:
    drawn = Linear(2).draw(3, 4, torch.Generator().manual_seed(0), torch.float32)
    return drawn.x, drawn.y


@torch.no_grad()
@pytest.mark.parametrize("at", range(4))
def test_a_prediction_depends_on_the_points_before_and_on_its_own_input_alone(at: int) -> None:
    (x, y), net = points(), model()
    before = net(x, y)
    changed = y.clone()
    changed[:, at:] += 1.0
    torch.testing.assert_close(net(x, changed)[:, : at + 1], before[:, : at + 1])
    moved = x.clone()
    moved[:, at] += 1.0
    after = net(moved, y)
    torch.testing.assert_close(after[:, :at], before[:, :at])
    assert bool((after[:, at] != before[:, at]).all())
    if at < 3:
        assert bool((net(x, changed)[:, at + 1 :] != before[:, at + 1 :]).all())


def test_tokens_alternate_and_leave_the_last_answer_out() -> None:
    (x, y), net = points(), model()
    tokens = net.tokens(x, y)
    assert tokens.shape == (3, 7, 2)
    torch.testing.assert_close(tokens[:, ::2], x)
    torch.testing.assert_close(tokens[:, 1::2, 0], y[:, :3])
    assert not tokens[:, 1::2, 1].any()


@torch.no_grad()
def test_predictions_are_read_out_of_the_last_states() -> None:
    (x, y), net = points(), model()
    states = net.hidden_states(x, y)
    assert states.shape == (3, 3, 7, 16)
    torch.testing.assert_close(net.read_out(states[-1][:, ::2])[..., 0], net(x, y))


@pytest.mark.parametrize("shape", [(1, 5, 2), (1, 3, 3)])
def test_points_that_do_not_fit_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ContextError, match="reads at most 4 points of dimension 2"):
        model()(torch.zeros(shape), torch.zeros(shape[:2]))


@pytest.mark.parametrize("changed", [{"layers": 0}, {"hidden": 15}, {"points": 0}, {"dimension": 0}])
def test_shapes_out_of_range_are_refused(changed: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changed))):
        replace(SHAPE, **changed)


def test_training_repeats() -> None:
    (first, record), (second, again) = train_transformer(TINY), train_transformer(TINY)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert record.losses == again.losses


@dataclass(frozen=True)
class Constant:
    """f(x) = c with c ~ N(0, 1): one point says all."""

    dimension: int = 2
    name: str = "constant"
    scale: float = 1.0

    def draw(
        self, episodes: int, points: int, generator: torch.Generator, dtype: torch.dtype = torch.float64
    ) -> Points:
        x = torch.randn(episodes, points, 2, generator=generator, dtype=dtype)
        return Points(x, torch.randn(episodes, 1, generator=generator, dtype=dtype).expand(-1, points), x[:, 0])


def test_training_learns_in_context() -> None:
    errors = train_transformer(replace(TINY, function_class=Constant(), steps=150))[1].errors
    assert errors[0] == pytest.approx(1.0, abs=0.15)  # without points nothing can be known
    assert max(errors[1:]) < 0.2


def test_a_folder_holds_what_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(transformer_recipes.TRANSFORMER_RECIPES, TINY.name, TINY)
    lines: list[str] = []
    record = pretrain_transformer(TINY, tmp_path / TINY.name, lines.append)
    assert len(lines) == 1
    trained, _ = train_transformer(TINY)
    loaded = load_transformer(TINY.name, tmp_path)
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, trained.state_dict()[name])
    assert not loaded.training
    written = json.loads((tmp_path / TINY.name / "recipe.json").read_text())
    assert written["recipe"]["steps"] == 30
    assert written["errors"] == list(record.errors)
    assert "| 3 |" in (tmp_path / TINY.name / "README.md").read_text()
    assert not (tmp_path / TINY.name / "config.json").exists()
    noisy = replace(record, recipe=replace(TINY, function_class=Linear(2, noise=0.5)))
    assert "y = w . x, w ~" in card(record, {})
    assert "y = w . x + N(0, 0.25), w ~" in card(noisy, {})
    assert "| inf |" in card(noisy, {})


def test_weights_that_are_missing_or_of_another_shape_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(transformer_recipes.TRANSFORMER_RECIPES, TINY.name, TINY)
    with pytest.raises(ModelError, match="no weights of 'icl-objective-tiny'"):
        load_transformer(TINY.name, tmp_path)
    pretrain_transformer(replace(TINY, steps=1), tmp_path / TINY.name)
    path = tmp_path / TINY.name / "model.safetensors"
    weights = load_file(path)
    weights.pop("read_out.bias")
    save_file(weights, path)
    with pytest.raises(ModelError, match="not of the recipe"):
        load_transformer(TINY.name, tmp_path)
    path.write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="iclgd pretrain icl-objective-tiny"):
        load_transformer(TINY.name, tmp_path)


def test_recipes_are_known_by_name() -> None:
    for name, recipe in TRANSFORMER_RECIPES.items():
        assert get_transformer_recipe(name) is recipe
        assert recipe.shape.dimension == recipe.function_class.dimension
    with pytest.raises(UnknownNameError, match="Nearest: icl-objective-gpt2-4-layers"):
        get_transformer_recipe("icl-objective-gpt2-4-layer")
