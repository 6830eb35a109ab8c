"""Settings of correlation clusters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nbradiomics.reproducibility.settings import MINIMUM_SUBJECTS, LeastSubjects
from nbradiomics.settings import Settings

Correlation = Annotated[float, Field(gt=0, le=1)]


class ClusterSettings(Settings):
    """Which features form a cluster."""

    threshold: Correlation = Field(
        default=0.9,
        description="Mean absolute Spearman correlation that two clusters need to be joined to one.",
    )
    min_subjects: LeastSubjects = Field(
        default=MINIMUM_SUBJECTS,
        description="Minimum number of subjects with both features for their correlation.",
    )
