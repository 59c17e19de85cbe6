"""What is shown: evidence in, terminal table and JSON out. Uses only the evidence types of `iclgd_core`."""
