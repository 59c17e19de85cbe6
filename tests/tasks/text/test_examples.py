"""The examples of docs/tasks.md, from the file to the prompt."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from iclgd_core.tasks.prompts import Reader
from iclgd_core.tasks.text import TextSettings, TextTask, own_task

ROOT = Path(__file__).resolve().parents[3]
TICKETS = str(ROOT / "examples" / "tickets.toml")
SUMS = f"{ROOT / 'examples' / 'sums.py'}:Sums"


def trained_on(task: TextTask) -> Reader:
    """A byte-level tokenizer of the task's own words."""

    def lines() -> Iterator[str]:
        for row in task.rows.train * 3:
            for template in task.templates:
                yield template.head(task.source.columns, (row,))

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(lines(), trainer)
    return Reader("tiny", PreTrainedTokenizerFast(tokenizer_object=tokenizer), 2048)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("where", [TICKETS, SUMS])
@pytest.mark.parametrize("template", [None, "question"])
@pytest.mark.parametrize("sampling", ["natural", "balanced"])
def test_an_example_runs(where: str, template: str | None, sampling: str) -> None:
    task = own_task(where, TextSettings(template=template, sampling=sampling))  # type: ignore[arg-type]
    reader = trained_on(task)
    task.check(reader, shots=4)
    for split in ("tuning", "evaluation"):
        episode = task.episode(0, split, 0, queries=3)
        prompts = task.encode(episode, reader)
        order = np.array([2, 0, 1])
        for number, prompt in enumerate(prompts.prompts(order)):
            assert reader.tokenizer.decode(prompt.ids) == prompts.text(order, number)
        assert len(prompts.label_set) == len(task.source.columns.classes)
        assert set(prompts.answers) | set(prompts.targets(order)) <= set(prompts.label_set)


def test_tickets_by_hand() -> None:
    task = own_task(TICKETS)
    prompts = task.encode(task.episode(0, "evaluation", 0, 1), trained_on(task))
    shown, asked = prompts.episode.demonstrations[1], prompts.episode.queries[0]
    queue = ("Billing", "Technical", "Other")[shown.label]
    assert prompts.text(np.array([1]), 0) == (
        f"Subject: {shown.fields[0]}\nText: {shown.fields[1]}\nQueue: {queue}\n\n"
        f"Subject: {asked.fields[0]}\nText: {asked.fields[1]}\nQueue:"
    )
    assert task.name == "tickets"
    assert (len(task.rows.train), len(task.rows.held_out)) == (20, 8)


def test_sums_by_hand() -> None:
    task = own_task(SUMS)
    rows = {row.fields[0]: row.label for row in (*task.rows.train, *task.rows.held_out)}
    assert len(rows) == 100
    assert rows["one and two"] == 1
    assert rows["ten and ten"] == 0
    assert len(task.rows.held_out) == 20
    assert sorted(set(row.label for row in task.rows.held_out)) == [0, 1]


def test_a_task_equals_itself_when_loaded_again() -> None:
    assert own_task(SUMS) == own_task(SUMS)
    assert own_task(TICKETS) == own_task(TICKETS)
    assert hash(own_task(SUMS)) == hash(own_task(SUMS))


def test_the_documentation_shows_these_files() -> None:
    text = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    for name in ("tickets.toml", "sums.py"):
        assert (ROOT / "examples" / name).read_text(encoding="utf-8").strip() in text
