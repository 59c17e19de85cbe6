"""The models that a process has in memory: small ones stay, of large ones there is one at a time."""

from fixtures.loaded_models import LoadedModels
from iclgd_core.models.language.adapter import CausalModel
from tests.tiny_models import encoded, episodes, predicted, tiny_model

SEEDS = {"a": 0, "b": 1}


class Loader:
    """Loads tiny models and remembers which."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def __call__(self, name: str) -> CausalModel:
        self.loaded.append(name)
        return tiny_model(seed=SEEDS[name])


def test_small_models_stay_loaded() -> None:
    load = Loader()
    models = LoadedModels(load, 100_000)
    first, second = models.model("a"), models.model("b")
    models.drop()
    assert models.model("a") is first
    assert models.model("a").module is first.module
    assert second.module is not first.module
    assert load.loaded == ["a", "b"]


def test_a_large_model_takes_the_place_of_another_and_comes_back() -> None:
    load = Loader()
    models = LoadedModels(load, 1000)
    a, b = models.model("a"), models.model("b")
    assert load.loaded == ["a", "b"]
    assert a.digest == tiny_model(seed=0).digest != b.digest, "known without the weights"
    assert encoded(a, episodes(1))[0].pool == 512
    assert load.loaded == ["a", "b"], "nor do prompts need them"
    prompts = encoded(a, episodes(1))[0].prompts(encoded(a, episodes(1))[0].answers[:0])
    rows = [prompt.ids for prompt in prompts]
    for model, seed in ((a, 0), (b, 1), (a, 0)):
        assert (predicted(model, rows) == predicted(tiny_model(seed=seed), rows)).all()  # type: ignore[arg-type]
    assert load.loaded == ["a", "b", "a", "b", "a"]


def test_what_is_dropped_is_fetched_again() -> None:
    load = Loader()
    models = LoadedModels(load, 1000)
    module = models.model("a").module
    assert models.model("a").module is module
    models.drop()
    assert models.model("a").module is not module
    assert load.loaded == ["a", "a"]
