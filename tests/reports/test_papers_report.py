"""A report with claims of many papers: the table of accounts opens it, papers stand in order, with their numbers."""

import re

import pytest
from rich.text import Text

from iclgd_core.evidence.papers import OPEN, PAPERS, SHEN, paper_rank
from reports.document.json_report import json_text
from reports.document.report import document
from reports.document.validation import CLAIMS, problem
from reports.render.html import render_html
from reports.render.html.section import chapters
from reports.render.markdown import render_markdown
from reports.render.markdown_text import LIMIT
from reports.render.papers import paper_value, says_no
from reports.render.terminal import render_claims
from tests.reports.golden import check_golden
from tests.reports.hostile import hostile_report
from tests.reports.parsed_html import ParsedPage
from tests.reports.sample_papers import claimed, papers_report

OPENING = "How far each account goes"


def test_golden() -> None:
    report = papers_report()
    check_golden("papers.html", render_html(report))
    check_golden("papers.md", render_markdown(report))
    widths = (60, 100, 200)
    drawn = [f"width {width}\n\n{render_claims(report.evidence, 17, width, False, 1)}" for width in widths]
    check_golden("papers.txt", "\n".join(drawn))
    check_golden("papers_adjudication.json", json_text({"adjudication": document(report)["adjudication"]}))


def test_the_page_opens_with_the_accounts_and_names_every_number() -> None:
    page = render_html(papers_report())
    parsed = ParsedPage(page)
    assert parsed.faults == []
    assert page.index("</h1>") < page.index('id="accounts"') < page.index('id="claims"')
    first = page[page.index('id="accounts"') : page.index('id="claims"')]
    for text in ("<b>0.62</b>", "[0.58, 0.67]", "No ICL", "not measured", "by prediction distance", "<sup>1</sup>"):
        assert text in first, text
    assert 'title="from S2, n = 96"' in first
    assert first.index("</table>") < first.index('class="found"') < first.index("<details>")
    assert page.count('class="cell ') == 18


def test_markdown_opens_with_the_accounts_before_what_is_not_as_expected() -> None:
    text = render_markdown(papers_report())
    assert text.index(OPENING) < text.index("**By Token Overlap, Bayes") < text.index("## Not as expected")
    assert text.index("## As expected") < text.index("## Deviations from") < text.index("### By bounded overlap cosine")
    assert "| D1 \\[account=gd\\] | ginc-llama-794k, ginc-k8 | **refuted**, expected supported | 0.21" in text
    assert re.search(r"^\| D1 .* \| 0\.85 \|$", text, re.M)
    assert "- G1: 5 dimensions and 98k weights for 20 and 22M" in text


def test_a_short_summary_leaves_the_accounts_out_rather_than_what_is_not_as_expected() -> None:
    report = papers_report()
    whole = render_markdown(report, LIMIT)
    short = render_markdown(report, 4000)
    assert OPENING in whole
    assert OPENING not in short
    assert "## Not as expected" in short


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 220])
def test_the_terminal_has_the_whole_table_of_accounts_where_all_is_shown(width: int) -> None:
    report = papers_report()
    text = render_claims(report.evidence, 17, width, colour=False, verbosity=1)
    assert max(Text(line).cell_len for line in text.splitlines()) <= width
    table = text[text.index("How far each") : text.index("By Token")]
    for value in ("0.62", "[0.58, 0.67]", "-0.62", "1.00", "0.71"):
        assert value in table, value
    assert " ".join(table.split()).count("Bayes that knows") >= 1
    assert "No ICL on shuffled-llama-794k, ginc-k8; untrained-llama-794k, ginc-k8." in " ".join(table.split())


def test_by_default_the_terminal_has_a_sentence_of_accounts_on_models_under_test() -> None:
    report = papers_report()
    text = " ".join(render_claims(report.evidence, 17, 100, colour=False).split())
    assert OPENING not in text
    assert (
        "accounts of ICL: on models under test full-batch GD goes -0.05 to 0.07 of the way from zero-shot to ICL; "
        "nearest to ICL is Bayes that knows the prompt's structure by Token Overlap (5 of 5 models), Bayes that knows "
        "the prompt's structure by bounded overlap cosine (5 of 5), Bayes that knows the prompt's structure by "
        "Jensen-Shannon (4 of 4)."
    ) in text
    assert "accounts" not in render_claims(report.evidence, 17, 100, colour=False, verbosity=-1)
    known = [item for item in report.evidence if item.model.startswith("constructed")]
    assert "accounts" not in render_claims(known, 17, 100, colour=False)


def test_the_document_fits_its_schema_with_and_without_the_adjudication() -> None:
    whole = document(papers_report())
    assert problem(whole, CLAIMS) == ""
    assert problem({name: value for name, value in whole.items() if name != "adjudication"}, CLAIMS) == ""
    assert problem(document(hostile_report()) | {"run": whole["run"]}, CLAIMS) == ""
    odd = {**whole, "adjudication": {"sentence": "x"}}
    assert "'no_icl' is a required property" in problem(odd, CLAIMS)


def test_papers_stand_in_their_order_each_with_its_claims() -> None:
    found = chapters(papers_report().evidence[::-1])
    assert [chapter.paper for chapter in found] == [source.at("").paper for source in PAPERS]
    (shen,) = found[0].sections
    assert [(group.title, [part.subject.split(",")[0] for part in group.parts]) for group in shen.groups] == [
        ("", ["ginc-gptj-829k", "ginc-llama-3.1m", "ginc-llama-794k"]),
        ("1 model on which ICL is GD, or near it: 1 refuted", ["constructed-gd-1"]),
        ("2 controls without ICL: 2 inconclusive", ["shuffled-llama-794k", "untrained-llama-794k"]),
    ]
    (garg,) = next(chapter.sections for chapter in found if "Garg" in chapter.paper)
    assert garg.deviations == ("5 dimensions and 98k weights for 20 and 22M",)
    assert garg.groups[0].parts[0].lines[0].cited == "0.02"


def test_a_paper_is_known_by_its_name_or_its_number() -> None:
    assert PAPERS[0] == SHEN
    assert PAPERS[-1] == OPEN
    assert says_no("Shen, arXiv 2310.08540")
    assert says_no(SHEN.at("").paper)
    assert not says_no(OPEN.at("").paper)
    assert not says_no("Xie et al., arXiv 2111.02080")
    assert paper_rank("mine") > paper_rank(OPEN.at("").paper)
    assert len({paper_rank(source.at("").paper) for source in PAPERS}) == len(PAPERS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12345, "0.1235"),
        (3, "3"),
        ("LCGD 0.283", "LCGD 0.283"),
        (None, ""),
        (True, ""),
        ([1], ""),
        ("x" * 999, "x" * 120),
    ],
)
def test_the_papers_number_is_a_number_or_a_short_text(value: object, text: str) -> None:
    assert paper_value(claimed("D1", SHEN.at(""), "m", "t", paper_value=value)) == text  # type: ignore[arg-type]
