"""Subcommands of `iclgd` that read saved reports."""
