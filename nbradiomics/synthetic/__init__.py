"""Synthetic cohort with known truth: MR-like images, simulated readers, two sites, random outcomes.

No image shows a real person. The cohort serves to try every step of the toolkit without patient data, and to
check whether a step finds the known truth.
"""

from nbradiomics.synthetic.case import PhantomCase, make_case
from nbradiomics.synthetic.cohort import is_another_cohort, make_cohort
from nbradiomics.synthetic.diffusion import Diffusion
from nbradiomics.synthetic.readers import READERS, Reader, draw_contour
from nbradiomics.synthetic.scanners import SCANNERS, Scanner
from nbradiomics.synthetic.tumour import Tumour, draw_tumour

__all__ = [
    "READERS",
    "SCANNERS",
    "Diffusion",
    "PhantomCase",
    "Reader",
    "Scanner",
    "Tumour",
    "draw_contour",
    "draw_tumour",
    "is_another_cohort",
    "make_case",
    "make_cohort",
]
