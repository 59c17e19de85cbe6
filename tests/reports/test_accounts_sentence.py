"""The sentence under the adjudication table follows from its numbers, and from nothing else."""

import pytest

from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.plain import Json
from reports.accounts import adjudication_of, sentence
from tests.reports.sample_papers import claimed, papers_evidence, record

PLACE = SHEN.at("figure 5")


def cell(
    account: str, model: str, value: float | None, low: float, high: float, agreement: str = "token-overlap"
) -> dict[str, Json]:
    ends: dict[str, Json] = {"low": None, "high": None} if value is None else {"low": low, "high": high}
    return record(account, model, "t", agreement, value) | ends


def said(*records: Json, without: tuple[str, ...] = ()) -> str:
    blank = [claimed("S1", PLACE, model, "t") for model in without]
    return sentence(adjudication_of([claimed("S2", PLACE, "ginc-a", "t", closures=records), *blank]))


GD = cell("gd", "ginc-a", 0.02, -0.01, 0.04)
BAYES = cell("bayes-structure", "ginc-a", 0.6, 0.5, 0.7)
ENDS = "full-batch GD goes 0.02 [-0.01, 0.04] of the way from zero-shot to ICL on these"


def test_nothing_measured() -> None:
    assert said() == "No account was held against ICL in this run."


def test_only_controls() -> None:
    assert said(without=("untrained-a", "shuffled-a")) == (
        "No account was held against ICL in this run; on 2 controls there is no ICL to account for."
    )


def test_a_model_under_test_without_icl_is_no_control() -> None:
    left_out = claimed("S4", PLACE, "sizes", "t", left_out={"mine": "no ICL: accuracy 0.1"})
    text = sentence(adjudication_of([left_out]))
    assert text == "No account was held against ICL in this run; on 1 model under test there is no ICL."


def test_the_largest_closure_that_is_above_zero_leads() -> None:
    assert said(GD, BAYES) == (
        "By Token Overlap, Bayes that knows the prompt's structure comes nearest to ICL on 1 language model "
        f"(closure 0.60 [0.50, 0.70], beyond every other's interval); {ENDS}."
    )


def test_a_larger_closure_whose_interval_holds_zero_does_not_lead() -> None:
    unsure = cell("sgd", "ginc-a", 0.9, -0.1, 1.5)
    text = said(GD, BAYES, unsure)
    assert "Bayes that knows the prompt's structure comes nearest to ICL" in text
    assert "beyond" not in text


def test_nobody_above_zero() -> None:
    assert (
        said(GD)
        == f"By Token Overlap, no account is shown to be nearer to ICL than zero-shot on 1 language model; {ENDS}."
    )


def test_one_account_alone_is_beyond_no_other() -> None:
    assert "beyond" not in said(BAYES)
    assert said(BAYES).endswith("; full-batch GD was not measured on these.")


def test_an_interval_that_reaches_the_leader_is_not_beaten() -> None:
    rival = cell("sgd", "ginc-a", 0.3, 0.1, 0.5)
    assert "beyond" not in said(GD, BAYES, rival)
    assert "beyond every other's interval" in said(GD, BAYES, rival | {"high": 0.4999})


def test_several_models_are_counted_and_the_most_frequent_leader_comes_first() -> None:
    other = [cell("gd", f"ginc-{m}", 0.01, -0.02, 0.03) for m in "bc"]
    led = [cell("bayes-structure", "ginc-b", 0.4, 0.3, 0.5), cell("sgd", "ginc-c", 0.2, 0.1, 0.3)]
    assert said(GD, BAYES, *other, *led) == (
        "By Token Overlap, Bayes that knows the prompt's structure comes nearest to ICL on 2 of 3 language models "
        "(closure 0.40 to 0.60, beyond every other's interval) and SGD (one demonstration a step) comes nearest to ICL "
        "on 1 (closure 0.20 [0.10, 0.30], beyond every other's interval); full-batch GD goes 0.01 to 0.02 of the way "
        "from zero-shot to ICL on these."
    )


def test_agreements_that_name_the_same_account_are_joined_and_others_told() -> None:
    same = [record | {"agreement": "ocs-bounded"} for record in (GD, BAYES)]
    other = [cell("gd", "ginc-a", 0.3, 0.2, 0.4, "jensen-shannon")]
    text = said(GD, BAYES, *same, *other)
    assert (
        "beyond every other's interval), likewise by bounded overlap cosine; by Jensen-Shannon, GD (full batch)" in text
    )
    assert text.endswith(
        "full-batch GD goes 0.02 to 0.30 of the way from zero-shot to ICL on these, over all agreements."
    )


def test_a_model_of_the_users_own_counts_with_the_language_models() -> None:
    assert "on 2 language models" in said(BAYES, cell("bayes-structure", "owner/model", 0.3, 0.2, 0.4))


def test_models_on_several_tasks_are_pairs() -> None:
    twice = [cell("gd", "ginc-a", 0.02, -0.01, 0.04), cell("gd", "ginc-a", 0.02, -0.01, 0.04)]
    twice[1]["task"] = "u"
    assert "on 2 pairs of language model and task" in said(*twice)


@pytest.mark.parametrize(
    ("model", "words"),
    [("constructed-gd", "constructed to do GD"), ("icl-objective-x", "trained on the ICL objective")],
)
def test_where_icl_is_gd_its_closure_is_said(model: str, words: str) -> None:
    gd = cell("gd", model, 1.0, 1.0, 1.0, "npd")
    assert said(gd) == f"On 1 model {words}, full-batch GD goes 1.00 [1.00, 1.00] of the way from zero-shot to ICL."
    near = cell("newton", model, 1.0, 0.99, 1.01, "npd")
    assert "Newton" not in said(gd, near)
    further = cell("newton", model, 1.2, 1.1, 1.3, "npd")
    assert said(gd, further).endswith(
        "of the way from zero-shot to ICL, and Newton-like comes nearest to ICL on 1 such model "
        "(closure 1.20 [1.10, 1.30], beyond every other's interval)."
    )
    assert said(near).endswith("full-batch GD was not measured.")


def test_controls_never_count_with_the_language_models() -> None:
    text = said(GD, cell("bayes-structure", "untrained-a", 0.9, 0.8, 1.0))
    assert "Bayes" not in text
    assert text.endswith("; on 1 control a learner was held against ICL all the same.")


def test_where_no_closure_is_defined_that_is_said() -> None:
    text = said(GD, cell("gd", "ginc-b", None, 0, 0))
    assert text.endswith("; on 1 model no closure is defined.")
    assert "on 1 language model;" in text
    assert said(cell("gd", "ginc-b", None, 0, 0)) == "On 1 model no closure is defined."


def test_the_whole_is_one_sentence() -> None:
    text = sentence(adjudication_of(papers_evidence()))
    assert text.count(". ") == 0
    assert text.startswith(
        "By Token Overlap, Bayes that knows the prompt's structure comes nearest to ICL on 5 language models"
    )
    assert "likewise by bounded overlap cosine and Jensen-Shannon; full-batch GD goes -0.05 to 0.07 of the way" in text
    assert "on 2 models constructed to do GD, full-batch GD goes 1.00;" in text
    assert text.endswith("on 2 controls there is no ICL to account for.")
