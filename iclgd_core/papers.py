"""The papers under test."""

from iclgd_core.evidence import Source

SHEN = Source("Shen, Mishra, Khashabi", "2310.08540")
OSWALD = Source("von Oswald et al.", "2212.07677")
XIE = Source("Xie et al.", "2111.02080")
