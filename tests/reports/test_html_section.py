"""The claims by paper: an index with a verdict each, sections that lead with it, and the numbers folded."""

import re
import shlex
from dataclasses import replace
from html import unescape

from iclgd_core.evidence.verdict import Verdict
from reports.document.report import Report
from reports.render.html import render_html
from reports.render.html.protocol import episodes_command
from reports.render.html.section import MOST_FINDINGS, chapters
from reports.render.html.words import UNTRAINED
from tests.reports.hostile import HOSTILE
from tests.reports.parsed_html import ParsedPage
from tests.reports.sample import sample_report
from tests.reports.sample_papers import papers_report
from tests.reports.strategies import found, recorded

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741
UNTRAINED_SETTING = {"learning_rate": 0.0, "epoch": 0}


class Unfolded(ParsedPage):
    """What is seen when a page is opened: text and pictures outside of what is folded, summaries apart."""

    def __init__(self, page: str) -> None:
        self.shown: list[str] = []
        self.pictures = 0
        super().__init__(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self.pictures += tag == "svg" and "details" not in self.open

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if "details" not in self.open and "style" not in self.open:
            self.shown.append(data)


def section_of(page: str, id: str) -> str:
    start = page.index(f'<section class="claim" id="claim-{id}">')
    return page[start : page.index("</section>", start)]


def test_the_index_has_every_claim_once_with_its_verdict_and_a_link() -> None:
    report = papers_report()
    page = render_html(report)
    index = page[page.index('<div class="index">') : page.index('class="note legend"', page.index('"index"'))]
    listed = re.findall(r'<li><a href="#claim-(\w+)" title="(\w+)"><span class="sign v-\w+">(.)</span>', index)
    assert [id for id, *_ in listed] == [one.id for chapter in chapters(report.evidence) for one in chapter.sections]
    assert ("S2", "supported", "✓") in listed
    assert ("D1", "refuted", "✗") in listed
    assert index.count("arXiv") == len(chapters(report.evidence))


def test_a_section_leads_with_its_verdict_and_how_it_combines_and_folds_the_rest() -> None:
    section = section_of(render_html(sample_report()), "S2n")
    lead = section[: section.index("<details")]
    assert lead.index('class="badge v-') < lead.index("S2n · ")
    assert "Holds if all its sub-claims hold." in lead
    assert '<a class="up" href="#claims">' in lead
    assert lead.count('class="bound"') == 1
    assert "<table" not in lead
    assert re.search(r'<details class="whole"><summary>3 sub-claims on 1 model</summary>', section)


def test_every_section_has_a_way_back_up() -> None:
    page = render_html(papers_report())
    heads = re.findall(r"<h2[^>]*>.*?</h2>", page)
    assert len(heads) > 4
    assert all('class="up"' in head for head in heads)
    claims = {item.id for item in papers_report().evidence}
    assert page.count('<a class="up" href="#claims">↑ all claims</a></h3>') == len(claims)


def test_little_is_unfolded_when_the_page_opens() -> None:
    report = sample_report()
    page = render_html(report)
    seen = Unfolded(page)
    claims = {item.id for item in report.evidence}
    assert seen.pictures <= 2 * MOST_FINDINGS * len(claims)
    assert seen.pictures < page.count("<svg") / 2
    assert page.count('class="verdicts"') == len({item.family for item in report.evidence})
    shown, whole = "".join(seen.shown), "".join(seen.text)
    for folded in ("p, Holm within the claim", "SHA-256 of the protocol", "refuted by", "versions"):
        assert folded not in shown
        assert folded in whole


def test_models_whose_answer_is_known_and_controls_are_folded_within_a_section() -> None:
    section = section_of(render_html(papers_report()), "S2")
    for title, model in (("2 controls without ICL", "untrained-llama-794k"), ("1 model on which", "constructed-gd-1")):
        start = section.index(f'<details class="others"><summary>{title}')
        assert section.index(f"<h4>{model}") > start
    assert section.index("<h4>ginc-llama-794k") < section.index('<details class="others">')


def test_where_the_best_gd_is_no_training_the_row_says_so() -> None:
    trained = recorded(1, found(), verdict=S)
    blank = replace(recorded(2, found(), verdict=S), details=UNTRAINED_SETTING)
    both = section_of(render_html(Report((trained, blank), {}, 2)), "S1")
    assert both.count(f'<span class="sub">{UNTRAINED}</span>') == 1
    assert both.index("size=2") < both.index(UNTRAINED)
    alone = section_of(render_html(Report((blank,), {}, 1)), "S1")
    assert f"({UNTRAINED})" in str(chapters([blank])[0].sections[0].findings[0].which)
    assert UNTRAINED in alone
    assert UNTRAINED not in section_of(render_html(Report((trained,), {}, 1)), "S1")


def test_sub_claims_without_training_are_counted_once_and_said_to_be() -> None:
    blanks = [
        replace(recorded(outcome=found(), verdict=S, id="S2"), params={"optimizer": name}, details=UNTRAINED_SETTING)
        for name in ("gd", "adam")
    ]
    (finding,) = chapters(blanks)[0].sections[0].findings
    assert finding.held == "1 supported (of 2; the best GD is no training in 2)"


def test_each_sub_claim_of_episodes_has_the_command_that_shows_them() -> None:
    report = sample_report()
    page = render_html(report)
    commands = [shlex.split(unescape(line)) for line in re.findall(r"<code>(iclgd episodes .*?)</code>", page)]
    items = [item for item in report.evidence if item.outcome is not None and item.outcome.unit == "episode"]
    assert len(commands) == len(items)
    assert shlex.split(episodes_command(items[0])) in commands
    assert commands[0][:3] == ["iclgd", "episodes", "S1"]
    exact = replace(recorded(outcome=replace(found(), unit="layer"), verdict=S))
    assert "iclgd episodes" not in render_html(Report((exact,), {}, 1))


def test_any_name_stays_one_argument_of_that_command() -> None:
    for text in HOSTILE.values():
        item = replace(recorded(), id=text, model=text, params={text: text})
        line = episodes_command(item)
        assert len(line.splitlines()) == 1
        assert [one for one in shlex.split(line)[3:] if one in ("--model", "--task", "--param")].count("--param") == 1


def test_the_verdict_over_the_run_is_shown_where_it_is_another() -> None:
    item = replace(recorded(outcome=found(), verdict=S), verdict_run=I)
    assert '<td class="l-over"><span class="badge v-inconclusive">' in render_html(Report((item,), {}, 1))
    assert '<td class="l-over">the same</td>' in render_html(Report((replace(item, verdict_run=S),), {}, 1))


def test_a_claim_on_many_models_opens_with_the_first_and_counts_the_others() -> None:
    items = tuple(recorded(outcome=found(), verdict=S, model=f"m{i}") for i in range(MOST_FINDINGS + 2))
    section = section_of(render_html(Report(items, {}, len(items))), "S1")
    assert section[: section.index("<details")].count('class="found-on"') == MOST_FINDINGS
    assert "and on 2 more models." in section
