"""Processing grid: alterations of a reference pipeline, and the features of a cohort with each of them."""

from nbradiomics.features.processing.alteration import Alteration, ProcessingGrid
from nbradiomics.features.processing.extract import extract_grid
from nbradiomics.features.processing.grid_file import load_grid

__all__ = ["Alteration", "ProcessingGrid", "extract_grid", "load_grid"]
