"""Twins: gains have the right sign for each measure, and perplexity is that of transformers' own loss."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.perplexity import token_losses
from iclgd_core.models.pretrain import Recipe
from iclgd_core.models.pretrain.corpus import documents, windows
from iclgd_core.studies import twin_study
from iclgd_core.studies.dai.twins import LENGTHS, NUMBERS
from tests.studies.planted import TIER
from tests.tiny_models import WORLD, tiny_model, tiny_task

CONTEXT = 192


def recipe(seed: int) -> Recipe:
    return Recipe(
        "ginc-tiny", "llama", 16, mlp=24, batch=2, context=CONTEXT, document_length=200, seed=seed, world=WORLD
    )


def lab_of(directory: Path, model: CausalModel) -> Lab:
    return Lab(model, tiny_task(), TIER, 0, Store(directory))


def pair(directory: Path, seed: int) -> tuple[Lab, Lab]:
    """Two models of which the second is nearer to uniform, and so better than the wild first one."""
    wild, tame = tiny_model(seed=seed), tiny_model(seed=seed)
    with torch.no_grad():
        for model, scale in ((wild, 3.0), (tame, 0.01)):
            model.module.config.max_position_embeddings = CONTEXT
            dict(model.module.named_parameters())["lm_head.weight"].mul_(scale)
    names = (f"wild-{seed}", f"tame-{seed}")
    first, second = (lab_of(directory, replace(m, name=n)) for m, n in zip((wild, tame), names, strict=True))
    return first, second


def read(study: Study, what: str) -> dict[str, dict[str, float]]:
    table = study.details[what]
    assert isinstance(table, dict)
    return table  # type: ignore[return-value]


def test_token_losses_are_those_of_transformers() -> None:
    model = tiny_model()
    ids = torch.arange(120).reshape(40, 3) % 14
    found = token_losses(model, ids)
    assert found.shape == (40, 2)
    expected = float(model.module(ids, labels=ids).loss)
    assert found.mean() == pytest.approx(expected, rel=1e-5)
    one = model.module(ids[:1]).logits.log_softmax(-1)
    np.testing.assert_allclose(found[0], [-float(one[0, 0, ids[0, 1]]), -float(one[0, 1, ids[0, 2]])], rtol=1e-5)


def test_a_lower_perplexity_of_the_second_is_a_gain(tmp_path: Path) -> None:
    pairs = [pair(tmp_path, seed) for seed in (1, 2)]
    found = twin_study(pairs, [recipe(1), recipe(2)], "perplexity", 3)
    assert (found["gain"] > 0).all()
    swapped = twin_study([(b, a) for a, b in pairs], [recipe(1), recipe(2)], "perplexity", 3)
    np.testing.assert_allclose(swapped["gain"], -found["gain"])
    corpus = documents(recipe(2), "validation")
    batches = windows(corpus, recipe(2), "validation")
    rows = torch.cat([next(batches) for _ in range(8)])
    losses = token_losses(pairs[1][1].model, rows)
    table = read(found, "perplexity")
    assert table["tame-2"] == {str(n): pytest.approx(np.exp(losses[:, : n - 1].mean())) for n in LENGTHS}
    assert found["gain"][1] == pytest.approx(
        np.log(table["wild-2"][str(CONTEXT)]) - np.log(table["tame-2"][str(CONTEXT)])
    )
    assert found.details["gain_by_seed"] == {"1": float(found["gain"][0]), "2": float(found["gain"][1])}
    over = found.details["over_seeds"]
    whole = np.array([[table[f"{kind}-{seed}"][str(CONTEXT)] for seed in (1, 2)] for kind in ("wild", "tame")])
    half = 12.706204736 * np.abs(whole[:, 0] - whole[:, 1]) / 2  # t of one degree of freedom; s / sqrt(2) = |a - b| / 2
    for kind, values, width in zip(("first", "second"), whole, half, strict=True):
        assert over[kind]["mean"] == pytest.approx(values.mean())  # type: ignore[index,call-overload]
        expected = [values.mean() - width, values.mean() + width]
        assert over[kind]["interval"] == pytest.approx(expected)  # type: ignore[index,call-overload]
    assert [curve.label for curve in found.curves] == ["wild-1", "tame-1", "wild-2", "tame-2"]


def test_a_higher_accuracy_of_the_second_is_a_gain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: dict[str, int] = {}

    def planted(lab: Lab, shots: int, n: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        seeds[lab.model.name] = lab.seed
        return np.full(n, 0.1 * (lab.model.name.startswith("tame")) + shots / 100)

    monkeypatch.setattr("iclgd_core.studies.dai.twins.icl_accuracy", planted)
    found = twin_study([pair(tmp_path, 1), pair(tmp_path, 2)], [recipe(1), recipe(2)], "icl-accuracy", 3)
    np.testing.assert_allclose(found["gain"], [0.1, 0.1])
    over = found.details["over_seeds"]
    assert over == {  # the planted accuracies are the same for both seeds, which leaves no interval
        "first": {"mean": pytest.approx(28 / 300), "interval": None, "n": 2},
        "second": {"mean": pytest.approx(0.1 + 28 / 300), "interval": None, "n": 2},
    }
    assert seeds["wild-1"] == seeds["tame-1"] != seeds["wild-2"] == seeds["tame-2"]
    assert read(found, "icl-accuracy")["wild-1"] == {str(shots): pytest.approx(shots / 100) for shots in NUMBERS}
    assert found.fixed["demonstrations"] == list(NUMBERS)
    assert "lengths" not in found.fixed
