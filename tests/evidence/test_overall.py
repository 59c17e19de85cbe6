"""One verdict a claim: hand-made families, monotone combinations, models under test apart from controls."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.combination import How, combination
from iclgd_core.evidence.overall import RANKS, Overall, claim_verdicts, combined, family_verdicts, weakest
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from tests.reports.sample_items import LLAMA, item, sampled
from tests.reports.strategies import found, recorded

YES, NO, OPEN = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE
JUDGED = st.sampled_from([YES, NO, OPEN])


def member(verdict: Verdict, combines: str = "all", size: int = 0, model: str = LLAMA, **params: str) -> Evidence:
    made = item("S2", params, model=model, verdict=verdict)
    return replace(made, combines=combines, family_size=max(1, size))


def family(verdicts: list[Verdict], combines: str = "all", size: int = 0) -> list[Evidence]:
    return [member(verdict, combines, size, optimizer=str(i)) for i, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "every", "one", "each"),
    [
        ([YES, YES], Overall.SUPPORTED, Overall.SUPPORTED, Overall.SUPPORTED),
        ([YES, OPEN], Overall.INCONCLUSIVE, Overall.SUPPORTED, Overall.MIXED),
        ([YES, NO], Overall.REFUTED, Overall.SUPPORTED, Overall.MIXED),
        ([OPEN, NO], Overall.REFUTED, Overall.INCONCLUSIVE, Overall.MIXED),
        ([NO, NO], Overall.REFUTED, Overall.REFUTED, Overall.REFUTED),
    ],
)
def test_sub_claims_combine(verdicts: list[Verdict], every: Overall, one: Overall, each: Overall) -> None:
    assert combined(family(verdicts, "all")) is every
    assert combined(family(verdicts, "any")) is one
    assert combined(family(verdicts, "each")) is each


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((YES, YES), (NO, NO), Overall.SUPPORTED),
        ((YES, NO), (NO, YES), Overall.REFUTED),
        ((YES, OPEN), (NO, NO), Overall.INCONCLUSIVE),
    ],
)
def test_one_alternative_must_hold_with_all_its_sub_claims(
    first: tuple[Verdict, Verdict], second: tuple[Verdict, Verdict], expected: Overall
) -> None:
    members = [
        member(verdict, "any of form", form=form, metric=str(i))
        for form, verdicts in (("a", first), ("b", second))
        for i, verdict in enumerate(verdicts)
    ]
    assert combined(members) is expected


@pytest.mark.parametrize(
    ("combines", "verdicts", "expected"),
    [
        ("all", [YES, YES], Overall.INCONCLUSIVE),
        ("all", [YES, NO], Overall.REFUTED),
        ("any", [NO, NO], Overall.INCONCLUSIVE),
        ("any", [NO, YES], Overall.SUPPORTED),
        ("any of optimizer", [YES, YES], Overall.INCONCLUSIVE),
        ("each", [YES, YES], Overall.SUPPORTED),
    ],
)
def test_what_was_not_selected_can_be_anything(combines: str, verdicts: list[Verdict], expected: Overall) -> None:
    assert combined(family(verdicts, combines, size=3)) is expected
    assert combined([*family(verdicts, combines), member(Verdict.NOT_RUN, combines, optimizer="9")]) is expected


def test_an_error_is_an_error_and_nothing_run_is_not_run() -> None:
    assert combined(family([YES, Verdict.ERROR], "any")) is Overall.ERROR
    assert combined(family([Verdict.NOT_RUN, Verdict.NOT_RUN])) is Overall.NOT_RUN


@given(st.lists(JUDGED, min_size=1, max_size=5), st.integers(0, 4), st.sampled_from(["all", "any", "any of optimizer"]))
def test_a_sub_claim_that_holds_never_harms_its_claim(verdicts: list[Verdict], which: int, combines: str) -> None:
    better = [YES if i == which else verdict for i, verdict in enumerate(verdicts)]
    ranks = {Overall(verdict.value): rank for verdict, rank in RANKS.items()}
    assert ranks[combined(family(better, combines))] >= ranks[combined(family(verdicts, combines))]


def test_a_combination_reads_back() -> None:
    assert [str(combination(text)) for text in ("all", "any", "each", "any of form")] == [
        "all", "any", "each", "any of form"
    ]  # fmt: skip
    assert combination("any of form").how is How.ANY
    for wrong in ("some", "any of ", "any of a form", ""):
        with pytest.raises(SettingsError, match="no combination"):
            claim("Z", SHEN.at("1"), "a gap", "no gap", combines=wrong)


def test_alternatives_must_be_a_parameter() -> None:
    with pytest.raises(SettingsError, match="any of form"):
        combined(family([YES], "any of form"))


def untrained(optimizer: str, agreement: str, n: int) -> Evidence:
    outcome = sampled("gap", 0.1, 0.05, 0.15, 0.02, 1e-4, n, sd=0.1)
    made = item("S2", {"optimizer": optimizer, "agreement": agreement}, outcome, learning_rate=0.0, epoch=0)
    return replace(made, verdict=YES, family_size=3)


def test_no_training_counts_once_whatever_the_learner() -> None:
    trained = replace(untrained("gd", "npd", 5), details={"learning_rate": 0.1, "epoch": 1})
    found = family_verdicts([trained, untrained("sgd1", "npd", 9), untrained("adam1", "npd", 7)])[0]
    assert found.untrained == 2
    assert found.counts == {YES: 2}
    assert found.verdict is Overall.SUPPORTED
    assert found.weakest == trained
    apart = family_verdicts([untrained("sgd1", "npd", 9), untrained("adam1", "ocs", 7)])[0]
    assert apart.counts == {YES: 2}


def test_no_training_at_every_size_is_no_training() -> None:
    made = member(YES)
    rows: list[Json] = [{"learning_rate": 0.0, "epoch": 0}, {"learning_rate": 0.0, "epoch": 0}]
    assert replace(made, details={"sizes": [*rows]}).untrained
    assert not replace(made, details={"sizes": [*rows, {"learning_rate": 0.1, "epoch": 3}]}).untrained
    assert not made.untrained


def test_controls_and_known_models_do_not_count_where_a_model_is_under_test() -> None:
    own, known, control = "my-model", "constructed-gd", "untrained-llama-794k"
    evidence = [member(YES), member(NO, model=own), member(NO, model=known), member(OPEN, model=control)]
    (found,) = claim_verdicts(evidence)
    assert found.verdict is Overall.MIXED
    assert found.models == {Overall.SUPPORTED: 1, Overall.REFUTED: 1}
    assert [one.model for one in found.known] == [known]
    assert [one.model for one in found.controls] == [control]
    (only_known,) = claim_verdicts(evidence[2:])
    assert only_known.verdict is Overall.REFUTED
    assert not only_known.known
    (only_control,) = claim_verdicts(evidence[3:])
    assert only_control.verdict is Overall.INCONCLUSIVE
    assert not only_control.controls


def test_a_family_names_its_one_reason() -> None:
    reasons = [replace(one, reason="no ICL") for one in family([OPEN, OPEN])]
    assert family_verdicts(reasons)[0].reason == "no ICL"
    assert family_verdicts([reasons[0], *family([OPEN])])[0].reason == ""
    assert weakest(reasons) is None


def test_the_weakest_sub_claim_is_the_refuted_one_then_the_least_sure() -> None:
    sure, unsure = recorded(1, found(0.001), verdict=YES), recorded(2, found(0.04), verdict=YES)
    unsettled, wrong = recorded(3, found(0.3), verdict=OPEN), recorded(4, found(0.99, 0.01), verdict=NO)
    assert weakest([sure, unsure]) is unsure
    assert weakest([sure, unsure, unsettled, recorded(5, verdict=OPEN)]) is unsettled
    assert weakest([sure, wrong, unsettled]) is wrong
    exact = replace(found(None, None), holds=True)
    near, far = (recorded(i, replace(exact, estimate=x), verdict=YES) for i, x in ((1, 0.1), (2, 0.25)))
    assert weakest([far, near]) is near


def test_the_weakest_of_alternatives_is_that_of_the_best() -> None:
    def one(recursion: str, mean: float, verdict: Verdict, p: float) -> Evidence:
        outcome = sampled("npd", mean, mean - 0.1, mean + 0.02, 0.0, p, 96, sd=0.1)
        made = item("S2", {"optimizer": recursion}, outcome)
        return replace(made, verdict=verdict, combines="any of optimizer", family_size=2)

    worse, better = one("gd++", -0.024, NO, 0.999), one("gd++-rates", -0.010, OPEN, 0.9)
    found = family_verdicts([worse, better])[0]
    assert found.verdict is Overall.INCONCLUSIVE
    assert found.weakest == better
    assert claim_verdicts([worse, better])[0].weakest == better
    every = [replace(one, combines="all") for one in (worse, better)]
    assert family_verdicts(every)[0].weakest == every[0]
    alike = family_verdicts([worse, replace(better, verdict=NO, outcome=worse.outcome)])[0]
    assert alike.verdict is Overall.REFUTED
