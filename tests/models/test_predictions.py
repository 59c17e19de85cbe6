"""Predictions of a large vocabulary: what is kept is exact, and metrics of it are those of the whole spread evenly."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import correct, correct_among, js_agreement, ocs_additive, ocs_bounded, order_sensitivity
from iclgd_core.metrics import token_overlap as overlap
from iclgd_core.models.language import predictions
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, aligned, concatenated, read_out

VOCABULARY, KEPT, K = 70, 20, 5
LABELS = np.array([3, 40, 66])


@pytest.fixture(autouse=True, scope="module")
def small() -> object:
    """A vocabulary of 70 is large here, and 20 tokens are kept."""
    patch = pytest.MonkeyPatch()
    patch.setattr(predictions, "WHOLE", VOCABULARY - 1)
    patch.setattr(predictions, "KEPT", KEPT)
    yield
    patch.undo()


def drawn(seed: int, *shape: int) -> NDArray[np.float64]:
    logits = torch.from_numpy(np.random.default_rng(seed).normal(0, 3, size=(*shape, VOCABULARY)))
    return np.asarray(logits.log_softmax(-1).numpy())


def kept(whole: NDArray[np.float64]) -> TopLogProbs:
    out = read_out(torch.from_numpy(whole.reshape(-1, VOCABULARY)), LABELS)
    assert isinstance(out, TopLogProbs)
    return out.reshape(*whole.shape[:-1])


seeds = st.integers(0, 10_000)


@given(seeds)
def test_the_likeliest_and_the_labels_are_kept_exactly(seed: int) -> None:
    whole = drawn(seed, 4)
    found = kept(whole)
    assert found.shape == whole.shape
    for row, ids, values in zip(whole, found.ids, found.log_probs, strict=True):
        assert sorted({*ids.tolist()}) == ids.tolist()
        assert {*LABELS.tolist(), *np.argsort(-row)[: KEPT - len(LABELS)].tolist()} <= {*ids.tolist()}
        np.testing.assert_array_equal(values, row[ids])
    np.testing.assert_allclose(found.rest(), 1.0 - np.exp(found.log_probs).sum(-1), atol=1e-12)


def test_a_small_vocabulary_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "WHOLE", VOCABULARY)
    whole = drawn(0, 3)
    np.testing.assert_array_equal(np.asarray(read_out(torch.from_numpy(whole), LABELS)), whole)


@given(seeds)
def test_the_whole_is_the_kept_with_the_rest_spread_evenly(seed: int) -> None:
    found = kept(drawn(seed, 2))
    dense = np.asarray(found)
    np.testing.assert_allclose(np.exp(dense).sum(-1), 1.0, atol=1e-9)
    for row, ids, values in zip(dense, found.ids, found.log_probs, strict=True):
        np.testing.assert_array_equal(row[ids], values)
        others = np.delete(row, ids)
        assert len(others) == VOCABULARY - len(ids)
        assert np.ptp(others) < 1e-12


@given(seeds, seeds)
def test_agreements_are_those_of_the_whole(first: int, second: int) -> None:
    p, q = drawn(first, 3, 2), drawn(second, 3, 2)
    a, b = kept(p), kept(q)
    for agree in (js_agreement, lambda x, y: ocs_bounded(x, y, K), lambda x, y: ocs_additive(x, y, K)):
        np.testing.assert_allclose(agree(a, b), agree(np.asarray(a), np.asarray(b)), atol=1e-9)
    np.testing.assert_array_equal(overlap(a, b, K), overlap(p, q, K))
    np.testing.assert_allclose(ocs_bounded(a, b, K), ocs_bounded(p, q, K), atol=1e-9)
    np.testing.assert_allclose(js_agreement(a, a), 1.0, atol=1e-12)


@given(seeds)
def test_what_pooling_hides_is_no_more_than_the_mass_of_the_rest(seed: int) -> None:
    p, q = drawn(seed, 4), drawn(seed + 1, 4)
    a, b = kept(p), kept(q)
    assert (np.abs(js_agreement(a, b) - js_agreement(p, q)) <= a.rest() + b.rest()).all()


@given(seeds)
def test_order_sensitivity_is_that_of_the_whole(seed: int) -> None:
    a = kept(drawn(seed, 2, 4, 3))
    found = order_sensitivity(a, axis=1)
    np.testing.assert_allclose(found, order_sensitivity(np.asarray(a), axis=1), atol=1e-9)
    same = TopLogProbs(np.repeat(a.ids[:, :1], 4, 1), np.repeat(a.log_probs[:, :1], 4, 1), VOCABULARY)
    np.testing.assert_array_equal(order_sensitivity(same, axis=1), 0.0)


@given(seeds)
def test_accuracy_is_that_of_the_whole(seed: int) -> None:
    p = drawn(seed, 5, 2)
    answers = np.random.default_rng(seed).choice(LABELS, size=(5, 2))
    np.testing.assert_array_equal(correct(kept(p), answers), correct(p, answers))
    np.testing.assert_array_equal(correct_among(kept(p), answers, LABELS), correct_among(p, answers, LABELS))


def test_a_label_that_was_not_kept_is_an_error() -> None:
    found = kept(drawn(0, 1))
    missing = next(i for i in range(VOCABULARY) if i not in found.ids)
    with pytest.raises(SettingsError, match="not among the tokens that were kept"):
        correct_among(found, [missing], [missing])


def test_leading_axes_are_indexed_and_moved_as_those_of_an_array() -> None:
    whole = drawn(1, 2, 3, 4)
    found = kept(whole)
    dense = np.asarray(found)
    for index in (0, (slice(None), 1), (slice(None), 0, slice(1, 3))):
        np.testing.assert_array_equal(np.asarray(found[index]), dense[index])
    np.testing.assert_array_equal(np.asarray(found.moveaxis(1, 0)), np.moveaxis(dense, 1, 0))
    np.testing.assert_array_equal(np.asarray(found.repeat(2, axis=1)), np.repeat(dense, 2, axis=1))
    np.testing.assert_array_equal(np.asarray(concatenated([found, found[:1]])), np.concatenate([dense, dense[:1]]))
    with pytest.raises(SettingsError, match="leading axes"):
        found[..., :3]
    mixed: list[LogProbs] = [found, np.zeros((2, 3, 4, VOCABULARY), dtype=np.float32)]
    with pytest.raises(SettingsError, match="different vocabularies"):
        concatenated(mixed)
    with pytest.raises(SettingsError, match="same shape"):
        aligned([found, found[:1]])


def test_what_diverged_stays_undefined() -> None:
    whole = np.full((1, VOCABULARY), np.nan)
    found = kept(whole)
    assert np.isnan(found.log_probs).all()
    with pytest.raises(SettingsError, match="NaN"):
        js_agreement(found, found)
