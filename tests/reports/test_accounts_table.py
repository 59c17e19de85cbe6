"""The adjudication table: which cell holds what, in which order, and what is passed over."""

import json
from dataclasses import replace
from inspect import getsource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.accounts import ACCOUNTS
from iclgd_core.evidence.model_kinds import Kind, kind_of
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import precondition
from reports.accounts import NO_ICL, AccountsPanel, State, adjudication_of, cells_of
from reports.accounts.document import adjudication_document
from reports.accounts.shown import MOST_COLUMNS, shown
from reports.accounts.words import LAST, STEPS, closure_text, step_of
from tests.reports.sample_papers import SAME, SIZES, claimed, papers_evidence, record
from tests.reports.strategies import JSON

WHERE = SHEN.at("figure 5")


def having(*records: Json, id: str = "S2", task: str = "ginc-k8", left_out: Json = None) -> Evidence:
    return claimed(id, WHERE, SIZES[2], task, closures=records, left_out=left_out)


def at(panel: AccountsPanel, account: str, model: str) -> tuple[State, float | None, str]:
    row = next(row for row in panel.rows if row.account == account)
    entry = row.entries[[column.model for column in panel.columns].index(model)]
    return entry.state, entry.value, entry.claim


def test_a_cell_holds_the_closure_of_most_episodes_then_of_the_first_claim() -> None:
    few, many = (record("gd", "ginc-a", "t", "token-overlap", value, n) for value, n in ((0.9, 24), (0.1, 96)))
    other = record("gd", "ginc-a", "t", "token-overlap", 0.5, 96)
    one, two, three = having(few, id="A1"), having(other, id="S9"), having(many, id="S2")
    for evidence in ([one, two, three], [three, two, one]):
        (cell,) = cells_of(evidence).values()
        assert (cell.value, cell.n, cell.claim) == (0.1, 96, "S2")


def test_of_two_sub_claims_the_first_by_its_parameters_counts() -> None:
    rows = [
        replace(having(record("gd", "ginc-a", "t", "npd", v)), params={"optimizer": name})
        for name, v in (("b", 0.2), ("a", 0.3))
    ]
    assert [cell.value for cell in cells_of(rows).values()] == [0.3]
    assert [cell.value for cell in cells_of(rows[::-1]).values()] == [0.3]


def test_rows_are_in_the_order_of_the_accounts_and_columns_by_kind_and_size() -> None:
    table = adjudication_of(papers_evidence())
    opening = table.panels[0]
    names = [row.account for row in opening.rows]
    assert names == [name for name in ACCOUNTS if name in names]
    assert (names[0], names[-1]) == ("zero-shot", "icl-other-order")
    kinds = [column.kind for column in opening.columns]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert [column.model for column in opening.columns if column.kind is Kind.EMBEDDED] == list(SIZES)
    assert [panel.agreement for panel in table.panels] == ["", "ocs-bounded", "jensen-shannon"]
    assert {c.agreement for c in opening.columns if c.kind is Kind.EMBEDDED} == {"token-overlap"}
    assert {c.agreement for c in opening.columns if c.kind is Kind.CONSTRUCTED} == {"npd"}


def test_checkpoints_and_tasks_are_sorted_by_their_numbers() -> None:
    places = [("ginc-llama-208k", "ginc-k10"), ("ginc-llama-208k@100", "ginc-k8"), ("ginc-llama-208k@2000", "ginc-k8"),
              ("ginc-llama-208k", "ginc-k5"), ("ginc-llama-57k", "ginc-k8"), ("owner/model-7b", "sst2")]  # fmt: skip
    records = [record("gd", model, task, "token-overlap", 0.1) for model, task in places]
    found = [(c.model, c.task) for c in adjudication_of([having(*records)]).panels[0].columns]
    assert found == [places[5], places[4], places[1], places[2], places[3], places[0]]


def test_the_ends_are_so_by_definition_where_floor_and_ceiling_differ() -> None:
    panel = adjudication_of(
        [having(record("gd", "ginc-a", "t", "npd", 0.3), record("gd", "ginc-b", "t", "npd", None))]
    ).panels[0]
    assert at(panel, "zero-shot", "ginc-a") == (State.DEFINITION, 0.0, "")
    assert at(panel, "icl-other-order", "ginc-a") == (State.DEFINITION, 1.0, "")
    for account in ("zero-shot", "gd", "icl-other-order"):
        assert at(panel, account, "ginc-b")[:2] == (State.UNDEFINED, None)


def test_a_missing_cell_says_why() -> None:
    measured = having(record("gd", "ginc-a", "t", "npd", 0.3), record("sgd", "ginc-b", "t", "npd", 0.2))
    none = claimed("S1", WHERE, "untrained-a", "t")
    left_out = having(left_out={"ginc-small": "no ICL: accuracy 0.1", "ginc-odd": "another reason"}, task="t")
    table = adjudication_of([measured, none, left_out])
    assert at(table.panels[0], "sgd", "ginc-a")[0] is State.NOT_MEASURED
    assert at(table.panels[0], "sgd", "untrained-a")[0] is State.NO_ICL
    assert at(table.panels[0], "zero-shot", "ginc-small")[0] is State.NO_ICL
    assert "ginc-odd" not in [column.model for column in table.panels[0].columns]
    assert set(table.no_icl) == {("untrained-a", "t"), ("ginc-small", "t")}
    assert set(table.left_out) == {
        label for name, label in ACCOUNTS.items() if name not in ("gd", "sgd", "zero-shot", "icl-other-order")
    }


def test_the_precondition_says_no_icl_in_the_words_that_are_looked_for() -> None:
    assert f'f"{NO_ICL}: ' in getsource(precondition)


def test_nothing_recorded_is_no_table() -> None:
    table = adjudication_of([claimed("S1", WHERE, "untrained-a", "t"), having()])
    assert (table.panels, table.left_out) == ((), ())
    assert list(table.no_icl) == [("untrained-a", "t")]


def test_an_account_and_an_agreement_that_are_not_known_have_their_place() -> None:
    records = [record("mine", "ginc-a", "t", "my-metric", 0.5), record("gd", "ginc-a", "t", "token-overlap", 0.1)]
    table = adjudication_of([having(*records)])
    assert [panel.agreement for panel in table.panels] == ["", "my-metric"]
    assert [row.account for row in table.panels[1].rows] == ["zero-shot", "mine", "icl-other-order"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["account", "model", "task", "agreement", "value", "low", "n"]), JSON),
        max_size=4,
    ),
    JSON,
)
def test_what_is_no_record_is_passed_over(records: list[Json], odd: Json) -> None:
    for closures in (records, odd):
        item = replace(having(), details={"closures": closures, "left_out": odd})
        json.dumps(adjudication_document([item]), allow_nan=False)
        shown([item])


def test_a_table_is_the_same_whatever_the_order_of_the_evidence() -> None:
    evidence = papers_evidence()
    assert adjudication_document(evidence) == adjudication_document(evidence[::-1])


def test_columns_beyond_the_most_are_counted() -> None:
    records = [record("gd", f"ginc-{i}", "t", "npd", 0.1) for i in range(MOST_COLUMNS + 3)]
    (table,) = shown([having(*records)]).tables
    assert (len(table.heads), table.cut) == (MOST_COLUMNS, 3)
    assert all(len(row.cells) == MOST_COLUMNS for row in table.rows)


def test_causes_of_undefined_cells_are_footnotes_each_once() -> None:
    records = [record("gd", f"ginc-{i}", "t", "npd", None) | {"undefined": f"{SAME}{i}"} for i in range(3)]
    (table,) = shown([having(*records, record("gd", "ginc-z", "t", "npd", 0.4))]).tables
    assert table.notes == (("1", "floor and ceiling do not differ"),)
    gd = next(row for row in table.rows if row.label == ACCOUNTS["gd"])
    assert [cell.mark for cell in gd.cells] == ["1", "1", "1", ""]


@pytest.mark.parametrize(
    ("value", "text"), [(0.125, "0.12"), (-0.004, "0.00"), (-1.5, "-1.50"), (1e5, "1e+05"), (1e308, "1e+308")]
)
def test_a_closure_is_short(value: float, text: str) -> None:
    assert closure_text(value) == text


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_the_shade_grows_with_the_closure(a: float, b: float) -> None:
    order = [name for _, name in STEPS] + [LAST]
    low, high = sorted((a, b))
    assert order.index(step_of(low)) <= order.index(step_of(high))
    assert (step_of(0.0), step_of(1.0), step_of(-0.5), step_of(-0.05)) == ("k0", "k5", "kn", "k0")


@pytest.mark.parametrize(
    ("model", "kind"),
    [("constructed-gd", Kind.CONSTRUCTED), ("icl-objective-x", Kind.ICL_OBJECTIVE), ("ginc-x@100", Kind.EMBEDDED),
     ("untrained-icl-objective-x", Kind.CONTROL), ("shuffled-x", Kind.CONTROL), ("trained-embeddings-x", Kind.CONTROL),
     ("reinitialised-x", Kind.CONTROL), ("owner/untrained-x", Kind.OWN), ("", Kind.OWN)],
)  # fmt: skip
def test_the_kind_of_a_model_is_in_its_name(model: str, kind: Kind) -> None:
    assert kind_of(model) is kind


def test_a_verdict_with_numbers_is_not_taken_for_no_icl() -> None:
    item = replace(having(), reason="no ICL: x", verdict=Verdict.INCONCLUSIVE)
    assert adjudication_of([item]).no_icl == {}
    assert list(adjudication_of([replace(item, outcome=None)]).no_icl) == [(SIZES[2], "ginc-k8")]
