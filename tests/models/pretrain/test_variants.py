"""Recipes of the variants: twins share everything but attention, corpora are what they say, weights are rounded."""

import io
import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from iclgd_core.models.language.loading import fresh, load_model
from iclgd_core.models.language.momentum_attention import MOMENTUM
from iclgd_core.models.pretrain import RECIPES, Recipe, pretrain
from iclgd_core.models.pretrain.corpus import documents, entropy_floor, windows
from iclgd_core.models.pretrain.recipe import UNIFORM
from iclgd_core.models.pretrain.validation import accuracy_by_shots
from iclgd_core.models.pretrain.variants import DISTRIBUTIONS, SEEDS, TWINS, VARIANTS
from iclgd_core.seeds import derive
from iclgd_core.tasks import GincConfig, get_task
from iclgd_core.tasks.ginc.world import ginc_world

TINY = Recipe(
    "ginc-tiny", "llama", 16, mlp=24, layers=2, heads=2, documents=8, document_length=240, steps=3, batch=2,
    context=64, warmup=2, seed=1, momentum=0.5, stored="float16",
)  # fmt: skip


def differences(a: Recipe, b: Recipe) -> set[str]:
    return {name for name, value in asdict(a).items() if value != asdict(b)[name]} - {"name"}


@pytest.mark.parametrize(("plain", "momentum"), TWINS)
def test_twins_differ_in_attention_alone(plain: str, momentum: str) -> None:
    first, second = RECIPES[plain], RECIPES[momentum]
    assert differences(first, second) == {"momentum"}
    for recipe in (first, second):
        torch.manual_seed(derive(recipe.seed, "weights"))
        weights = fresh(recipe.config()).state_dict()
        if recipe is first:
            expected = weights
    assert all(torch.equal(expected[name], weights[name]) for name in weights)


def test_there_is_a_pair_a_seed_and_no_two_pairs_are_alike() -> None:
    assert len(SEEDS) == len(TWINS) >= 3
    assert [RECIPES[plain].seed for plain, _ in TWINS] == list(SEEDS) == sorted(set(SEEDS))


def test_each_distribution_differs_from_the_reference_in_what_it_says_alone() -> None:
    reference, *others = (RECIPES[model] for model, _ in DISTRIBUTIONS)
    found = {recipe.name: differences(reference, recipe) for recipe in others}
    assert found == {
        "ginc-vic0-208k": {"world"}, "ginc-onehmm-208k": {"world", "prompt_hmms"}, "ginc-uniform-208k": {"corpus"},
        "ginc-v50-195k": {"world"}, "ginc-v100-202k": {"world"},
    }  # fmt: skip


@pytest.mark.parametrize(("model", "task"), DISTRIBUTIONS)
def test_prompts_come_from_the_right_world(model: str, task: str) -> None:
    recipe, chosen = RECIPES[model], get_task(task)
    assert chosen.name == task
    assert chosen.config == recipe.prompt_world  # type: ignore[attr-defined]
    drawn, trained_on = ginc_world(recipe.prompt_world), ginc_world(recipe.world)
    assert np.array_equal(drawn.memory, trained_on.memory)
    assert np.array_equal(drawn.slot_transition, trained_on.slot_transition)


def test_worlds_of_other_names_draw_other_episodes_and_the_default_ones_stay() -> None:
    names = [
        get_task(name).episode(0, "evaluation", 0, 2).digest for name in ("ginc-k8", "ginc-vic0-k8", "ginc-v50-k8")
    ]
    assert len(set(names)) == 3
    assert get_task("ginc-k8").name == "ginc-k8"


def test_value_identity_zero_changes_the_entity_at_every_step_that_the_default_keeps() -> None:
    kept, changing = (ginc_world(GincConfig(value_identity=v)).value_transition for v in (0.9, 0.0))
    np.testing.assert_allclose(kept, 0.1 * changing + 0.9 * np.eye(10))


def test_a_uniform_corpus_has_every_symbol_alike_and_no_order() -> None:
    recipe = replace(TINY, corpus=UNIFORM, documents=200, document_length=500)
    corpus = documents(recipe).numpy()
    counts = np.bincount(corpus.ravel(), minlength=150)
    assert counts.shape == (150,)
    expected = corpus.size / 150
    assert float(((counts - expected) ** 2 / expected).sum()) < 149 + 5 * math.sqrt(2 * 149)
    pairs = np.bincount(corpus[:, :-1].ravel() * 150 + corpus[:, 1:].ravel(), minlength=150**2)
    each = corpus[:, 1:].size / 150**2
    assert float(((pairs - each) ** 2 / each).sum()) < 22499 + 5 * math.sqrt(2 * 22499)
    assert entropy_floor(recipe) == math.log(150)
    assert not torch.equal(documents(recipe), documents(recipe, "validation"))
    assert next(windows(documents(recipe), recipe)).shape == (2, 64)


def test_a_recipe_of_one_hmm_draws_documents_from_it_alone() -> None:
    world = ginc_world(GincConfig(n_in_mixture=1))
    _, hmm = world.documents(50, 3, np.random.default_rng(0))
    assert set(hmm.tolist()) == {0}
    assert RECIPES["ginc-onehmm-208k"].prompt_world == GincConfig()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def few(*arguments: Any, **settings: Any) -> dict[str, dict[int, float]]:
        return accuracy_by_shots(*arguments, **{**settings, "lengths": (3,), "episodes": 2})

    out = tmp_path_factory.mktemp("models") / "ginc-tiny"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iclgd_core.models.pretrain.train.accuracy_by_shots", few)
        pretrain(TINY, out, "cpu", Console(file=io.StringIO()))
    return out


def test_rounded_weights_are_the_model(trained: Path) -> None:
    stored = load_file(trained / "model.safetensors")
    assert {weight.dtype for weight in stored.values()} == {torch.float16}
    model = load_model(str(trained))
    assert model.module.dtype == torch.float32
    assert model.config._attn_implementation == MOMENTUM
    loaded = model.module.state_dict()
    assert all(torch.equal(loaded[name], weight.float()) for name, weight in stored.items())
    recorded = json.loads((trained / "training.json").read_text())["validation_loss"]
    rows = windows(documents(TINY, "validation"), TINY, "validation")
    losses = [float(model.module(b, labels=b).loss) for b, _ in zip(rows, range(8), strict=False)]
    assert sum(losses) / 8 == pytest.approx(recorded, abs=1e-6)


def test_the_card_says_what_is_unusual(trained: Path) -> None:
    card = (trained / "README.md").read_text()
    assert "with momentum, eta 0.5" in card
    assert "plain transformers ignores it" in card
    assert "rounded to float16" in card
    assert "uniform" not in card


def test_names_say_what_they_are() -> None:
    assert all(recipe.name.startswith("ginc-") for recipe in VARIANTS)
    assert len({recipe.name for recipe in VARIANTS}) == len(VARIANTS)
    assert {recipe.steps for recipe in VARIANTS} == {VARIANTS[0].steps}
