"""The adapter: token ids, context window, batches; and the fingerprint of a model."""

import copy

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from iclgd_core.errors import ContextError, VocabularyError
from iclgd_core.models.language.fingerprint import fingerprint
from tests.tiny_models import ARCHITECTURES, predicted, tiny_model, tiny_task, tokens

SYMBOLS = tiny_task().symbols


def test_token_ids_are_those_of_the_tokenizer() -> None:
    model = tiny_model()
    ids = tokens(model)
    assert ids.dtype == np.int64
    assert model.tokenizer.convert_ids_to_tokens(ids.tolist()) == list(SYMBOLS)
    assert tokens(model, ("b", "/")).tolist() == [2, 0]


@pytest.mark.parametrize(("n", "end"), [(1, "'x0'"), (8, "'x7'"), (9, "'x7', ...")])
def test_missing_symbols_are_named(n: int, end: str) -> None:
    with pytest.raises(VocabularyError) as caught:
        tokens(tiny_model(), (*SYMBOLS, *(f"x{i}" for i in range(n))))
    text = str(caught.value)
    assert f"lacks {n} of the {12 + n} symbols" in text
    assert "'ginc-tiny' (14 tokens)" in text
    assert f"{end}. Use" in text


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_log_probs_are_the_last_position_normalised(architecture: str) -> None:
    model = tiny_model(architecture)
    prompts = np.random.default_rng(0).integers(0, 12, size=(5, 7))
    with torch.no_grad():
        logits = model.module(torch.from_numpy(prompts)).logits[:, -1].double()
    np.testing.assert_allclose(predicted(model, prompts), logits.log_softmax(-1).numpy(), atol=1e-5)


def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    model, prompts = tiny_model(), np.random.default_rng(0).integers(0, 12, size=(5, 7))
    together = predicted(model, prompts)
    for most in (1, 14, 20):
        monkeypatch.setattr("iclgd_core.models.language.answering.MAX_BATCH_TOKENS", most)
        np.testing.assert_allclose(predicted(model, prompts), together, atol=1e-5)


def test_context_window() -> None:
    model = tiny_model()
    assert predicted(model, np.ones((1, 64), dtype=np.int64)).shape == (1, 14)
    with pytest.raises(ContextError, match=r"needs 65 tokens.*reads at most 64"):
        predicted(model, np.ones((1, 65), dtype=np.int64))


def changed(module: PreTrainedModel, what: str) -> PreTrainedModel:
    out = copy.deepcopy(module)
    if what == "weight":
        weight = next(out.parameters())
        weight.data.view(-1)[0] = torch.nextafter(weight.data.view(-1)[0], torch.tensor(torch.inf))
    elif what == "sign of zero":
        next(out.parameters()).data.view(-1)[0] = -0.0
    elif what == "dtype":
        out = out.to(torch.bfloat16)  # type: ignore[arg-type]
    elif what == "configuration":
        out.config.layer_norm_epsilon = out.config.rms_norm_eps = 1e-3
    return out


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_fingerprint(architecture: str) -> None:
    module = tiny_model(architecture).module
    next(module.parameters()).data.view(-1)[0] = 0.0
    copies = {what: fingerprint(changed(module, what)) for what in ("weight", "sign of zero", "dtype", "configuration")}
    assert len({fingerprint(module), *copies.values()}) == 5
    assert fingerprint(changed(module, "nothing")) == fingerprint(module)


def test_fingerprint_does_not_know_the_name_or_the_place() -> None:
    module = tiny_model().module
    elsewhere = copy.deepcopy(module)
    elsewhere.config._name_or_path = "/somewhere/else"
    assert fingerprint(elsewhere) == fingerprint(module)
