"""Numbers against numbers: which features survive a change of reader. Nothing here knows of outcomes."""

from nbradiomics.reproducibility.icc import IccResult, icc
from nbradiomics.reproducibility.stability import assess_reproducibility, ratings_array, read_stable

__all__ = ["IccResult", "assess_reproducibility", "icc", "ratings_array", "read_stable"]
