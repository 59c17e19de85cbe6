"""The pages: made from the tables that they show, no longer than a reader bears, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

from fixtures.option_list import OPTIONS
from tests.option_page import options_markdown

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")),
)
KB = 1024
LONGEST = {"README.md": 12 * KB, "docs/results.md": 40 * KB}
PLACEHOLDER = re.compile(r"claims/mine|/(PAPER|NAME)\b")
"""Places that a reader is to fill in."""


def test_options_are_those_of_the_table() -> None:
    page = (ROOT / "docs/options.md").read_text(encoding="utf-8")
    assert page == options_markdown(), "write tests.option_page.options_markdown() to docs/options.md"
    assert all(f"`{option.flag}" in page for option in OPTIONS)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_no_longer_than_a_reader_bears(page: str) -> None:
    assert (ROOT / page).stat().st_size <= LONGEST.get(page, 20 * KB)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_file_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link and not link.startswith("#")]
    assert [link for link in links if not ((ROOT / page).parent / link.partition("#")[0]).exists()] == []
    named = re.findall(r"`((?:reports|iclgd_core|tests|claims|fixtures|benchmarks|docs|requirements)/[\w./-]+)`", text)
    assert [place for place in named if not PLACEHOLDER.search(place) and not (ROOT / place).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_heading_that_is_linked_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for place, anchor in re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", text):
        target = ((ROOT / page).parent / place) if place else ROOT / page
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in slugs, f"{page} links to {place}#{anchor}"


def test_nothing_of_a_machine_stands_in_a_page() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(work|tmp|root|home)/", text), page
