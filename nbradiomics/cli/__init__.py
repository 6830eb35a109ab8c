"""The command line: parse, call, print. No logic."""

from nbradiomics.cli.entry import main

__all__ = ["main"]
