"""The report of a run, and pages of single commands: self-contained HTML files made from their tables."""

from nbradiomics.report.build import build_report
from nbradiomics.report.paper import PaperExport, export_paper

__all__ = ["PaperExport", "build_report", "export_paper"]
