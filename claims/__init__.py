"""What is claimed: one file a claim, a folder a paper."""
