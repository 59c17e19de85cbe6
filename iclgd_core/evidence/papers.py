"""The papers under test, and their order in reports."""

import re

from iclgd_core.evidence.claim import Source
from iclgd_core.evidence.natural_order import Natural, natural

SHEN = Source("Shen, Mishra, Khashabi", "2310.08540")
DAI = Source("Dai et al.", "2212.10559")
DEUTCH = Source("Deutch et al.", "2311.07772")
VON_OSWALD = Source("von Oswald et al.", "2212.07677")
AKYUREK = Source("Akyürek et al.", "2211.15661")
GARG = Source("Garg et al.", "2208.01066")
FU = Source("Fu et al.", "2310.17086")
XIE = Source("Xie et al.", "2111.02080")
FALCK = Source("Falck, Wang, Holmes", "2406.00793")
MIN = Source("Min et al.", "2202.12837")
OPEN = Source("Open questions of Shen, Mishra, Khashabi", "2310.08540")

PAPERS = (SHEN, VON_OSWALD, AKYUREK, GARG, FU, DAI, DEUTCH, XIE, FALCK, MIN, OPEN)
"""In the order of reports; claims of other papers come after these."""

ARXIV = re.compile(r"arXiv ([0-9]{4}\.[0-9]{4,5})")


def paper_rank(paper: str) -> tuple[int, str]:
    """Return a key that sorts papers: by name, or by arXiv number where the name is another; unknown ones come last."""
    names = [source.at("").paper for source in PAPERS]
    if paper in names:
        return names.index(paper), ""
    found = ARXIV.search(paper)
    numbers = [source.arxiv for source in PAPERS]
    if found and found[1] in numbers:
        return numbers.index(found[1]), paper
    return len(PAPERS), paper


def by_paper(paper: str, id: str) -> tuple[tuple[int, str], str, Natural]:
    """Return the key by which claims stand in reports and in the doctor: by paper, then by id."""
    return paper_rank(paper), paper, natural(id)
