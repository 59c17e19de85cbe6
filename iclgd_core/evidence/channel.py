"""Names of the user properties that carry evidence on a test report; values are `Evidence.to_wire`."""

CLAIM = "iclgd_claim"
"""Evidence without an outcome, sent after a claim's setup: which claim it is, should nothing else arrive."""

EVIDENCE = "iclgd_evidence"
"""What the test found."""
