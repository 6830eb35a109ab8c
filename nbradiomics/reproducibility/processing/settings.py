"""Settings of a processing study."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nbradiomics.reproducibility.settings import MINIMUM_SUBJECTS, LeastSubjects
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Confidence


class ProcessingSettings(Settings):
    """When a feature counts as stable against an alteration, and which masks are measured."""

    threshold: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.9,
        description="Minimum of the concordance correlation coefficient (CCC) of a stable feature.",
    )
    confidence: Confidence = Field(default=0.95, description="Confidence level of the intervals.")
    min_subjects: LeastSubjects = Field(
        default=MINIMUM_SUBJECTS,
        description="Minimum number of subjects with a value by both pipelines for a stable feature.",
    )
    reader: str | None = Field(default=None, description="Reader whose masks are measured, if several drew.")
    timepoint: str | None = Field(default=None, description="Timepoint to use, if the cohort has several.")
    sequence: str | None = Field(default=None, description="Sequence to use, if the cohort has several.")
    roi: str | None = Field(default=None, description="Region to use, if the cohort has several.")
    reading: int | None = Field(default=None, description="Reading to use, if the cohort has several.")
