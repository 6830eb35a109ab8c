"""Numbers against numbers: which features survive a change of reader. Nothing here knows of outcomes."""

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
