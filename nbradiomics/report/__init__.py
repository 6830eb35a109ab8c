"""The report of a run, and pages of single commands: self-contained HTML files made from their tables."""

from nbradiomics.report.build import build_report
from nbradiomics.report.model_card import write_model_card
from nbradiomics.report.paper import PaperExport, export_paper
from nbradiomics.report.prediction_pictures import explain_prediction

__all__ = ["PaperExport", "build_report", "explain_prediction", "export_paper", "write_model_card"]
