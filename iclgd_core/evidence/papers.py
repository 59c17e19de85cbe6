"""The papers under test, and their order in reports."""

from iclgd_core.evidence.claim import Source

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
