"""Reproducibility of features between readers. Outcomes are not used here."""

from nbradiomics.reproducibility.icc import IccResult, icc
from nbradiomics.reproducibility.settings import MINIMUM_SUBJECTS, StabilitySettings
from nbradiomics.reproducibility.stability import (
    CAUTION_BELOW,
    assess_reproducibility,
    ratings_array,
    read_stable,
)
from nbradiomics.reproducibility.wording import LIMITS, rests_on, stable_text, training_sentences

__all__ = [
    "CAUTION_BELOW",
    "LIMITS",
    "MINIMUM_SUBJECTS",
    "IccResult",
    "StabilitySettings",
    "assess_reproducibility",
    "icc",
    "ratings_array",
    "read_stable",
    "rests_on",
    "stable_text",
    "training_sentences",
]
