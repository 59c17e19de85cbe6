"""The eight text sets of the papers, on the Hub.

AG News, CB, SST-2 and RTE: arXiv 2310.08540, section 5. SST-5, MR, Subj and TREC: arXiv 2212.10559 and its code. Split
for evaluation as in that code (microsoft/LMOps, understand_icl/struprompting/tasks/fewshot_task.py).

A revision is the commit at which a set stands in Parquet or JSON lines. Each hash was found, with the repository's name
beside it, in public code of several independent owners; none was resolved at the Hub itself. What is fetched is what
the hash names, and it is recorded.
"""

from iclgd_core.tasks.text.hub import Hub
from iclgd_core.tasks.text.rows import Columns
from iclgd_core.tasks.text.source import TextSource

_VERIFIED = "named with this repository in public code of several owners; not resolved at the Hub"


def _hub(repository: str, revision: str, **files: str) -> Hub:
    return Hub(repository, revision, tuple(files.items()), _VERIFIED)


AG_NEWS = TextSource(
    "ag_news",
    Columns(("text",), "label", ("World", "Sports", "Business", "Sci/Tech")),
    "test",
    _hub(
        "fancyzhx/ag_news",
        "eb185aade064a813bc0b7f42de02595523103ca4",
        train="data/train-*.parquet",
        test="data/test-*.parquet",
    ),
)

SST2 = TextSource(
    "sst2",
    Columns(("sentence",), "label", ("negative", "positive")),
    "validation",
    _hub(
        "stanfordnlp/sst2",
        "8d51e7e4887a4caaa95b3fbebbf53c0490b58bbb",
        train="data/train-*.parquet",
        validation="data/validation-*.parquet",
    ),
)

CB = TextSource(
    "cb",
    Columns(("premise", "hypothesis"), "label", ("entailment", "contradiction", "neutral")),
    "validation",
    _hub(
        "aps/super_glue",
        "3de24cf8022e94f4ee4b9d55a6f539891524d646",
        train="cb/train-*.parquet",
        validation="cb/validation-*.parquet",
    ),
)

RTE = TextSource(
    "rte",
    Columns(("premise", "hypothesis"), "label", ("entailment", "not_entailment")),
    "validation",
    _hub(
        "aps/super_glue",
        "3de24cf8022e94f4ee4b9d55a6f539891524d646",
        train="rte/train-*.parquet",
        validation="rte/validation-*.parquet",
    ),
)

SST5 = TextSource(
    "sst5",
    Columns(("text",), "label", ("very negative", "negative", "neutral", "positive", "very positive")),
    "validation",
    _hub("SetFit/sst5", "e51bdcd8cd3a30da231967c1a249ba59361279a3", train="train.jsonl", validation="dev.jsonl"),
)

MR = TextSource(
    "mr",
    Columns(("text",), "label", ("negative", "positive"), ("neg", "pos")),
    "validation",
    _hub(
        "cornell-movie-review-data/rotten_tomatoes",
        "aa13bc287fa6fcab6daf52f0dfb9994269ffea28",
        train="train.parquet",
        validation="validation.parquet",
    ),
)

SUBJ = TextSource(
    "subj",
    Columns(("text",), "label", ("objective", "subjective")),
    "test",
    _hub("SetFit/subj", "f3c1162e678417f664d76b21864fdb87b0615fcf", train="train.jsonl", test="test.jsonl"),
)

TREC = TextSource(
    "trec",
    Columns(
        ("text",),
        "coarse_label",
        ("abbreviation", "entity", "description", "human", "location", "number"),
        ("ABBR", "ENTY", "DESC", "HUM", "LOC", "NUM"),
    ),
    "test",
    # the Hub's own Parquet conversion (refs/convert/parquet): the main branch holds a loading script, which is not run
    _hub(
        "CogComp/trec",
        "65752bf53af25bc935a0dce92fb5b6c930728450",
        train="default/train/*.parquet",
        test="default/test/*.parquet",
    ),
)

PAPER_SETS = {source.name: source for source in (AG_NEWS, SST2, CB, RTE, SST5, MR, SUBJ, TREC)}
"""By name, those of arXiv 2310.08540 first."""
