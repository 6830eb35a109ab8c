"""The cohort: which images there are, who drew which mask on them, and which region a case has."""

from nbradiomics.cohort.cohort import (
    AUTOMATIC,
    Case,
    Channel,
    Cohort,
    CohortSource,
    Scan,
    load_cohort,
    scan_name,
)

__all__ = ["AUTOMATIC", "Case", "Channel", "Cohort", "CohortSource", "Scan", "load_cohort", "scan_name"]
