"""Subcommands of `iclgd` that compute."""
