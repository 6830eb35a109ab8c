"""Site of each scan of a cohort; a subject may have scans of several sites."""

from __future__ import annotations

from collections.abc import Mapping

from nbradiomics.cohort.cohort import Cohort
from nbradiomics.cohort.columns import SCAN

#: Site of a scan by subject, timepoint and sequence.
Sites = Mapping[tuple[str, ...], str]


def sites_of(cohort: Cohort) -> Sites:
    """Return the site of each scan, as far as the cohort table states it."""
    stated = cohort.table[cohort.table["site"] != ""].drop_duplicates(list(SCAN))
    return dict(zip(stated[list(SCAN)].itertuples(index=False, name=None), stated["site"], strict=True))
