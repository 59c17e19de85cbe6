"""Prompts of every published template, written out by hand from the protocol's table of layouts."""

from pathlib import Path

import numpy as np
import pytest

from iclgd_core.tasks.text import text_task, text_task_names
from iclgd_core.tasks.text.label_tokens import choose
from iclgd_core.tasks.text.paper_sets import PAPER_SETS
from iclgd_core.tasks.text.paper_templates import PAPER_TEMPLATES
from iclgd_core.tasks.text.rows import Example
from iclgd_core.tasks.text.text_episode import TextEpisode
from iclgd_core.tasks.text.text_prompts import TextPrompts
from tests.tasks.text.tiny_tokenizers import byte_level, reader

NEWS = "Classify the news articles into the categories of World, Sports, Business, and Technology."

PROMPTS = {
    ("ag_news", "dai"): f"{NEWS} Article: A. Answer: Technology\n{NEWS} Article: B. Answer:",
    ("ag_news", "dai-table8"): f"{NEWS}\nNews: A.\nType: Technology\n\n{NEWS}\nNews: B.\nType:",
    ("ag_news", "proto"): (
        "What label best describes this news article?\n\nArticle: A.\nAnswer: Technology\n\nArticle: B.\nAnswer:"
    ),
    ("ag_news", "staicc"): "news: A. topic: science\nnews: B. topic:",
    ("sst2", "dai"): "Sentence: A. Label: Positive\nSentence: B. Label:",
    ("sst2", "proto"): "Review: A.\nSentiment: Positive\n\nReview: B.\nSentiment:",
    ("sst2", "harness"): (
        "A.\nQuestion: Is this sentence positive or negative?\nAnswer: positive\n\n"
        "B.\nQuestion: Is this sentence positive or negative?\nAnswer:"
    ),
    ("sst2", "staicc"): "sentence: A. sentiment: positive\nsentence: B. sentiment:",
    ("cb", "dai"): (
        "A. Question: a. True, False, or Neither? Answer: Neither\nB. Question: b. True, False, or Neither? Answer:"
    ),
    ("cb", "proto"): (
        "A.\nquestion: a. true, false, or neither?\nanswer: neither\n\n"
        "B.\nquestion: b. true, false, or neither?\nanswer:"
    ),
    ("cb", "harness"): (
        "A.\nQuestion: a. True, False, or Neither?\nAnswer: Neither\n\n"
        "B.\nQuestion: b. True, False, or Neither?\nAnswer:"
    ),
    ("rte", "dai"): "Passage: A. Question: a Yes or No? Answer: No\nPassage: B. Question: b Yes or No? Answer:",
    ("rte", "proto"): (" A.\nquestion: a True or False?\nanswer: False\n\n B.\nquestion: b True or False?\nanswer:"),
    ("rte", "harness"): "A.\nQuestion: a True or False?\nAnswer: False\n\nB.\nQuestion: b True or False?\nAnswer:",
    ("sst5", "dai"): "Sentence: A. Label: great\nSentence: B. Label:",
    ("sst5", "staicc"): "sentence: A. sentiment: great\nsentence: B. sentiment:",
    ("mr", "dai"): "Review: A. Sentiment: Positive\nReview: B. Sentiment:",
    ("mr", "staicc"): "review: A. sentiment: positive\nreview: B. sentiment:",
    ("subj", "dai"): "Input: A. Type: subjective\nInput: B. Type:",
    ("subj", "staicc"): "review: A. subjectiveness: true\nreview: B. subjectiveness:",
    ("trec", "dai"): "Question: A. Type: Number\nQuestion: B. Type:",
    ("trec", "proto"): (
        "Classify the questions based on whether their answer type is a Number, Location, Person, Description, Entity, "
        "or Abbreviation.\n\nQuestion: A.\nAnswer Type: Number\n\nQuestion: B.\nAnswer Type:"
    ),
    ("trec", "staicc"): "question: A. target: number\nquestion: B. target:",
}
"""Behind one demonstration ("A.", "a") of the set's last class, the query ("B.", "b")."""

WORDS = {
    "entailment": {"dai": "True Yes", "proto": "true True", "harness": "True True"},
    "contradiction": {"dai": "False", "proto": "false", "harness": "False"},
    "neutral": {"dai": "Neither neutral", "proto": "neither", "harness": "Neither", "staicc": "neutral"},
    "not_entailment": {"dai": "No", "proto": "False", "harness": "False"},
    "negative": {"dai": "Negative bad", "proto": "Negative", "harness": "negative", "staicc": "negative bad"},
    "positive": {"dai": "Positive good", "proto": "Positive", "harness": "positive", "staicc": "positive good"},
    "World": {"dai": "World", "dai-table8": "World", "proto": "World", "staicc": "world"},
    "Sports": {"dai": "Sports", "dai-table8": "Sports", "proto": "Sports", "staicc": "sports"},
    "Business": {"dai": "Business", "dai-table8": "Business", "proto": "Business", "staicc": "business"},
    "Sci/Tech": {"dai": "Technology", "dai-table8": "Technology", "proto": "Technology", "staicc": "science"},
    "very negative": {"dai": "terrible", "staicc": "poor"},
    "very positive": {"dai": "great", "staicc": "great"},
    "objective": {"dai": "objective", "staicc": "false"},
    "subjective": {"dai": "subjective", "staicc": "true"},
    "abbreviation": {"dai": "Expression", "proto": "Ab", "staicc": "short"},
    "entity": {"dai": "Entity", "proto": "Entity", "staicc": "entity"},
    "description": {"dai": "Description", "proto": "Description", "staicc": "description"},
    "human": {"dai": "Person", "proto": "Person", "staicc": "person"},
    "location": {"dai": "Location", "proto": "Location", "staicc": "location"},
    "number": {"dai": "Number", "proto": "Number", "staicc": "number"},
}
"""Word of each class in the table; two where two sets have a class of that name."""


def test_all_are_written_out() -> None:
    assert set(PROMPTS) == {(name, t.name) for name, templates in PAPER_TEMPLATES.items() for t in templates}
    assert set(text_task_names()) == set(PAPER_TEMPLATES)


@pytest.mark.parametrize(("name", "template"), sorted(PROMPTS))
def test_prompt_is_the_published_one(name: str, template: str) -> None:
    columns = PAPER_SETS[name].columns
    fields = [("A.", "a")[: len(columns.fields)], ("B.", "b")[: len(columns.fields)]]
    last = len(columns.classes) - 1
    rows = [Example("train/0", fields[0], last), Example("test/0", fields[1], 0)]
    chosen = next(one for one in PAPER_TEMPLATES[name] if one.name == template)
    tiny = reader(byte_level())
    prompts = TextPrompts(
        TextEpisode(name, columns, 0, "evaluation", (rows[0],), (rows[1],)),
        chosen,
        tiny,
        choose(chosen, (chosen,), columns, rows, tiny),
    )
    assert prompts.text(np.arange(1), 0) == PROMPTS[name, template]
    assert tiny.tokenizer.decode(prompts.prompts(np.arange(1))[0].ids) == PROMPTS[name, template]


@pytest.mark.parametrize(("name", "template"), sorted(PROMPTS))
def test_every_class_has_the_published_word(name: str, template: str) -> None:
    chosen = next(one for one in PAPER_TEMPLATES[name] if one.name == template)
    for meaning, word in zip(PAPER_SETS[name].columns.classes, chosen.words, strict=True):
        assert word in WORDS[meaning][template].split()


@pytest.mark.parametrize("name", text_task_names())
def test_default_is_dai(name: str) -> None:
    assert text_task(name).template.name == "dai"


DOCUMENTATION = (Path(__file__).resolve().parents[3] / "docs" / "tasks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", text_task_names())
def test_the_documentation_shows_set_and_templates(name: str) -> None:
    hub = PAPER_SETS[name].hub
    assert hub is not None
    assert f"| `{name}` | `{hub.repository}` | `{hub.revision}` |" in DOCUMENTATION
    for number, template in enumerate(PAPER_TEMPLATES[name]):
        layout = (template.instruction + "✂" if template.instruction else "") + template.layout
        default = "" if number else " (default)"
        shown = f"| `{name}` | `{template.name}`{default} | `{layout}` | {', '.join(template.words)} |"
        assert shown.replace("\n", "⏎") in DOCUMENTATION
