"""The first screen: at most three sentences, then the paper's claims by the models under test."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.overall import Overall
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.collect.collector import ENDED
from reports.document.report import Report, report_of
from reports.render.figures.effect_mark import EDGE, WIDTH, draw_effect
from reports.render.headline import headline
from reports.render.html import render_html
from reports.render.html.matrix import ELSEWHERE, MOST_ROWS, matrix
from reports.render.html.words import needed
from tests.reports.parsed_html import ParsedPage
from tests.reports.sample import sample_report
from tests.reports.strategies import evidence, found, recorded

S, R, I, N = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.NOT_RUN  # noqa: E741
XIE = "Xie et al., arXiv 2111.02080"


def claimed(id: str, model: str, verdict: Verdict = S, task: str = "ginc-k5", **changes: object) -> Evidence:
    item = recorded(outcome=found(), verdict=verdict, expected=verdict, id=id, model=model)
    return replace(item, task=task, brief=f"brief of {id}", **changes)  # type: ignore[arg-type]


def screen(items: Sequence[Evidence]) -> str:
    page = render_html(Report(tuple(items), {}, len(items)))
    return page[page.index("</head>") : page.index('id="accounts"')]


def test_the_first_screen_is_the_question_at_most_three_sentences_and_the_matrix() -> None:
    report = sample_report()
    first = screen(report.evidence)
    assert first.index("is that gradient descent?</h1>") < first.index('class="answer"') < first.index("<table")
    said = re.findall(r'<p class="answer">(.*?)</p>', first)
    assert len(said) == len(headline(report.evidence)) <= 3
    rows = re.findall(r'<th scope="row" class="what"><a href="#claim-([^"]+)">', first)
    assert rows == ["S1", "S1t", "S2", "S2a", "S2n", "S3", "S4", "S5"]
    assert all(f'id="claim-{id}"' in render_html(report) for id in rows)


def test_a_column_for_each_model_with_several_claims_and_one_for_what_has_a_model_for_itself() -> None:
    items = [claimed("S1", "a"), claimed("S2", "a", R), claimed("S3", "a", task=""), claimed("S3", "b", I, task="")]
    made = matrix([*items, claimed("S4", "a to z", task="ginc-k8")])
    assert made.heads == (("a", "ginc-k5"), (ELSEWHERE, ""))
    told = {row.id: [[(one.verdict, one.where) for one in cell] for cell in row.cells] for row in made.rows}
    assert told["S1"] == [[(Overall.SUPPORTED, "")], []]
    assert told["S2"] == [[(Overall.REFUTED, "")], []]
    assert told["S3"] == [[(Overall.SUPPORTED, "")], [(Overall.INCONCLUSIVE, "b")]]
    assert told["S4"] == [[], [(Overall.SUPPORTED, "a to z, ginc-k8")]]
    assert [row.verdict for row in made.rows] == [Overall.SUPPORTED, Overall.REFUTED, Overall.MIXED, Overall.SUPPORTED]
    assert made.rows[3].why == "not run here: measured on a to z"


def test_one_claim_on_several_models_has_a_column_for_each() -> None:
    made = matrix([claimed("S2", "a"), claimed("S2", "b", R)])
    assert made.heads == (("a", "ginc-k5"), ("b", "ginc-k5"))
    assert [[one.verdict for one in cell] for cell in made.rows[0].cells] == [[Overall.SUPPORTED], [Overall.REFUTED]]


def test_a_model_on_two_tasks_has_one_column_that_names_the_task_in_each_cell() -> None:
    items = [claimed(id, "a", task=task) for id in ("S1", "S2") for task in ("sst2", "rte")]
    made = matrix(items)
    assert made.heads == (("a", ""),)
    assert [one.where for one in made.rows[0].cells[0]] == ["sst2", "rte"]


def test_models_whose_answer_is_known_and_controls_have_no_column() -> None:
    known = [claimed("S2", "constructed-gd", R), claimed("S2", "icl-objective-x", I), claimed("S9", "constructed-gd")]
    controls = [claimed("S2", "untrained-x", I), claimed("S1", "shuffled-x", I)]
    made = matrix([claimed("S1", "a"), claimed("S2", "a"), *known, *controls])
    assert made.heads == (("a", "ginc-k5"),)
    assert [row.id for row in made.rows] == ["S1", "S2"]


def test_without_the_papers_claims_it_has_those_that_are_there() -> None:
    made = matrix([claimed(f"X{i}", "a", paper=XIE) for i in range(MOST_ROWS + 2)])
    assert [row.id for row in made.rows] == [f"X{i}" for i in range(MOST_ROWS)]
    assert made.more == 2
    assert "2 more claims: in the" in screen([claimed(f"X{i}", "a", paper=XIE) for i in range(MOST_ROWS + 2)])
    assert [row.id for row in matrix([claimed("X1", "a", paper=XIE), claimed("S1", "a")]).rows] == ["S1"]


def test_a_test_that_was_never_reached_is_an_empty_cell_that_says_why() -> None:
    unstarted = replace(claimed("S2n", "", N), task="", outcome=None, reason=ENDED)
    first = screen([claimed("S1", "a"), claimed("S2", "a"), unstarted])
    assert f'<td class="none" title="not run here: {ENDED}">' in first
    made = matrix([claimed("S1", "a"), claimed("S2", "a"), unstarted])
    assert made.heads == (("a", "ginc-k5"),)
    assert made.rows[2].verdict is Overall.NOT_RUN


def test_a_claim_without_numbers_says_why_in_its_tip() -> None:
    bare = replace(claimed("S2", "a", I), outcome=None, reason="no ICL: accuracy 0.1")
    (cell,) = matrix([bare]).rows[0].cells
    assert (cell[0].mark, cell[0].effect, cell[0].tip) == ("", "", "no ICL: accuracy 0.1")


def test_a_verdict_is_a_sign_and_a_word_and_never_a_colour_alone() -> None:
    first = screen([claimed("S1", "a"), claimed("S2", "a", R), claimed("S3", "a", I)])
    for sign in ("✓ supported", "✗ refuted", "? inconclusive"):
        assert first.count(sign) >= 3, sign  # the claim's, the cell's, the legend's


def test_what_the_correction_over_the_run_would_change_is_said() -> None:
    weak, strong = (claimed(id, "a", verdict_run=run) for id, run in (("S1", I), ("S2", S)))
    said = "with one correction for all tests of the run, in place of one a claim, S1 would be inconclusive"
    assert matrix([weak, strong]).over_the_run == said
    assert matrix([strong]).over_the_run == ""
    on_a_control = replace(weak, model="untrained-x")
    assert matrix([on_a_control, claimed("S1", "a", verdict_run=S), strong]).over_the_run == ""


def test_the_mark_is_of_the_weakest_sub_claim_with_the_interval_that_decides() -> None:
    clear = replace(found(), deciding_interval=(0.2, None), deciding_level=0.05)
    near = replace(found(), estimate=0.02, deciding_interval=(0.01, 0.04), deciding_level=0.025)
    items = [
        replace(claimed("S1", "a"), params={"size": size}, outcome=one) for size, one in (("1", clear), ("2", near))
    ]
    ((finding,),) = matrix(items).rows[0].cells
    assert (finding.effect, finding.held) == ("0.02 [0.01, 0.04]", "2 supported")
    assert (finding.quantity, finding.needed) == (near.quantity, needed(near))
    assert finding.tip.startswith("weakest sub-claim: size=2")
    assert "0.02 [0.01, 0.04], bound 0" in finding.mark
    assert "0.25 [0.2, ∞], bound 0" in draw_effect(items[0])


def test_the_mark_draws_the_bound_and_leaves_out_what_has_no_estimate() -> None:
    drawn = draw_effect(replace(claimed("S1", "a"), outcome=replace(found(), threshold=0.125, kind="greater")))
    assert drawn.count('class="bound"') == drawn.count('class="claimed"') == drawn.count('class="whisker"') == 1
    both = draw_effect(replace(claimed("S1", "a"), outcome=replace(found(), threshold=0.5, kind="equivalent")))
    assert both.count('class="bound"') == 2
    assert draw_effect(replace(claimed("S1", "a"), outcome=None)) == ""
    assert draw_effect(replace(claimed("S1", "a"), outcome=replace(found(), estimate=None, undefined="constant"))) == ""


@settings(max_examples=40, deadline=None)
@given(st.lists(evidence(), min_size=1, max_size=4))
def test_any_evidence_gives_a_mark_within_its_box_and_a_screen_that_parses(items: list[Evidence]) -> None:
    adjudicated = with_verdicts(items)
    for item in adjudicated:
        places = [float(x) for x in re.findall(r'c?x="([-0-9.e]+)"', draw_effect(item))]
        assert all(EDGE - 0.01 <= x <= WIDTH - EDGE + 0.01 for x in places)
    assert ParsedPage(render_html(report_of(adjudicated, {}, len(items)))).faults == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [("greater", "> 0.02"), ("every greater", "> 0.02"), ("greater, t", "> 0.02"), ("above", "> 0.02"),
     ("below", "< 0.02"), ("every below", "< 0.02"), ("equivalent", "within ±0.02"), ("one of my own", "")],
)  # fmt: skip
def test_what_is_claimed_of_an_effect_is_said(kind: str, said: str) -> None:
    assert needed(replace(found(), kind=kind, threshold=0.02)) == said
