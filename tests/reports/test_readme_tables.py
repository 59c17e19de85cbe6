"""Tables of a README, made from a report: each paper's claims, with verdicts, numbers and deviations."""

from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.suite.command import main
from reports.document.json_report import write
from reports.document.partial import unfinished
from reports.document.report import Report, ReportError, document
from reports.render.readme import accounts_markdown, claims_markdown, filled
from tests.reports.finished import finished
from tests.reports.hostile import hostile_report
from tests.reports.sample_papers import claimed, papers_report

MARKED = "# x\n<!-- iclgd:claims -->\nold\n<!-- /iclgd:claims -->\nkept\n"


def table_of(items: list[tuple[Verdict, float]], paper_value: str = "", deviation: str = "") -> str:
    """Return the row of a claim with a sub-claim for each verdict and estimate, all as registered."""
    rows = []
    for i, (verdict, estimate) in enumerate(items):
        item = claimed("S2", SHEN.at(""), "ginc-a", "t", verdict, paper_value=paper_value, deviation=deviation)
        assert item.outcome is not None
        outcome = replace(item.outcome, estimate=estimate)
        rows.append(replace(item, params={"account": f"a{i}"}, outcome=outcome, verdict=verdict, expected=verdict))
    text = claims_markdown(Report(tuple(rows), {}, len(rows)))
    return next(line for line in text.splitlines() if line.startswith("| S2"))


S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


def test_a_claim_has_one_verdict_and_its_sub_claims_are_counted() -> None:
    row = table_of([(S, 0.1), (S, 0.3), (R, -0.2), (I, 0.05)])
    counts = "supported (2 of 4); refuted (1 of 4): a2; inconclusive (1 of 4): a3"
    assert f"| refuted | ginc-a, t | {counts} | -0.2 to 0.3 |" in row
    assert "| supported | ginc-a, t | supported | 0.1 \\[0.15, 0.28\\] |" in table_of([(S, 0.1)])
    assert "| supported | ginc-a, t | supported (3) |" in table_of([(S, 0.1)] * 3)


def test_the_papers_number_stands_beside_ours_and_the_deviation_once_below() -> None:
    assert table_of([(S, 0.1), (S, 0.2)], paper_value="0.5", deviation="smaller model").endswith("| 0.5 |")
    items = [claimed(id, SHEN.at(""), "ginc-a", "t", deviation="smaller model") for id in ("S2", "S1")]
    text = claims_markdown(Report(tuple(items), {}, 2))
    assert text.count("smaller model") == 1
    assert text.endswith("Settings that differ: S1, S2: smaller model.")


def test_a_verdict_that_is_not_registered_is_told() -> None:
    text = claims_markdown(papers_report())
    row = "| D1 | Rec2FTP is above chance. | refuted | ginc-llama-794k, ginc-k8 | refuted (1 not as registered) |"
    assert row in text


def test_papers_in_order_controls_below() -> None:
    text = claims_markdown(papers_report())
    heads = [line for line in text.splitlines() if line.startswith("**[")]
    assert heads[0] == "**[Shen, Mishra, Khashabi, arXiv 2310.08540](https://arxiv.org/abs/2310.08540)**"
    assert len(heads) == 11
    assert (
        "Controls without ICL (shuffled-llama-794k, untrained-llama-794k): of 2 sub-claims none is supported." in text
    )
    assert "Where ICL is GD, or near it: S2 refuted on constructed-gd-1." in text


def test_what_is_supported_on_a_control_is_named() -> None:
    trained, control = (claimed("S2", SHEN.at(""), model, "t") for model in ("ginc-a", "untrained-a"))
    text = claims_markdown(Report((trained, replace(control, verdict=S)), {}, 2))
    assert "(untrained-a): of 1 sub-claim supported: S2 on untrained-a." in text


def test_only_what_is_between_the_marks_changes() -> None:
    text = filled(MARKED, papers_report())
    assert text.startswith("# x\n<!-- iclgd:claims -->\nMade by `iclgd report --readme` from a run of 17 claim tests")
    assert text.endswith("\n<!-- /iclgd:claims -->\nkept\n")
    assert "old" not in text
    assert filled(text, papers_report()) == text
    both = filled(MARKED + "<!-- iclgd:accounts --><!-- /iclgd:accounts -->", papers_report())
    assert accounts_markdown(papers_report()) in both


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- iclgd:claims -->",
        "<!-- /iclgd:claims --><!-- iclgd:claims -->",
        MARKED + MARKED,
        "<!-- iclgd:other --><!-- /iclgd:other -->",
    ],
)
def test_a_readme_without_a_place_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="the README"):
        filled(text, papers_report())


def test_hostile_text_is_text() -> None:
    found = MarkdownIt("commonmark").enable("table").parse(claims_markdown(hostile_report()))
    tokens = [one for token in found for one in (token, *(token.children or []))]
    assert not [token for token in tokens if token.type in ("html_inline", "html_block", "image")]
    links = {str(token.attrs["href"]) for token in tokens if token.type == "link_open"}
    assert all(link.startswith("https://arxiv.org/abs/2") for link in links)


PART: Json = {"paths": ["claims/dai"], "filters": []}
WHOLE: Json = {"paths": ["claims"], "filters": []}
ELSEWHERE: Json = {"paths": ["my_claims", "claims/dai"], "filters": []}
INSTALLED: Json = {"paths": ["../site/iclgd_core/suite/claims"], "filters": []}
PART_OF_INSTALLED: Json = {"paths": ["../site/iclgd_core/suite/claims/dai"], "filters": []}
FILTERED: Json = {"paths": ["claims"], "filters": ["-k"]}


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"complete": False}, "0 of 17 claim tests ended in an error, 0 recorded nothing"),
        ({"deselected": 3}, "3 tests were left out"),
        ({"deselected": 3, "selection": FILTERED}, "3 tests were left out; it was run with -k"),
        ({"selection": PART}, "it ran claims/dai alone"),
        ({"selection": ELSEWHERE}, "it ran my_claims, claims/dai alone"),
        ({"selection": PART_OF_INSTALLED}, "it ran ../site/iclgd_core/suite/claims/dai alone"),
        ({"deselected": 0, "selection": INSTALLED}, ""),
        ({"deselected": 0, "selection": {"paths": [""], "filters": []}}, ""),
        ({"deselected": 0, "selection": WHOLE}, ""),
        ({"deselected": None}, ""),
    ],
)
def test_tables_are_made_of_whole_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], header: dict[str, Json], why: str
) -> None:
    """A part would take away the rows that it lacks; only who asks for that gets it."""
    write(document(finished(papers_report(), **header)), tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(MARKED)
    command = ["report", str(tmp_path), "--readme", str(readme)]
    assert main(command) == (2 if why else 0)
    told = " ".join(capsys.readouterr().err.split())
    assert (readme.read_text() == MARKED) is bool(why)
    assert not why or f"the tables would lack the rest: {why} (--force-partial overrules that)." in told
    assert main([*command, "--force-partial"]) == 0
    assert "Rec2FTP" in readme.read_text()


def test_errors_and_parts_of_families_are_partial_too() -> None:
    item = claimed("S2", SHEN.at(""), "ginc-a", "t", Verdict.ERROR)
    report = finished(Report((replace(item, family_size=3, verdict=Verdict.ERROR),), {}, 1))
    assert unfinished(report) == [
        "1 of 1 claim tests ended in an error, 0 recorded nothing",
        "it is a selection with 1 of 3 sub-claims of S2 on ginc-a, t",
    ]


def test_named_models_and_tasks_stand_beside_the_numbers() -> None:
    options: Json = {"given": {}, "resolved": {"models": ["gpt2"], "tasks": ["sst2", "cb"]}}
    text = claims_markdown(finished(papers_report(), options=options))
    assert ", device cpu, models gpt2, tasks sst2, cb; intervals" in text


def test_the_command_fills_a_readme_and_refuses_what_it_cannot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(document(finished(papers_report())), tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(MARKED)
    assert main(["report", str(tmp_path), "--readme", str(readme)]) == 0
    assert "Rec2FTP" in readme.read_text()
    assert main(["report", str(tmp_path), "--readme", str(tmp_path / "none.md")]) != 0
    for wrong in (["--recover"], ["--out", str(tmp_path)], ["--accept"]):
        assert main(["report", str(tmp_path), "--readme", str(readme), *wrong]) != 0
    readme.write_text("no marks")
    assert main(["report", str(tmp_path), "--readme", str(readme)]) != 0
    assert "marks no section" in capsys.readouterr().err
