"""Where a paper stands in a report, and what they report beside what was measured here."""

import re

from iclgd_core.evidence.papers import PAPERS, SHEN, paper_rank
from iclgd_core.evidence.record import Evidence

LINKED = re.compile(r"arXiv ([0-9]{4}\.[0-9]{4,5}(?:v[0-9]{1,2})?)\Z")
"""The end of a paper's name that is a link: nothing but digits reaches the address."""

LONGEST = 120


def says_no(paper: str) -> bool:
    """Return whether all claims of a paper are, in one way or another, that ICL is not gradient descent."""
    return paper_rank(paper)[0] == PAPERS.index(SHEN)


def paper_link(paper: str) -> str:
    """Return the address of a paper whose name ends in an arXiv identifier, else nothing.

    >>> paper_link("Shen, arXiv 2310.08540"), paper_link('x arXiv 1"onclick')
    ('https://arxiv.org/abs/2310.08540', '')
    """
    found = LINKED.search(paper)
    return f"https://arxiv.org/abs/{found[1]}" if found else ""


def paper_value(item: Evidence) -> str:
    """Return the number that the paper reports for what was measured, as text; empty where none is known."""
    value = item.details.get("paper_value")
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:.4g}"
    return value[:LONGEST] if isinstance(value, str) else ""


def deviation(item: Evidence) -> str:
    """Return why the setting differs from the paper's, in a line; empty where nothing is recorded."""
    value = item.details.get("deviation")
    return value if isinstance(value, str) else ""
