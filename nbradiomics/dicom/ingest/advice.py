"""What a cohort of an ingest still asks its user to decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbradiomics.messages.wording import counted

if TYPE_CHECKING:
    import pandas as pd

_SCAN = ["subject", "timepoint", "sequence"]


def advice_on(cohort: pd.DataFrame, acquisition: pd.DataFrame) -> Iterator[str]:
    """What would give features that look right without being it.

    Parameters
    ----------
    cohort
        Cohort table of the ingest.
    acquisition
        Table of the images.
    """
    kinds = sorted(set(acquisition["sequence"].astype(str)))
    if len(kinds) > 1:
        yield (
            f"{len(kinds)} sequences ({', '.join(kinds[:8])}{' ...' if len(kinds) > 8 else ''}): parameters "
            "of an extraction fit one kind of image, and are applied to all of the table. Ingest each kind "
            "into a folder of its own, by rules that name its sequences alone."
        )
    drawn = cohort[cohort["mask"].astype(str) != ""]
    regions = drawn.groupby([*_SCAN, "reader"])["roi"].nunique()
    several = int((regions > 1).sum())
    if several:
        yield (
            f"{counted(several, 'scan')} with several regions of a reader: they are united unless --lesions "
            "(`lesions` in a study file) says otherwise."
        )
