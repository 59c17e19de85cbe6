"""What a run collects: evidence from test reports, its header, its end and exit status."""
