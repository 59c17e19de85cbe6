"""The instruments for in-context Transformers recover planted truth, and find nothing where there is nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import ContextError, NotRunError, UnknownNameError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.store import Store
from iclgd_core.learners.linear.step_grid import DESCENT_STEPS, along
from iclgd_core.models.regression.in_context_transformer import TransformerShape
from iclgd_core.models.regression.transformer_models import MODELS, TransformerModel, fresh, untrained_twin
from iclgd_core.studies import layer_readout
from iclgd_core.studies.akyurek import probes
from iclgd_core.studies.akyurek.algorithms import ALGORITHMS, STEP_RATES, nearest_to_icl
from iclgd_core.studies.akyurek.depth import by_depth
from iclgd_core.studies.garg import layer_match
from iclgd_core.studies.garg.learning_curve import errors_after
from iclgd_core.tasks.regression.gaussian import GAUSSIAN, ILL_CONDITIONED
from iclgd_core.tasks.regression.uniform import LINEAR
from tests.models.regression.planted_transformers import Descent, Known, Newton, OneStep, Ridge, lab, module


def untrained() -> TransformerModel:
    return TransformerModel("untrained-planted", module())


def test_a_model_predicts_each_query_as_along_a_prompt() -> None:
    model, drawn = untrained(), GAUSSIAN.draw(0, "tuning", 4, 10, 3)
    apart = model.predict(drawn.xs, drawn.ys, drawn.xq)
    assert apart.shape == (4, 3, 1)
    for q in range(3):
        x = np.concatenate([drawn.xs, drawn.xq[:, q : q + 1]], axis=1)
        y = np.concatenate([drawn.ys, drawn.yq[:, q : q + 1]], axis=1)[..., 0]
        np.testing.assert_allclose(model.predict_along(x, y)[:, -1], apart[:, q, 0], atol=1e-6)
        assert model.states_along(x, y).shape == (4, 4, 11, 16)
        np.testing.assert_array_equal(model.states_along(x, y)[:, :, -1], model.all_states(x, y)[:, :, -1])
    assert model.zero_shot(drawn.xq).shape == (4, 3, 1)


def test_a_model_refuses_what_it_cannot_read() -> None:
    drawn, model = GAUSSIAN.draw(0, "tuning", 2, 11, 1), untrained()
    with pytest.raises(ContextError, match="reads at most 11 points"):
        model.predict(drawn.xs, drawn.ys, drawn.xq)
    with pytest.raises(ContextError, match="predicts one output"):
        model.predict(drawn.xs, np.concatenate([drawn.ys] * 2, axis=2), drawn.xq)


def test_untrained_models_are_the_seeds() -> None:
    shape = TransformerShape(hidden=8, layers=1, heads=1)
    a, b, c = fresh("untrained-x", shape, 0), fresh("untrained-x", shape, 0), fresh("untrained-x", shape, 1)
    assert a.digest == b.digest != c.digest
    twin = untrained_twin(untrained(), 5)
    assert twin.name == "untrained-planted"
    assert twin.module.shape == untrained().module.shape
    entry = MODELS["untrained-gpt2-4-layers"]
    assert entry.load(3).digest == entry.load(3).digest != entry.load(4).digest


def test_the_ill_conditioned_task_has_condition_number_100_and_the_same_power() -> None:
    assert ILL_CONDITIONED.spectrum.max() / ILL_CONDITIONED.spectrum.min() == pytest.approx(100.0)
    assert ILL_CONDITIONED.spectrum.mean() == pytest.approx(1.0)
    x = ILL_CONDITIONED.draw(0, "tuning", 400, 10, 1).xs.reshape(-1, 5)
    np.testing.assert_allclose(x.var(0), ILL_CONDITIONED.spectrum, rtol=0.1)
    np.testing.assert_allclose(GAUSSIAN.draw(0, "tuning", 2, 3, 1).xs, GAUSSIAN.draw(0, "tuning", 3, 5, 1).xs[:2, :3])


def test_the_nearest_setting_is_the_planted_one() -> None:
    made = lab(Ridge("icl-objective-ridge", module(), 0.3))
    found = nearest_to_icl(made, "ridge", 10)
    assert found.setting == "ridge 0.3"
    np.testing.assert_allclose(found.distance, 0.0, atol=1e-20)
    assert nearest_to_icl(made, "gd-one-step", 10).distance.mean() > 0.02
    with pytest.raises(UnknownNameError, match="algorithm"):
        nearest_to_icl(made, "magic", 10)


def test_every_algorithm_predicts_its_right_shape() -> None:
    drawn = GAUSSIAN.draw(0, "tuning", 3, 10, 2)
    for algorithm in ALGORITHMS.values():
        for values in algorithm(drawn.xs, drawn.ys[..., 0], drawn.xq).values():
            assert values.shape == (3, 2)


def test_depth_predicts_the_algorithm() -> None:
    deep = by_depth(lab(Ridge("icl-objective-ridge", module(), 0.3)))
    assert deep["predicted"].mean() == pytest.approx(0.0, abs=1e-20)
    assert deep["other"].mean() > 0.02
    one = fresh("untrained-one", TransformerShape(hidden=8, layers=1, heads=1), 0).module
    shallow = by_depth(lab(OneStep("icl-objective-step", one, STEP_RATES[12])))
    assert shallow["predicted"].mean() < 1e-9 < shallow["other"].mean()


def test_errors_of_a_known_learner() -> None:
    study = errors_after(lab(Ridge("icl-objective-ridge", module(), 1e-8)), "least-squares", 7)
    np.testing.assert_allclose(study["icl"], study["baseline"], atol=1e-6)
    assert [curve.learner for curve in study.curves] == ["icl", "least-squares"]


def test_matching_recovers_the_iterations_of_each_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_readout, "FITTING", 64)
    monkeypatch.setattr(layer_readout, "CHOOSING", 32)
    monkeypatch.setattr(layer_readout, "PENALTY", 1e-9)
    made = lab(Newton("icl-objective-newton", module()))
    final = layer_match.final_match(made, "newton")
    assert final.step == 6
    np.testing.assert_allclose(final.similarity, 1.0)
    assert layer_match.final_match(made, "gd").similarity.mean() < 1.0
    assert layer_match.final_match(made, "newton", ill_conditioned=True).step == 6
    layers = layer_match.layer_matches(made, "newton")
    assert {layer: match.step for layer, match in layers.items()} == {1: 2, 2: 4, 3: 6}
    assert layer_match.by_layer(layers) == [("layer 2", 2.0, 4.0), ("layer 3", 4.0, 6.0)]
    assert layer_match.beyond_grid(layers, "newton") == ""
    assert "in layer 3" in layer_match.beyond_grid(layers | {3: replace(layers[3], step=24)}, "newton")


def test_matching_recovers_the_gd_steps_of_each_layer_at_one_rate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(layer_readout, "FITTING", 64)
    monkeypatch.setattr(layer_readout, "CHOOSING", 32)
    monkeypatch.setattr(layer_readout, "_readout", lambda lab, layer: np.array([1.0, 0.0]))  # a fitted one rescales
    store = Store(tmp_path)
    made = replace(lab(Descent("icl-objective-descent", module())), store=store)
    layers = layer_match.layer_matches(made, "gd")
    assert {layer: match.step for layer, match in layers.items()} == {1: 3, 2: 9, 3: 27}
    assert {match.rate for match in layers.values()} == {0.25}
    np.testing.assert_allclose([match.similarity for match in layers.values()], 1.0)
    monkeypatch.setattr(layer_match, "_measured", None)
    again = layer_match.layer_matches(replace(made, seed=0), "gd")
    assert {layer: match.step for layer, match in again.items()} == {1: 3, 2: 9, 3: 27}
    np.testing.assert_array_equal(again[2].similarity, layers[2].similarity)


def test_the_grid_of_steps_is_whole_numbers_then_five_percent_apart() -> None:
    assert DESCENT_STEPS[:64] == tuple(range(1, 65))
    assert DESCENT_STEPS[-1] == 4096
    ratios = np.array(DESCENT_STEPS[64:]) / np.array(DESCENT_STEPS[63:-1])
    assert ratios.min() > 1.0
    assert ratios.max() <= 1.05
    x, y = np.ones((1, 2, 1)), np.array([[2.0, 0.0]])
    np.testing.assert_allclose(along("gd", x, y, 0.5, (0, 1, 3))[:, 0], [[0.0, 0.0], [0.0, 1.0], [0.0, 1.75]])
    np.testing.assert_allclose(along("newton", x, y, 0.0, (0, 2))[:, 0], [[0.0, 2.0], [0.0, 2.0]])


def test_probes_find_what_is_there_at_its_layer_and_nothing_in_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "FITTING", 512)
    monkeypatch.setattr(probes, "CHOOSING", 64)
    monkeypatch.setattr(probes, "STEPS", 200)
    made = lab(Known("icl-objective-known", module()))
    for target, layer in (("moment", 1), ("weights", 2)):
        study = probes.probed(made, target, "shuffled")
        assert study["trained"].mean() < 0.1
        assert study["control"].mean() > 0.9
        trained = study.details["trained"]
        assert isinstance(trained, dict)
        assert trained["best_layer"] == layer
    assert probes.probed(made, "weights", "untrained")["control"].mean() > 0.5


def test_probes_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("FITTING", 64), ("CHOOSING", 16), ("STEPS", 50)):
        monkeypatch.setattr(probes, name, value)
    made = replace(lab(Known("icl-objective-known", module())), store=Store(tmp_path))
    first = probes.probed(made, "moment", "shuffled")
    monkeypatch.setattr(probes, "_fitted", None)
    again = probes.probed(made, "moment", "shuffled")
    np.testing.assert_array_equal(first["trained"], again["trained"])
    np.testing.assert_array_equal(first["control"], again["control"])
    assert (first.details, first.curves) == (again.details, again.curves)
    with pytest.raises(TypeError, match="not callable"):
        probes.probed(made, "weights", "shuffled")


def test_models_without_layers_are_not_probed() -> None:
    constructed = MODELS["untrained-gpt2-4-layers"].load(0)
    assert isinstance(constructed, TransformerModel)

    class Other:
        name, digest, n_parameters = "constructed-other", "0", 0

    made = RegressionLab(Other(), LINEAR)  # type: ignore[arg-type]
    with pytest.raises(NotRunError, match="no layers"):
        layer_match.layer_matches(made, "newton")
    with pytest.raises(NotRunError, match="no layers"):
        probes.probed(made, "moment", "untrained")
