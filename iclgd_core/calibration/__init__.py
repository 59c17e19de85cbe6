"""The instruments on data whose truth is known: false verdicts, coverage of intervals, power, planted metrics.

Everything here is simulated; nothing that a claim measured enters.
"""
