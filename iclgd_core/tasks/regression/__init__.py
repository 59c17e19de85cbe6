"""In-context regression: real-valued demonstrations and queries, function classes, and their tasks by name."""
