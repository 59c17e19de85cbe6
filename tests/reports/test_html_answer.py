"""The answer says what the verdicts say, and no more."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.evidence import Evidence, Verdict
from reports.collector import ENDED
from reports.document import Report
from reports.html.answer import answer
from reports.html.overview import rows, weakest
from tests.reports.sample import sample_report
from tests.reports.strategies import found, recorded

S, R, I, E, N = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_RUN  # noqa: E741


UNSTARTED = replace(recorded(9, verdict=Verdict.NOT_RUN, reason=ENDED), model="")


def items(verdicts: Sequence[Verdict], model: str = "m", paper: str = "Shen, arXiv 2310.08540") -> list[Evidence]:
    return [
        replace(recorded(i, id="S1", model=model, verdict=v, expected=v), paper=paper) for i, v in enumerate(verdicts)
    ]


def said(evidence: Sequence[Evidence], lost: int = 0) -> str:
    return answer(Report(tuple(evidence), {}, len(evidence) - lost))


@pytest.mark.parametrize(
    ("verdicts", "opening"),
    [
        ([S, S], "No, by all that was measured: of 2 sub-claims (1 claim of Shen, arXiv 2310.08540) on m, 2 supported"),
        ([S, S, I], "Mostly no, as far as it was measured: of 3 sub-claims"),
        ([S, S, N], "Mostly no, as far as it was measured: of 2 sub-claims"),
        ([S, I], "That is open: of 2 sub-claims"),
        ([S, R], "That is open: of 2 sub-claims"),
        ([I, I], "That is open: of 2 sub-claims"),
        ([R, R, S], "That it is not is not shown here: of 3 sub-claims"),
        ([N], "Nothing was measured that answers it."),
        ([], "Nothing was measured that answers it."),
    ],
)
def test_the_opening_follows_the_share_of_verdicts(verdicts: list[Verdict], opening: str) -> None:
    assert said(items(verdicts)).startswith(opening)


def test_it_is_one_sentence_with_all_counts() -> None:
    text = said(items([S, S, S, R, I]))
    assert text == (
        "Mostly no, as far as it was measured: of 5 sub-claims (1 claim of Shen, arXiv 2310.08540) on m, "
        "3 supported, 1 refuted (S1 on m, ginc-k5), 1 inconclusive."
    )


@pytest.mark.parametrize(
    ("evidence", "lost", "opening"),
    [
        (items([S, E]), 0, "Incomplete run: of 2 tests, 1 ended in an error; mostly no"),
        (items([S, S, S]), 1, "Incomplete run: of 3 tests, 1 left no evidence; no, by all that was measured"),
        (items([S, S, E]), 1, "Incomplete run: of 3 tests, 1 left no evidence; mostly no"),
        (items([S, S, E, E]), 1, "Incomplete run: of 4 tests, 1 left no evidence and 1 ended in an error; mostly"),
        ([*items([S, E]), UNSTARTED], 1, "Incomplete run: of 3 tests, 1 left no evidence and 1 ended in an error"),
        ([*items([S, E]), UNSTARTED], 2, "Incomplete run: of 3 tests, 2 left no evidence; mostly"),
    ],
)
def test_an_incomplete_run_is_said_first(evidence: list[Evidence], lost: int, opening: str) -> None:
    assert said(evidence, lost).startswith(opening)


def test_a_selection_is_said_before_the_answer() -> None:
    part = [replace(item, family_size=3) for item in items([S, S])]
    assert said(part).startswith("A selection: 2 of 3 sub-claims of S1 on m, ginc-k5; no, by all that was measured: of")
    assert said([replace(item, family_size=2) for item in part]).startswith("No, by all that was measured: of")


def test_controls_count_for_nothing_but_themselves() -> None:
    control = items([I, I, I], model="untrained-llama-794k")
    assert said([*items([S]), *control]).startswith("No, by all that was measured: of 1 sub-claim (")
    assert said([*items([S]), *control]).endswith(
        "on controls without ICL, of 3 sub-claims none supported, as it must be."
    )
    assert said(control).startswith("Nothing was measured that answers it: on controls without ICL")
    bad = said([*items([S]), *[replace(item, expected=I) for item in items([S, I], model="untrained-x")]])
    assert "of 2 sub-claims 1 supported, which must not be (S1 on untrained-x, ginc-k5)" in bad


@pytest.mark.parametrize("model", ["shuffled-x", "trained-embeddings-x", "reinitialised-x"])
def test_every_kind_of_weights_that_learnt_nothing_is_a_control(model: str) -> None:
    assert said([*items([S]), *items([I], model=model)]).startswith("No, by all that was measured: of 1 sub-claim (")


def test_what_is_supported_on_a_control_as_registered_needs_no_icl() -> None:
    text = said([*items([S]), *items([S, I], model="untrained-x")])
    assert text.endswith("on controls without ICL, of 2 sub-claims 1 supported that need no ICL (S1).")


def test_where_icl_is_gd_a_refuted_claim_is_no_evidence_about_pretrained_models() -> None:
    known = [*items([R, R], model="constructed-gd"), *items([R], model="icl-objective-gpt")]
    text = said([*items([S, S]), *known])
    assert text.startswith("No, by all that was measured: of 2 sub-claims (1 claim of Shen, arXiv 2310.08540) on m, 2")
    assert text.endswith(
        "on controls where ICL is known to be GD, or near it, of 3 such sub-claims 3 refuted, as must be."
    )
    odd = said([*items([S]), *items([R, S], model="constructed-gd")])
    assert odd.endswith("of 2 such sub-claims 1 supported, 1 refuted.")
    assert said(known).startswith("Nothing was measured that answers it: on controls where ICL is known")


def test_claims_of_other_papers_on_such_models_are_counted_with_the_others() -> None:
    text = said([*items([S]), *items([S], model="constructed-gd", paper="von Oswald et al., arXiv 2212.07677")])
    assert text.endswith(
        "; besides, of 1 sub-claim (1 claim of von Oswald et al., arXiv 2212.07677) on constructed-gd, 1 supported."
    )


def test_open_questions_are_no_claim_of_the_paper_that_asks_them() -> None:
    asked = items([R], paper="Open questions of Shen, Mishra, Khashabi, arXiv 2310.08540")
    assert said([*items([S]), *asked]).startswith("No, by all that was measured: of 1 sub-claim (")


def test_claims_of_other_papers_do_not_answer_the_question() -> None:
    other = items([S, S], paper="Xie et al., arXiv 2111.02080")
    assert said(other).startswith("Nothing was measured that answers it: of 2 sub-claims (1 claim of Xie")
    assert "besides, of 2 sub-claims (1 claim of Xie et al., arXiv 2111.02080)" in said([*items([R]), *other])


def test_verdicts_that_are_not_registered_are_named() -> None:
    odd = [replace(item, expected=S) for item in items([R])]
    assert said([*items([S, S, S]), *odd]).endswith("1 verdict not as registered (S1 on m, ginc-k5).")
    assert "registered" not in said(items([S]))


def test_the_sample() -> None:
    assert answer(sample_report()).startswith(
        "Incomplete run: of 22 tests, 1 left no evidence; a selection: 1 of 3 sub-claims of S1 on "
        "untrained-llama-794k, ginc-k5 and 1 of 2 sub-claims of S3 on ginc-gptj-829k and of 1 more; mostly no, as far "
        "as it was measured: of 18 sub-claims (8 claims of Shen, Mishra, Khashabi, arXiv 2310.08540) on "
    )


@given(st.lists(st.sampled_from([S, R, I, E, N]), max_size=8), st.integers(0, 8))
def test_no_is_never_said_against_a_verdict(verdicts: list[Verdict], controls: int) -> None:
    text = said([*items(verdicts), *items([I] * controls, model="untrained-x")])
    assert text.count(". ") == text.count("et al. ")
    assert text.endswith(".")
    if "no, by all" in text.lower():
        assert set(verdicts) == {S}
    if "mostly no" in text.lower():
        assert verdicts.count(S) > verdicts.count(R) + verdicts.count(I)
    for verdict in (S, R, I):
        assert (f"{verdicts.count(verdict)} {verdict.value}" in text) or not {S, R, I} & set(verdicts)


def test_a_row_for_each_claim_model_and_task_controls_last() -> None:
    table = rows([*items([I], model="untrained-a"), *items([S, R]), *items([N], model="z")])
    assert [(row.subject, row.control) for row in table] == [
        ("m, ginc-k5", False), ("z, ginc-k5", False), ("untrained-a, ginc-k5", True)
    ]  # fmt: skip
    assert [(count.verdict, count.n) for count in table[0].counts] == [(S, 1), (R, 1)]


def test_the_weakest_sub_claim_is_the_refuted_one_then_the_least_sure() -> None:
    sure, unsure = recorded(1, found(0.001), verdict=S), recorded(2, found(0.04), verdict=S)
    open_, wrong = recorded(3, found(0.3), verdict=I), recorded(4, found(0.99, 0.01), verdict=R)
    blank = recorded(5, verdict=I)
    assert weakest([sure, unsure]) is unsure
    assert weakest([sure, unsure, open_, blank]) is open_
    assert weakest([sure, wrong, open_]) is wrong
    assert weakest([blank]) is None
    near, far = replace(found(None, None), estimate=0.1, holds=True), replace(found(None, None), holds=True)
    assert weakest([recorded(1, far, verdict=S), recorded(2, near, verdict=S)]) == recorded(2, near, verdict=S)


def test_what_the_correction_over_the_run_would_change_is_said() -> None:
    weak = replace(recorded(1, found(0.02, 0.98), verdict=S), verdict_run=I)
    strong = replace(recorded(2, found(), verdict=S), verdict_run=S)
    assert "corrected over the whole run, 1 verdict would be another one (S1)" in said([weak, strong])
    assert "corrected over" not in said([strong])
