"""The headline says what the verdicts say, in at most three short sentences, and no more."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.collect.collector import ENDED
from reports.render.headline import headline
from tests.reports.sample import NO_ICL, sample_report
from tests.reports.strategies import recorded

S, R, I, E, N = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_RUN  # noqa: E741
SHEN = "Shen, Mishra, Khashabi, arXiv 2310.08540"
BRIEFS = {"S1": "ICL depends on order more than GD", "S2": "ICL agrees with itself more than with the best GD"}


def of(id: str, *verdicts: Verdict, model: str = "m", paper: str = SHEN) -> list[Evidence]:
    return [
        replace(
            recorded(i, id=id, model=model, verdict=verdict, expected=verdict, family_size=len(verdicts)),
            paper=paper,
            brief=BRIEFS.get(id, ""),
        )
        for i, verdict in enumerate(verdicts)
    ]


def first(*evidence: Sequence[Evidence]) -> str:
    return headline([item for items in evidence for item in items])[0]


def test_both_deciding_claims_supported_is_a_no_in_the_words_of_the_claims() -> None:
    assert headline([*of("S1", S, S), *of("S2", S)]) == (
        "ICL is not gradient descent in m: it depends on order more than GD (S1), and agrees with itself more than "
        "with the best GD (S2).",
    )


def test_several_models_are_counted() -> None:
    both = [item for model in ("m", "n") for id in ("S1", "S2") for item in of(id, S, model=model)]
    assert headline(both)[0].startswith("ICL is not gradient descent in the 2 models under test: it depends")


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        (of("S1", S), "By S1 alone, ICL is not gradient descent in m: S1 is supported, S2 was not run."),
        ([*of("S1", R), *of("S2", R)], "Nothing speaks against ICL being gradient descent in m: S1 and S2 are "
         "refuted."),
        ([*of("S1", S), *of("S2", S, I)], "Whether ICL is gradient descent in m is open: S1 is supported, S2 is "
         "inconclusive."),
        ([*of("S1", S), *of("S2", R)], "Whether ICL is gradient descent in m is open: S1 is supported, S2 is refuted."),
        ([*of("S1", S), *of("S1", R, model="n"), *of("S2", S)],
         "Whether ICL is gradient descent in the 2 models under test is open: S2 is supported, S1 is mixed over "
         "models."),
        ([*of("S1", S), *of("S2", N)], "By S1 alone, ICL is not gradient descent in m: S1 is supported, S2 was not "
         "run."),
        ([*of("S1", N), *of("S2", N)], "Whether ICL is gradient descent was not measured: S1 and S2 were not run on a "
         "model under test."),
        ([], "Whether ICL is gradient descent was not measured: S1 and S2 were not run on a model under test."),
        (of("V1", S, paper="von Oswald et al., arXiv 2212.07677"), "Whether ICL is gradient descent was not measured: "
         "S1 and S2 were not run on a model under test."),
    ],
)  # fmt: skip
def test_the_first_sentence_follows_from_the_two_that_decide(evidence: list[Evidence], text: str) -> None:
    assert headline(evidence)[0] == text


def test_a_model_without_icl_says_so() -> None:
    blank = [replace(item, reason=NO_ICL) for item in (*of("S1", I, model="gpt2"), *of("S2", I, model="gpt2"))]
    assert headline(blank)[0] == "There is no ICL in gpt2 that could be gradient descent: S1 and S2 are inconclusive."


def test_controls_and_models_known_to_do_gd_answer_nothing() -> None:
    for model in ("untrained-m", "constructed-m"):
        assert first(of("S1", S, model=model), of("S2", S, model=model)).startswith("Whether ICL is gradient descent w")


def test_the_other_claims_of_the_paper_are_the_second_sentence() -> None:
    more = [*of("S1t", S), *of("S10", S), *of("S3", S), *of("S4", I), *of("S5", R)]
    elsewhere = of("X1", R, paper="Xie et al., arXiv 2111.02080")
    assert headline([*of("S1", S), *of("S2", S), *elsewhere, *more])[1:] == (
        "Of Shen et al.'s other claims, S1t, S3 and S10 are supported, S5 is refuted, S4 is inconclusive.",
    )


def test_where_the_answer_is_known_it_says_what_came_out() -> None:
    known = [
        *of("S1", R, model="constructed-a"),
        *of("S1", S, model="icl-objective-b"),
        *of("S2", R, model="constructed-a"),
    ]
    controls = [*of("S1", I, I, model="untrained-a"), *of("D1", S, model="untrained-a", paper="Dai et al.")]
    assert headline([*of("S1", S), *of("S2", S), *known, *controls])[-1] == (
        "Controls: where ICL is GD or near it, S1 is refuted, as it must be, on 1 of 2 models (supported on 1) and S2 "
        "on 1 of 1 model; on models without ICL, of 2 sub-claims about it none supported, as it must be."
    )
    wrong = [replace(item, expected=I) for item in of("S1", S, I, model="shuffled-a")]
    assert headline(wrong)[-1] == (
        "On models without ICL, of 2 sub-claims about it 1 supported, which must not be (S1); 1 verdict not as "
        "registered."
    )


def test_what_is_missing_is_said_first() -> None:
    unreached = replace(recorded(9, id="S3", verdict=N, reason=ENDED, model=""), paper=SHEN)
    assert first(of("S1", S, E), of("S2", S), [unreached]).startswith(
        "Incomplete run (of 4 sub-claims 1 in error and 1 never reached); whether ICL is gradient descent in m is open:"
    )
    part = [replace(item, family_size=3) for item in of("S1", S)]
    assert first(part, of("S2", S)) == (
        "A selection of sub-claims; whether ICL is gradient descent in m is open: S2 is supported, S1 is inconclusive."
    )


def test_the_sample() -> None:
    assert headline(sample_report().evidence) == (
        "Incomplete run (of 22 sub-claims 1 in error); a selection of sub-claims; whether ICL is gradient descent in "
        "ginc-llama-794k is open: S1 is inconclusive, S2 ended in an error.",
        "Of Shen et al.'s other claims, S1t, S2a and S4 are supported, S5 is refuted, S2n and S3 are inconclusive.",
        "On models without ICL, of 1 sub-claim about it none supported, as it must be; 2 verdicts not as registered.",
    )


@given(
    st.dictionaries(st.sampled_from(["S1", "S2", "S2a", "S5"]), st.lists(st.sampled_from([S, R, I, E, N]), max_size=3))
)
def test_no_is_never_said_against_a_verdict(verdicts: dict[str, list[Verdict]]) -> None:
    found = headline([item for id, each in verdicts.items() for item in of(id, *each)])
    assert 1 <= len(found) <= 3
    assert all(text.endswith(".") and ". " not in text.replace("et al.", "") for text in found)
    both = [verdict for id in ("S1", "S2") for verdict in verdicts.get(id, []) if verdict is not N]
    if found[0].startswith("ICL is not") or "alone, ICL is not" in found[0]:
        assert set(both) == {S}
    if "othing speaks against" in found[0]:
        assert R in both
