"""Figures, tables and a methods section for a paper, from the folder of outcome models."""

from nbradiomics.report.paper.export import PaperExport, export_paper

__all__ = ["PaperExport", "export_paper"]
