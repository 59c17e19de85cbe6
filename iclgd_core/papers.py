"""The papers under test."""

from iclgd_core.evidence import Source

SHEN = Source("Shen, Mishra, Khashabi", "2310.08540")
