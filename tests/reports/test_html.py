"""The HTML page: self-contained, safe with any text, complete, and the same for the same report."""

import base64
import hashlib
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.document.report import Report, report_of
from reports.render.html import render_html
from reports.render.html.words import anchors
from reports.render.papers import paper_link
from tests.reports.golden import check_golden
from tests.reports.hostile import HOSTILE, hostile_report
from tests.reports.parsed_html import ParsedPage
from tests.reports.sample import sample_report
from tests.reports.strategies import evidence, recorded
from tests.waiting import HANG

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def text_of(page: str) -> str:
    return " ".join("".join(ParsedPage(page).text).split())


def test_the_sample_is_as_it_was() -> None:
    check_golden("index.html", render_html(sample_report()))


def test_the_page_is_a_function_of_the_report() -> None:
    assert render_html(sample_report()) == render_html(sample_report())


@settings(max_examples=40, deadline=None)
@given(st.lists(evidence(), max_size=4), st.integers(0, 3))
def test_any_report_gives_a_page_that_parses(items: list[Evidence], lost: int) -> None:
    page = render_html(report_of(with_verdicts(items), {}, max(0, len(items) - lost)))
    page.encode()
    parsed = ParsedPage(page)
    assert parsed.faults == []
    assert len(set(parsed.ids)) == len(parsed.ids)
    assert {address[1:] for address in parsed.addresses if address.startswith("#")} <= set(parsed.ids)


def test_hostile_text_stays_text() -> None:
    page = render_html(hostile_report())
    page.encode()
    parsed = ParsedPage(page)
    assert parsed.faults == []
    assert "<canary" not in page
    text = "".join(parsed.text)
    for name in ("script", "image", "attribute", "style end", "cdata", "jinja", "rich", "entities"):
        assert HOSTILE[name] in text, name
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


def test_the_parser_of_these_tests_sees_what_it_must() -> None:
    """The check itself can fail: each of these is found."""
    for bad in (
        "<script></script>", "<p onclick='x'></p>", "<img src=x>", "<a href='javascript:1'>x</a>", "<b><i></b></i>",
        "<p>", "<a href='https://arxiv.org/abs/1\"2'>x</a>", "<!-- x -->", "<meta http-equiv='refresh'>",
        "<p style='x'></p>",
    ):  # fmt: skip
        assert ParsedPage(bad).faults, bad
    assert ParsedPage("<p>a<br>b</p><a href='https://arxiv.org/abs/2310.08540'>x</a>").faults == []


def test_the_policy_lets_nothing_but_our_style_sheet_through() -> None:
    page = render_html(sample_report())
    policy = ParsedPage(page).policy
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome is installed")
def test_a_browser_runs_and_loads_nothing(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(render_html(hostile_report()), encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=2000", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, timeout=HANG, check=True,
    )  # fmt: skip
    dom = done.stdout.decode()
    assert ParsedPage(dom).faults == []
    assert "<title>iclgd: is in-context learning gradient descent?</title>" in dom
    assert dom.count("<h1>") == 1
    assert HOSTILE["script"] in "".join(ParsedPage(dom).text)


def test_each_claim_has_a_section_with_all_that_a_reviewer_asks_for() -> None:
    report = sample_report()
    page = render_html(report)
    for id in {item.id for item in report.evidence}:
        section = page[page.index(f'<section class="claim" id="claim-{id}">') :]
        section = text_of(section[: section.index("</section>")] + "</section>")
        items = [item for item in report.evidence if item.id == id]
        for item in items:
            assert item.statement in section
            assert item.where in section
            assert item.refuted_by in section
            assert item.rule_sha256 in section
            assert item.node_id in section
            assert item.reason in section
            assert " ".join(item.text.split()) in section
            assert (item.outcome is None) or (item.outcome.rule in section)
        assert f"pytest {items[0].node_id.split('::')[0]}" in section


def test_sub_claims_are_sorted_by_the_size_of_their_numbers() -> None:
    page = render_html(sample_report())
    section = page[page.index('id="claim-S2n">') :]
    found = re.findall(r'<span class="param">demonstrations=([0-9]+)</span>', section)
    assert found == ["32", "128", "512"]


def test_both_corrections_stand_side_by_side() -> None:
    sample = sample_report()
    item = next(item for item in sample.evidence if item.id == "S1" and item.params["optimizer"] == "gd")
    odd = replace(item, p_adjusted=0.0123, p_run=0.4567, verdict_run=Verdict.INCONCLUSIVE)
    page = text_of(render_html(Report((odd,), {}, 1)))
    assert "0.012" in page
    assert "0.46" in page
    assert re.search(r"0\.012\s*0\.46\s*\? inconclusive", page)


def test_the_closure_and_why_it_is_undefined() -> None:
    item = next(item for item in sample_report().evidence if item.id == "S2a")
    assert "0.021 [-0.01, 0.05]" in text_of(render_html(Report((item,), {}, 1)))
    without = replace(item, details={"closure": None, "closure_undefined": "floor and ceiling do not differ"})
    assert "undefined: floor and ceiling do not differ" in text_of(render_html(Report((without,), {}, 1)))


def test_the_ledger_has_every_reason_once_and_the_lost_tests() -> None:
    page = render_html(sample_report())
    ledger = text_of(page[page.index('<section id="ledger">') : page.index('<section id="provenance">')])
    assert "1 test of 22 left no evidence" in ledger
    for reason in ("diverged on evaluation episode 3", "needs at least 4 sizes", "no ICL: accuracy", "one unit"):
        assert ledger.count(reason) == 1, reason
    assert "about 103 episodes" not in ledger


def test_a_run_without_gaps_says_so() -> None:
    page = render_html(Report(tuple(with_verdicts([recorded(verdict=Verdict.SUPPORTED)])), {}, 1))
    assert "left no evidence" not in page
    whole = next(item for item in sample_report().evidence if item.id == "S3")
    assert "Everything that was collected ran and was judged." in render_html(Report((whole,), {}, 1))


def test_the_provenance_has_the_whole_header() -> None:
    page = text_of(render_html(sample_report()))
    provenance = page[page.rindex("Provenance") :]
    for part in (
        "0123456789abcdef0123456789abcdef01234567", "uncommitted changes yes", "2026-01-02T03:04:05+00:00",
        "2.13.0+cpu", "unknown", "--iclgd-seed 0", "none: the built-in set", "ab" * 32, "Linux-6.1", "quick",
    ):  # fmt: skip
        assert part in provenance.replace("yes", " yes").replace("seed", "seed ").replace("  ", " "), part


def test_an_empty_report_is_a_page() -> None:
    page = render_html(Report((), {}, 0))
    assert ParsedPage(page).faults == []
    assert "Whether ICL is gradient descent was not measured" in text_of(page)


@pytest.mark.parametrize(
    ("paper", "address"),
    [
        ("Shen, arXiv 2310.08540", "https://arxiv.org/abs/2310.08540"),
        ("Shen, arXiv 2310.08540v2", "https://arxiv.org/abs/2310.08540v2"),
        ("Shen, arXiv 2310.08540\n", ""),
        ("Shen, arXiv 2310.0854٠", ""),
        ('Shen, arXiv 2310.08540"', ""),
        ("Shen, arXiv ../x", ""),
        ("", ""),
    ],
)
def test_only_an_arxiv_number_becomes_a_link(paper: str, address: str) -> None:
    assert paper_link(paper) == address


@given(st.lists(st.text(max_size=4)))
def test_anchors_are_harmless_and_differ(names: list[str]) -> None:
    found = anchors(names)
    assert set(found) == set(names)
    assert len(set(found.values())) == len(found)
    assert all(re.fullmatch(r"claim-[A-Za-z0-9-]+", anchor) for anchor in found.values())


def test_anchors_that_collide_with_a_counted_one() -> None:
    assert sorted(anchors(["a", "a-2", "a ", "a  "]).values()) == ["claim-a", "claim-a-2", "claim-a-3", "claim-a-4"]
