"""Claims, outcomes, verdicts and their way to a report: what reports know of the core, but for errors and safety."""
