"""The report of a run, and pages of single commands: self-contained HTML files made from their tables."""

from nbradiomics.report.build import build_report

__all__ = ["build_report"]
