"""The methods section of a paper, from what a summary records: nothing is stated that was not done."""

from nbradiomics.report.paper.methods.section import UNKNOWN, methods_section

__all__ = ["UNKNOWN", "methods_section"]
