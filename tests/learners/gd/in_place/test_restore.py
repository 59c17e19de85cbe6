"""Whatever happens, the model is afterwards what it was before, bit for bit."""

from collections.abc import Callable

import pytest
import torch

from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.in_place import InPlaceDescent, Plan, RestoreError, Rounding, train_in_place
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.fingerprint import fingerprint
from tests.learners.gd.in_place.small_runs import LABELS, asking, small_run, weights, whole
from tests.models.architectures.toys import VOCABULARY, toy_model
from tests.tiny_models import tiny_model


def toy(name: str, dtype: torch.dtype) -> CausalModel:
    return CausalModel(name, toy_model(name).to(dtype), None)  # type: ignore[arg-type]


def state(model: CausalModel) -> tuple[object, ...]:
    """Return all that a run could leave behind."""
    module = model.module
    return (
        fingerprint(module),
        [(name, p.requires_grad, p.grad, id(p)) for name, p in module.named_parameters(remove_duplicate=False)],
        [part.training for part in module.modules()],
        [sorted(part.__dict__) for part in module.modules()],
        [(len(part._forward_pre_hooks), len(part._forward_hooks)) for part in module.modules()],
        [len(p._post_accumulate_grad_hooks or {}) for p in module.parameters()],
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("name", ["llama", "gpt2", "qwen3", "gpt_neox", "bloom"])
def test_after_every_run(name: str, dtype: torch.dtype) -> None:
    """Among them tied embeddings (gpt2, qwen3, bloom) and fused projections."""
    model = toy(name, dtype)
    before = state(model)
    runs = [small_run(0.5, vocabulary=VOCABULARY, seed=seed) for seed in range(2)]
    fused = next(n for n, p in model.module.named_parameters() if p.ndim == 2)
    mask = torch.zeros(model.module.get_parameter(fused).shape[1], dtype=torch.bool)
    mask[::3] = True
    cases: list[tuple[str, dict[str, torch.Tensor | None], Rounding]] = [
        ("sgd2", whole(model), "stochastic"), ("adam", whole(model), "master"), ("gd", {fused: mask}, "nearest"),
    ]  # fmt: skip
    for optimizer, trained, rounding in cases:
        arguments = (model, trained, get_optimizer(optimizer), (1, 2), runs, LABELS)
        for _ in train_in_place(*arguments, rounding=rounding, plan=Plan(at_once=True, checkpointing=True)):
            assert state(model) == before
        assert state(model) == before


def test_tied_weights_stay_tied_and_move_together() -> None:
    model = toy("gpt2", torch.float32)
    seen: list[bool] = []
    embedding, output = (model.module.get_parameter(name) for name in ("transformer.wte.weight", "lm_head.weight"))
    start = embedding.detach().clone()

    def ask() -> None:
        seen.append(embedding is output and not torch.equal(embedding, start))

    with InPlaceDescent(model, whole(model)) as descent:
        descent.descend(get_optimizer("gd"), (1, 2), small_run(0.5, vocabulary=VOCABULARY), ask)
    assert seen == [True, True]
    assert torch.equal(embedding, start)


class Stop(Exception):
    pass


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, SystemExit, torch.OutOfMemoryError])
def test_after_an_error_in_an_answer(error: type[BaseException]) -> None:
    model = tiny_model()
    before = state(model)

    def ask() -> None:
        assert state(model)[0] != before[0]
        raise error

    with InPlaceDescent(model, whole(model)) as descent, pytest.raises(error):
        descent.descend(get_optimizer("sgd1"), (2,), small_run(), ask)
    assert state(model) == before


class Interrupting:
    """Raises at the third gradient of the input embedding, the last of its backward pass."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error, self.calls = error, 0

    def __call__(self, gradient: torch.Tensor) -> None:
        self.calls += 1
        if self.calls == 3:
            raise self.error


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_after_an_error_amid_a_backward_pass(error: type[BaseException], at_once: bool) -> None:
    model = tiny_model()
    before = state(model)
    first, interrupting = next(model.module.parameters()), Interrupting(error)
    first.requires_grad_(True)
    handle = first.register_hook(interrupting)  # type: ignore[no-untyped-call]
    first.requires_grad_(False)
    plan, run = Plan(at_once=at_once, checkpointing=True), small_run()
    with pytest.raises(error):
        list(train_in_place(model, whole(model), get_optimizer("sgd1"), (3,), [run], LABELS, plan=plan))
    handle.remove()
    assert interrupting.calls == 3
    assert state(model) == before


def test_a_run_that_was_not_restored_is_restored_before_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a second interrupt, which hits the restoring itself."""
    model, run = tiny_model(), small_run()
    before, ask = weights(model), asking(model, run)
    with InPlaceDescent(model, whole(model)) as descent:
        clean, _ = descent.descend(get_optimizer("gd"), (2,), run, ask)
        restore: Callable[[], None] = descent._restore

        def interrupted_restore() -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(descent, "_restore", interrupted_restore)
        with pytest.raises(KeyboardInterrupt):
            descent.descend(get_optimizer("gd"), (2,), run, ask)
        assert any(not torch.equal(before[name], tensor) for name, tensor in weights(model).items())
        monkeypatch.setattr(descent, "_restore", restore)
        again, _ = descent.descend(get_optimizer("gd"), (2,), run, ask)
        assert (clean[0] == again[0]).all()  # type: ignore[union-attr]
        monkeypatch.setattr(descent, "_restore", interrupted_restore)
        with pytest.raises(KeyboardInterrupt):
            descent.descend(get_optimizer("gd"), (2,), run, ask)
        monkeypatch.setattr(descent, "_restore", restore)
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(model).items())


def test_a_generator_that_is_given_up_leaves_the_model_restored() -> None:
    model = tiny_model()
    before = state(model)
    runs = [small_run(seed=seed) for seed in range(3)]
    found = train_in_place(model, whole(model), get_optimizer("gd"), (1,), runs, LABELS)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert state(model) == before


def test_weights_that_cannot_be_put_back_are_an_error() -> None:
    model = tiny_model()
    with InPlaceDescent(model, whole(model)) as descent:
        copies = descent._snapshot._copies  # type: ignore[union-attr]
        next(iter(copies.values()))[0, 0] += 1
        with pytest.raises(RestoreError, match="load the model anew"):
            descent.descend(get_optimizer("gd"), (1,), small_run(), lambda: None)
        descent._clean = True


def test_a_snapshot_is_taken_once_for_many_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def copy(weight: torch.Tensor, on_device: bool) -> torch.Tensor:
        taken.append(1)
        return weight.clone()

    monkeypatch.setattr("iclgd_core.learners.gd.in_place.snapshot._copy", copy)
    model = tiny_model()
    list(train_in_place(model, whole(model), get_optimizer("gd"), (1,), [small_run(seed=s) for s in range(4)], LABELS))
    assert len(taken) == len(whole(model))
