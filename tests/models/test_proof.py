"""What is read at one position is what the model predicts there, however it computes its logits; else it is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM, MobileBertConfig, MobileBertForMaskedLM, PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures.behaviour import vectorises
from iclgd_core.models.language.answering import answer
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.language.proof import check_readout
from iclgd_core.models.language.readout import readout_at
from iclgd_core.tasks.prompts import Prompt
from tests.models.architectures.toys import MASKED, SPREAD, TOYS, toy_model
from tests.models.architectures.watching import tokens
from tests.tiny_models import tiny_model

Forward = Callable[..., Any]


def mobile_bert() -> PreTrainedModel:
    """A model that never calls its output embedding: it multiplies by that and another matrix, side by side."""
    config = MobileBertConfig(
        vocab_size=60, hidden_size=32, embedding_size=16, num_attention_heads=4, num_hidden_layers=2,
        intermediate_size=48, intra_bottleneck_size=16, max_position_embeddings=64,
        initializer_range=SPREAD,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module: PreTrainedModel = MobileBertForMaskedLM(config)
    module.train(False).requires_grad_(False)
    return module


def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    """Let every Llama return what `change` makes of its output."""
    forward: Forward = LlamaForCausalLM.forward
    monkeypatch.setattr(LlamaForCausalLM, "forward", lambda *args, **named: change(forward(*args, **named)))


def uncalled(module: PreTrainedModel) -> PreTrainedModel:
    """Let a model multiply by its output matrix without calling the module that holds it."""
    head = module.get_output_embeddings()  # type: ignore[no-untyped-call]
    object.__setattr__(module, "lm_head", lambda hidden: torch.nn.functional.linear(hidden, head.weight))
    object.__setattr__(module, "get_output_embeddings", lambda: head)
    del module._modules["lm_head"]
    module.register_module("head", head)
    return module


@torch.no_grad()
def read(module: PreTrainedModel, ids: torch.Tensor, at: list[int]) -> torch.Tensor:
    with readout_at(module, torch.tensor(at)):
        found: torch.Tensor = module(ids).logits
    return found


@torch.no_grad()
def whole(module: PreTrainedModel, ids: torch.Tensor, at: list[int]) -> torch.Tensor:
    logits: torch.Tensor = module(ids).logits
    return logits[torch.arange(len(ids)), at][:, None]


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_every_architecture_of_the_table_passes(name: str, dtype: torch.dtype) -> None:
    module = torch.nn.Module.to(toy_model(name), dtype)
    assert {p.dtype for p in module.parameters()} == {dtype}
    check_readout(module, name in MASKED, "it")


@pytest.mark.parametrize("name", TOYS)
def test_every_architecture_of_the_table_computes_logits_of_one_position_alone(name: str) -> None:
    """The output matrix sees one hidden state a prompt, which is what keeps the largest tensor away."""
    module, seen = toy_model(name), list[tuple[int, ...]]()
    output = module.get_output_embeddings()  # type: ignore[no-untyped-call]
    output.register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape)))
    read(module, tokens(3, 12), [11, 0, 7])
    assert seen == [(3, 1, 60)]


def test_a_model_that_never_calls_its_output_embedding_is_read_where_it_is_asked() -> None:
    module, ids, at = mobile_bert(), tokens(3, 12), [11, 0, 7]
    called = list[bool]()
    module.get_output_embeddings().register_forward_hook(lambda *_: called.append(True))  # type: ignore[no-untyped-call]
    found = read(module, ids, at)
    assert not called
    assert found.shape == (3, 1, 60)
    assert torch.equal(found, whole(module, ids, at))
    assert float((found[0] - whole(module, ids, [0, 0, 0])[0]).abs().max()) > 0.01, "position 0 says something else"
    check_readout(module, True, "it")


def test_such_a_model_answers_alike_with_and_without_company(tmp_path: Path) -> None:
    mobile_bert().save_pretrained(tmp_path)
    tiny_model().tokenizer.save_pretrained(tmp_path)
    model = load_model(str(tmp_path))
    assert model.masked
    prompts = [Prompt(tokens(1, length, length)[0].numpy(), length - 3) for length in (9, 6, 14)]
    found = np.asarray(model.log_probs([prompts], np.array([5])))[0]
    for row, prompt in zip(found, prompts, strict=True):
        alone = whole(model.module, torch.from_numpy(prompt.ids)[None], [prompt.readout])[0, 0].log_softmax(-1)
        np.testing.assert_allclose(row, alone.numpy(), atol=5e-5)


def test_a_causal_model_that_never_calls_it_too_and_its_gradients() -> None:
    """A model without an output embedding of its own, or with one that is not called, under vmap as well."""
    ids, at = tokens(3, 12), [11, 0, 7]
    module, plain = uncalled(toy_model("llama")), toy_model("llama")
    torch.testing.assert_close(read(module, ids, at), whole(plain, ids, at), atol=1e-5, rtol=0)
    assert vectorises(module)
    check_readout(module, False, "it")
    object.__setattr__(module, "get_output_embeddings", lambda: None)
    torch.testing.assert_close(read(module, ids, at), whole(plain, ids, at), atol=1e-5, rtol=0)
    groups = [[Prompt(tokens(1, 20 + n, n)[0].numpy(), 19 + n) for n in range(3)]]
    found, wanted = (np.asarray(answer(one, groups, np.array([5]), False, False)) for one in (module, plain))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_logits_that_depend_on_other_logits_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    toy_model("llama").save_pretrained(tmp_path)
    tiny_model().tokenizer.save_pretrained(tmp_path)
    load_model(str(tmp_path))

    def mixed(out: Any) -> Any:
        out.logits = out.logits - out.logits.mean(1, keepdim=True)
        return out

    changed(monkeypatch, mixed)
    with pytest.raises(ModelError, match=r"predicts something else where it is read at one position .*differ by up to"):
        load_model(str(tmp_path))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda out: out.__class__(logits=out.logits[:, :, :59]), "predicts 59 tokens, fewer than the 60"),
        (lambda out: out.__class__(logits=out.logits.repeat(1, 3, 1)), r"returns logits of shape \(2, 3, 60\)"),
        (lambda out: out.to_tuple(), "cannot read a short prompt: AttributeError"),
        (lambda out: dict[str, object]()["adapter"], "cannot read a short prompt: KeyError: 'adapter'"),
    ],
    ids=["too few tokens", "other positions", "a tuple", "an error"],
)
def test_what_cannot_be_read_is_refused(
    change: Callable[[Any], Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, change)
    with pytest.raises(ModelError, match=f"^it .*{says}|{says}"):
        check_readout(toy_model("llama"), False, "it")


def test_memory_that_runs_out_is_left_to_those_who_know_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_: Any) -> Any:
        raise torch.OutOfMemoryError("injected")

    changed(monkeypatch, exhausted)
    with pytest.raises(torch.OutOfMemoryError):
        check_readout(toy_model("llama"), False, "it")


def test_hooks_are_gone_afterwards() -> None:
    module, ids = toy_model("llama"), tokens(2, 9)
    read(module, ids, [3, 4])
    with torch.no_grad():
        assert module(ids).logits.shape == (2, 9, 60)
