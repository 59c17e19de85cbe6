"""The examples of docs/tasks.md, from the file to the prompt."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from iclgd_core.lab.tiers import TIERS
from iclgd_core.tasks.prompts import Reader
from iclgd_core.tasks.text import TextSettings, TextTask, own_task
from tests.tasks.text.rows_made_here import PLAIN, source, tickets, write
from tests.text_models import save_text_model
from tests.waiting import HANG

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
    assert (len(task.rows.train), len(task.rows.held_out)) == (291, 68)


def test_sums_by_hand() -> None:
    task = own_task(SUMS)
    rows = {row.fields[0]: row.label for row in (*task.rows.train, *task.rows.held_out)}
    assert len(rows) == 400
    assert rows["one and two"] == 1
    assert rows["twenty and twenty"] == 0
    assert len(task.rows.held_out) == 80
    assert sorted(set(row.label for row in task.rows.held_out)) == [0, 1]


def test_a_task_equals_itself_when_loaded_again() -> None:
    assert own_task(SUMS) == own_task(SUMS)
    assert own_task(TICKETS) == own_task(TICKETS)
    assert hash(own_task(SUMS)) == hash(own_task(SUMS))


def test_the_documentation_shows_these_files() -> None:
    text = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    for name in ("tickets.toml", "sums.py"):
        assert (ROOT / "examples" / name).read_text(encoding="utf-8").strip() in text


@pytest.mark.parametrize("where", [TICKETS, SUMS])
@pytest.mark.parametrize("sampling", ["natural", "balanced"])
@pytest.mark.parametrize("tier", TIERS)
def test_an_example_has_rows_for_every_tier(where: str, sampling: str, tier: str) -> None:
    task = own_task(where, TextSettings(sampling=sampling))  # type: ignore[arg-type]
    for split in ("tuning", "evaluation"):
        assert len(task.episode(0, split, 0, TIERS[tier].queries).queries) == TIERS[tier].queries


@pytest.mark.parametrize("tier", TIERS)
def test_the_documented_rows_are_enough(tmp_path: Path, tier: str) -> None:
    queries, text = TIERS[tier].queries, (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    train, held_out, alone = (
        int(n)
        for n in re.search(rf"^\| `{tier}` \| (\d+) \| (\d+) \| (\d+) \|$", text, re.M).groups()  # type: ignore[union-attr]
    )
    write(tmp_path / "split", train=tickets(train), test=tickets(held_out, first=5000))
    write(tmp_path / "alone", train=tickets(alone))
    for name, split in (("split", "test"), ("alone", None)):
        task = TextTask(source(split), (PLAIN,), data=tmp_path / name)
        for episodes in ("tuning", "evaluation"):
            assert len(task.episode(0, episodes, 0, queries).queries) == queries


def test_tickets_are_short_and_distinct() -> None:
    task = own_task(TICKETS)
    rows = (*task.rows.train, *task.rows.held_out)
    assert len({row.fields[1] for row in rows}) == len(rows)
    assert all(len(" ".join(row.fields).split()) <= 12 and "".join(row.fields).isascii() for row in rows)


def test_the_documented_commands_run(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    asked = sorted(set(re.findall(r"^pytest claims --iclgd-model=MODEL (--iclgd-task=examples/\S+)", text, re.M)))
    assert asked == ["--iclgd-task=examples/sums.py:Sums", "--iclgd-task=examples/tickets.toml"]
    seen = list[str]()
    for task in (own_task(TICKETS), own_task(SUMS)):
        seen += [task.template.head(task.source.columns, (row,)) for row in task.rows.train]
        seen += [f" {word}" for word in task.source.columns.classes] * 50
    model, out = save_text_model(tmp_path / "toy-text", seen), tmp_path / "report"
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "claims", "-k", "s1t", "-p", "no:cacheprovider", f"--iclgd-model={model}",
            *asked, f"--iclgd-report={out}", f"--iclgd-cache={tmp_path / 'cache'}",
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr  # nothing is registered for this model: support is expected
    rows = json.loads((out / "claims.json").read_text(encoding="utf-8"))["claims"]
    judged = [row for row in rows if row["id"] == "S1t"]
    assert {row["task"] for row in judged} == {"tickets", "sums"}
    assert {row["verdict"] for row in judged} == {"inconclusive"}
    assert all(row["reason"].startswith("no ICL") for row in judged), judged
    assert "error" not in {row["verdict"] for row in rows}
