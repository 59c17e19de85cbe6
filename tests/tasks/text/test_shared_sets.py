"""The four sets of arXiv 2310.08540, where small copies of them lie beside the checkout; the other tests need none."""

from pathlib import Path

import numpy as np
import pytest

from iclgd_core.tasks.text import TextSettings, longest_prompt, text_task
from tests.tasks.text.tiny_tokenizers import byte_level, reader

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
ROWS = {"ag_news": (2000, 2000), "sst2": (2000, 872), "cb": (250, 56), "rte": (2490, 277)}
"""Rows of each file, as their README says."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no small copies of the text sets beside the checkout")


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_set_is_read_drawn_and_written(name: str) -> None:
    task = text_task(name, TextSettings(data=DATA))
    record = task.protocol()["data"]
    assert isinstance(record, dict)
    left_out = record["left out"]
    assert isinstance(left_out, dict)
    train, held_out = ROWS[name]
    assert len(task.rows.train) + int(str(left_out["doubles in train"])) == train
    assert len(task.rows.held_out) + int(str(left_out["doubles in held-out, or in train"])) == held_out
    tiny = reader(byte_level(), bos=True)
    prompts = [task.encode(task.episode(0, "evaluation", index, 8), tiny) for index in range(3)]
    for one in prompts:
        order = np.arange(4)
        for number, prompt in enumerate(one.prompts(order)):
            assert tiny.tokenizer.decode(prompt.ids[1:]) == one.text(order, number)
    assert longest_prompt(prompts, 4) == max(len(p.ids) for one in prompts for p in one.prompts(np.arange(4)))


def test_the_share_of_cb_labels_is_known() -> None:
    labels = np.bincount(text_task("cb", TextSettings(data=DATA)).rows.labels)
    assert labels.tolist() == [115, 119, 16]  # entailment, contradiction, neutral
