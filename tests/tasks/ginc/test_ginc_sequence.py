"""GINC with answers of several symbols: what is drawn, shown, asked for and trained on."""

import numpy as np
import pytest

from iclgd_core.errors import ContextError, SettingsError
from iclgd_core.learners import Schedule, get_optimizer, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.seeds import stream
from iclgd_core.tasks import get_task
from iclgd_core.tasks.ginc.sequence import GincSequenceTask
from tests.tasks.hidden_paths import next_by_enumeration
from tests.tiny_models import WORLD, tiny_model, tokens

TASK = GincSequenceTask(4, 2, WORLD)


@pytest.mark.parametrize("index", range(3))
def test_answers_are_the_likeliest_symbols_behind_the_true_ones(index: int) -> None:
    episode = TASK.episode(0, "evaluation", index, 4)
    where = stream(0, TASK.name, "evaluation", index, "where")
    hmm, slot = int(where.integers(WORLD.n_in_mixture)), int(where.integers(1, WORLD.n_slots))
    for whole, answers in zip(episode.queries, episode.answers, strict=True):
        for j, answer in enumerate(answers):
            assert answer == next_by_enumeration(TASK.world, hmm, slot, whole[: 2 + j]).argmax()


def test_prompts_by_hand() -> None:
    model = tiny_model()
    episode, order = TASK.episode(0, "tuning", 0, 2), np.array([3, 0])
    prompts, token = TASK.encode(episode, model.reader), tokens(model)
    shown = [*episode.demonstrations[3], 0, *episode.demonstrations[0], 0]
    found = prompts.prompts(order)
    assert len(found) == prompts.answers.size == 4
    for q in range(2):
        for j in range(2):
            prompt = found[2 * q + j]
            assert prompt.ids.tolist() == token[[*shown, *episode.queries[q, : 2 + j]]].tolist()
            assert prompt.readout == len(prompt.ids) - 1
            assert prompts.answers[2 * q + j] == token[episode.answers[q, j]]
    examples, targets = prompts.examples(order), prompts.targets(order)
    assert [e.ids.tolist() for e in examples[:2]] == [token[episode.demonstrations[3, :n]].tolist() for n in (2, 3)]
    assert targets.tolist() == token[episode.demonstrations[[3, 3, 0, 0], [2, 3, 2, 3]]].tolist()
    assert set(prompts.answers.tolist()) | set(targets.tolist()) <= set(prompts.label_set.tolist())


def test_the_last_symbol_of_a_query_is_never_seen() -> None:
    model, episode = tiny_model(), TASK.episode(0, "evaluation", 0, 3)
    prompts = TASK.encode(episode, model.reader)
    longest = max(len(prompt.ids) for prompt in prompts.prompts(np.arange(0)))
    assert longest == TASK.k - 1


def test_learners_run_on_it() -> None:
    model = tiny_model()
    drawn = [TASK.encode(TASK.episode(0, "evaluation", i, 3), model.reader) for i in range(2)]
    orders = np.tile(np.arange(3), (2, 1, 1))
    assert np.asarray(in_context(model, drawn, orders)).shape == (2, 1, 6, 14)
    runs = gradient_descent(model, drawn, orders, get_optimizer("gd"), Schedule((0.05,), (1, 2)))
    assert np.asarray(runs.predictions).shape == (2, 1, 1, 2, 6, 14)
    assert (runs.loss[..., 1] < runs.loss[..., 0]).all()


def test_guards() -> None:
    with pytest.raises(SettingsError, match="1 <= answer < k; got 4"):
        GincSequenceTask(4, 4)
    with pytest.raises(SettingsError, match="got 0"):
        GincSequenceTask(4, 0)
    assert GincSequenceTask(4, 1).name == "ginc-k4-last1"
    assert get_task("ginc-k8-last3") == GincSequenceTask(8, 3)
    reader = tiny_model().reader
    with pytest.raises(ContextError, match="13 demonstrations of ginc-k4-last2"):
        TASK.check(reader, 13)
    TASK.check(reader, 12)
    prompts = TASK.encode(TASK.episode(0, "tuning", 1, 1), reader)
    with pytest.raises(ContextError, match="513 demonstrations"):
        prompts.targets(np.arange(513))


def test_episodes_are_their_own() -> None:
    digests = {
        TASK.episode(seed, split, i, 2).digest for seed in (0, 1) for split in ("tuning", "evaluation") for i in (0, 1)
    }
    assert len(digests) == 8
    assert TASK.episode(0, "tuning", 0, 2).digest == TASK.episode(0, "tuning", 0, 2).digest
    np.testing.assert_array_equal(
        TASK.episode(0, "tuning", 0, 2).demonstrations, TASK.episode(0, "tuning", 0, 5).demonstrations
    )
