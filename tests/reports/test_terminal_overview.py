"""By default the terminal has one line a claim, what is not as registered, and reasons by kind."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.render.headline import headline
from reports.render.terminal import render_claims
from tests.reports.golden import check_golden
from tests.reports.hostile import hostile_report
from tests.reports.sample import NO_ICL, sample_report
from tests.reports.sample_papers import papers_report
from tests.reports.strategies import evidence, found, recorded

S, R, I, E, N = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_RUN  # noqa: E741
WIDTHS = (40, 60, 77, 78, 80, 100, 120, 200)


def drawn(items: Sequence[Evidence], width: int = 120, verbosity: int = 0) -> str:
    return render_claims(items, len(items), width, colour=False, verbosity=verbosity)


def words(text: str) -> str:
    return " ".join(text.split())


def settled(
    size: int, p: float = 0.001, id: str = "S1", model: str = "ginc-llama-794k", expected: Verdict = S
) -> Evidence:
    """Return evidence with numbers, of a claim in few words."""
    item = recorded(size, replace(found(p, 1.0 - p), sd=0.5, distance=0.125), id=id, model=model, expected=expected)
    return replace(item, brief="ICL depends on order more than GD")


def row(text: str, id: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if id in line.split()[:2])


def test_golden() -> None:
    report = sample_report()
    check_golden("overview.txt", "\n".join(f"width {n}\n\n{drawn(report.evidence, n)}" for n in (40, 80, 120)))


def test_a_line_a_claim_under_its_paper() -> None:
    items = with_verdicts([replace(settled(i), family_size=3) for i in range(3)])
    lines = drawn(items).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Shen, arXiv"))
    assert lines[at] == "Shen, arXiv 2310.08540  1 supported"
    assert lines[at + 2] == " S1 ICL depends on order more than GD supported 0.25 [0.12, 0.38]"
    assert sum("0.25 [" in line for line in lines) == 1


def test_papers_have_the_order_of_reports_and_claims_that_of_their_ids() -> None:
    text = drawn(papers_report().evidence)
    names = ("Shen,", "von Oswald", "Akyürek", "Garg", "Fu", "Dai", "Deutch", "Xie", "Falck", "Min", "Open")
    starts = [text.index(f"\n{name}") for name in names]
    assert starts == sorted(starts)
    assert text.count("\n  S2 ") == 1


def test_it_opens_with_the_first_sentences_of_the_headline() -> None:
    report = sample_report()
    first, second, _ = headline(report.evidence)
    for verbosity in (-1, 0, 1):
        assert words(drawn(report.evidence, 100, verbosity)).startswith(f"{first} {second} ")


def test_a_claim_on_several_models_says_on_how_many() -> None:
    items = with_verdicts([settled(0, p, model=model) for p, model in ((0.001, "m"), (0.001, "n"), (0.3, "o"))])
    assert row(drawn(items), "S1")[-5:] == ["mixed", "2/3", "0.25", "[0.12,", "0.38]"]
    assert "supported ×2" in drawn(items[:2])
    assert "mixed k/n: supported on k of n" in drawn(items[:2])
    assert "mixed k/n" not in drawn(items[:1])


def test_sub_claims_that_chose_no_training_are_counted_in_the_line_of_their_claim() -> None:
    still: dict[str, Json] = {"learning_rate": 0.0, "epoch": 0}
    items = with_verdicts([replace(settled(i), details=still if i else {}, family_size=3) for i in range(3)])
    assert "°2/3" in next(row for row in drawn(items).splitlines() if "ICL depends on order more than GD" in row)
    assert "°k/n: in k of n sub-claims the most favourable GD is no training." in drawn(items)
    assert "°" not in drawn(items[:1])


def test_what_is_not_as_registered_is_listed_at_any_verbosity() -> None:
    items = [
        *(replace(settled(i, 0.999, id="S2"), family_size=3) for i in range(3)),
        *(recorded(i, verdict=E, reason="ValueError: the same", id=id) for i in range(2) for id in ("S3", "S4")),
        settled(9, 0.999, id="S5"),
        settled(9, 0.999, id="S6", expected=R),
    ]
    for verbosity in (-1, 0, 1):
        text = words(drawn(with_verdicts(items), 200, verbosity))
        assert "! S2 (3 sub-claims) on ginc-llama-794k: refuted (expected supported) !" in text
        assert "! S3, S4 (4 sub-claims) on ginc-llama-794k: error (expected supported): ValueError: the same" in text
        assert "! S5 [size=9] on ginc-llama-794k, ginc-k5: refuted (expected supported): 0.25 [0.125, 0.375]" in text
        assert "! S6" not in text
    marked = [line.split()[1] for line in drawn(with_verdicts(items), 200).splitlines() if line.startswith("! S")]
    assert marked[:4] == ["S2", "S3", "S4", "S5"]


def test_several_reasons_of_one_claim_are_one_line() -> None:
    items = with_verdicts([replace(settled(i, 0.3, id="S2"), family_size=2) for i in range(2)])
    items.append(replace(items[0], params={"size": "9"}, reason=""))
    (line,) = [line for line in drawn(items, 200).splitlines() if line.startswith("! S2 (")]
    assert line == ("! S2 (3 sub-claims) on ginc-llama-794k: inconclusive (expected supported): too few episodes")


def test_what_was_not_run_has_its_reason() -> None:
    items = [recorded(i, verdict=N, expected=N, reason="no second size", id=id) for i in (1, 2) for id in ("S4", "X7")]
    assert "not run: S4, X7 (4 sub-claims) on ginc-llama-794k: no second size\n" in drawn(items)


def test_open_verdicts_are_put_together_by_reason_on_models_under_test() -> None:
    items = with_verdicts(
        [
            *(replace(settled(i, p, expected=I), family_size=2) for i, p in enumerate((0.3, 0.4))),
            *(recorded(i, verdict=I, expected=I, reason=f"no trend: {i} sizes", id="S4") for i in range(3)),
            recorded(7, verdict=I, expected=I, reason="all at once (n = 3)", id="S7"),
        ]
    )
    outcome = items[0].outcome
    needed = 0 if outcome is None else outcome.needed
    lines = drawn(items, 200).splitlines()
    assert "inconclusive: no trend: S4 (3 sub-claims) on ginc-llama-794k" in lines
    assert f"inconclusive: too few episodes (2 sub-claims; needed for all / now): S1 {needed}/20" in lines
    assert "inconclusive: all at once (n = 3): S7 [size=7] on ginc-llama-794k, ginc-k5" in lines
    assert not any(line.startswith("!") for line in lines)


def test_tests_of_which_only_the_name_is_known_are_listed_and_have_no_line() -> None:
    node = "claims/shen/test_s2.py::test_it_is_so[m-k5]"
    unknown = replace(recorded(0, verdict=N, reason="the run ended", id=node, model=""), statement="", paper="")
    text = drawn(with_verdicts([settled(0), unknown]), 200)
    assert text.count(node) == 1
    assert f"! {node} [size=0] on ginc-k5: not run (expected supported): the run ended" in text
    assert "no paper" not in text


def test_controls_are_one_block_with_counted_reasons() -> None:
    control = [
        recorded(i, verdict=I, expected=I, reason=NO_ICL, model=model)
        for i, model in enumerate(("untrained-a", "shuffled-a"))
    ]
    identity = replace(settled(4, id="D1", model="untrained-a"), paper="Dai et al.")
    known = [
        settled(5, 0.999, model="constructed-a", expected=R),
        settled(6, 0.3, model="icl-objective-b", expected=I),
        settled(7, 0.999, id="S2", model="constructed-a", expected=R),
    ]
    lines = drawn(with_verdicts([settled(0), *control, identity, *known]), 200).splitlines()
    assert [line for line in lines if line.startswith("controls:")] == [
        "controls: where ICL is GD or near it, S1 is refuted, as it must be, on 1 of 2 models (inconclusive on "
        "icl-objective-b) and S2 on 1 of 1 model",
        "controls: on models without ICL, of 2 sub-claims about it none supported, as it must be; D1 need none",
        "controls: inconclusive on these: 2 no ICL, 1 too few episodes",
    ]
    assert not any(line.startswith("inconclusive:") for line in lines)


def test_a_supported_control_is_no_small_matter() -> None:
    text = drawn(with_verdicts([settled(0), settled(1, model="untrained-a", expected=I)]), 200)
    assert "on models without ICL, of 1 sub-claim about it 1 supported, which must not be (S1)" in text
    assert "! S1 [size=1] on untrained-a, ginc-k5: supported (expected inconclusive): 0.25" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_and_says_every_verdict(width: int) -> None:
    for report in (sample_report(), papers_report(), hostile_report()):
        text = drawn(report.evidence, width)
        assert max(Text(line).cell_len for line in text.splitlines()) <= width
        assert all(c == "\n" or c.isprintable() or c in "\ufffe\uffff\ufdd0\u3000" for c in text)
    items = with_verdicts([settled(0)])
    assert "ICL depends on order more than GD supported 0.25 [0.12, 0.38]" in words(drawn(items, 78))
    for part in ("ICL depends", "supported", "0.25 [0.12, 0.38]"):
        assert part in drawn(items, width)


def test_a_whole_run_is_short_however_many_sub_claims_it_has() -> None:
    many = [replace(settled(i, 1e-6, f"S{n}"), family_size=20) for n in range(1, 86) for i in range(20)]
    assert len(drawn(with_verdicts(many), 100).splitlines()) <= 100


def test_without_a_claim_as_registered_only_counts_and_the_answer_are_left_when_quiet() -> None:
    assert drawn(with_verdicts([settled(0)]), 120, -1) == (
        "By S1 alone, ICL is not gradient descent in ginc-llama-794k: S1 is supported, S2 was not run.\n\n"
        "1 claim tests: 1 supported; 1 as expected, 0 not; 1 with evidence.\n"
    )


@given(st.lists(evidence(), max_size=6), st.integers(20, 200), st.sampled_from([-1, 0, 1]))
def test_any_evidence_can_be_drawn_at_any_width(items: list[Evidence], width: int, verbosity: int) -> None:
    text = drawn(with_verdicts(items), width, verbosity)
    assert max(Text(line).cell_len for line in text.splitlines()) <= max(40, width)
    assert all(c == "\n" or c.isprintable() for c in text)
