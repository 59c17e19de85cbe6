"""Templates and label words that were published for the eight text sets.

Sources: Dai, arXiv 2212.10559, table 8 and its code (microsoft/LMOps, understand_icl, fewshot_task.py); an early
prototype of the first author of arXiv 2310.08540 (shadowkiller33/in-context_learning, src/utils/dataset_utils.py);
EleutherAI/lm-evaluation-harness, lm_eval/tasks/{glue,super_glue}; hc495/StaICC, util/hgf_dataset_loader.py.

The words are given by class, since the sources number the classes differently: the prototype's CB is contradiction,
neutral, entailment; Dai's TREC is description, entity, abbreviation, human, number, location.

Departures, the same for every model:

- `dai` ends a demonstration with a newline, `dai-table8`, which has several lines, with a blank line. Dai's code ends
  it with its models' end-of-text token, which most tokenizers do not have in this use.
- Dai's instruction for AG News is part of every demonstration, as in that code, and not only of the prompt's head.
- `proto` for AG News: its text is "title. description" and its instruction one of 20; here the set's one text field and
  the first of the 20 that names no class. Its fourth class adds up two words; here the first. For SST-2 its
  instruction is the caller's and none is published: none.
- The outer white space of a field is stripped.
"""

from collections.abc import Mapping

from iclgd_core.tasks.text.template import Template

_DAI, _TABLE_8 = "arXiv 2212.10559, code", "arXiv 2212.10559, table 8"
_PROTO, _HARNESS, _STAICC = "shadowkiller33/in-context_learning", "lm-evaluation-harness", "hc495/StaICC"
_BLANK_LINE = "\n\n"

_NEWS = "Classify the news articles into the categories of World, Sports, Business, and Technology."
_QUESTIONS = (
    "Classify the questions based on whether their answer type is a Number, Location, Person, Description, Entity, or "
    "Abbreviation."
)


def _dai(layout: str, *words: str) -> Template:
    return Template("dai", layout, words, source=_DAI)


def _proto(layout: str, *words: str, instruction: str = "") -> Template:
    head = instruction + _BLANK_LINE if instruction else ""
    return Template("proto", layout, words, head, separator=_BLANK_LINE, source=_PROTO)


def _harness(layout: str, *words: str) -> Template:
    return Template("harness", layout, words, separator=_BLANK_LINE, source=_HARNESS)


def _staicc(layout: str, *words: str) -> Template:
    return Template("staicc", layout, words, source=_STAICC)


PAPER_TEMPLATES: Mapping[str, tuple[Template, ...]] = {
    "ag_news": (
        _dai(_NEWS + " Article: {text} Answer:", "World", "Sports", "Business", "Technology"),
        Template(
            "dai-table8",
            _NEWS + "\nNews: {text}\nType:",
            ("World", "Sports", "Business", "Technology"),
            separator=_BLANK_LINE,
            source=_TABLE_8,
        ),
        _proto(
            "Article: {text}\nAnswer:",
            "World",
            "Sports",
            "Business",
            "Technology",
            instruction="What label best describes this news article?",
        ),
        _staicc("news: {text} topic:", "world", "sports", "business", "science"),
    ),
    "sst2": (
        _dai("Sentence: {sentence} Label:", "Negative", "Positive"),
        _proto("Review: {sentence}\nSentiment:", "Negative", "Positive"),
        _harness("{sentence}\nQuestion: Is this sentence positive or negative?\nAnswer:", "negative", "positive"),
        _staicc("sentence: {sentence} sentiment:", "negative", "positive"),
    ),
    "cb": (
        _dai("{premise} Question: {hypothesis}. True, False, or Neither? Answer:", "True", "False", "Neither"),
        _proto("{premise}\nquestion: {hypothesis}. true, false, or neither?\nanswer:", "true", "false", "neither"),
        _harness("{premise}\nQuestion: {hypothesis}. True, False, or Neither?\nAnswer:", "True", "False", "Neither"),
    ),
    "rte": (
        _dai("Passage: {premise} Question: {hypothesis} Yes or No? Answer:", "Yes", "No"),
        _proto(" {premise}\nquestion: {hypothesis} True or False?\nanswer:", "True", "False"),
        _harness("{premise}\nQuestion: {hypothesis} True or False?\nAnswer:", "True", "False"),
    ),
    "sst5": (
        _dai("Sentence: {text} Label:", "terrible", "bad", "neutral", "good", "great"),
        _staicc("sentence: {text} sentiment:", "poor", "bad", "neutral", "good", "great"),
    ),
    "mr": (
        _dai("Review: {text} Sentiment:", "Negative", "Positive"),
        _staicc("review: {text} sentiment:", "negative", "positive"),
    ),
    "subj": (
        _dai("Input: {text} Type:", "objective", "subjective"),
        _staicc("review: {text} subjectiveness:", "false", "true"),
    ),
    "trec": (
        _dai("Question: {text} Type:", "Expression", "Entity", "Description", "Person", "Location", "Number"),
        _proto(
            "Question: {text}\nAnswer Type:",
            "Ab",
            "Entity",
            "Description",
            "Person",
            "Location",
            "Number",
            instruction=_QUESTIONS,
        ),
        _staicc("question: {text} target:", "short", "entity", "description", "person", "location", "number"),
    ),
}
"""Templates of each set. The first is the default: `dai`.

Which template arXiv 2310.08540 used is not known. `dai` is taken because it is the only one published for all eight
sets, and because that paper questions what Dai et al. found with it: the comparison should not rest on another prompt.
"""
