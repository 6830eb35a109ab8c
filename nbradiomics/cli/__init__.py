"""The command line parses arguments, calls the package and prints results; it contains no logic."""

from nbradiomics.cli.entry import main

__all__ = ["main"]
