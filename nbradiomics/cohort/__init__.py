"""The cohort: its images, the masks of its readers, and the region of each case."""

from nbradiomics.cohort.cohort import (
    AUTOMATIC,
    Case,
    Channel,
    Cohort,
    CohortSource,
    Scan,
    load_cohort,
)
from nbradiomics.cohort.names import scan_name, subject_of

__all__ = [
    "AUTOMATIC",
    "Case",
    "Channel",
    "Cohort",
    "CohortSource",
    "Scan",
    "load_cohort",
    "scan_name",
    "subject_of",
]
