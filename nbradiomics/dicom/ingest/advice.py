"""What a cohort of an ingest still asks its user to decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbradiomics.dicom.masks.rules import NUMBERED
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
    yield from _about_images(acquisition)
    drawn = cohort[cohort["mask"].astype(str) != ""]
    regions = drawn.groupby([*_SCAN, "reader"])["roi"].nunique()
    several = int((regions > 1).sum())
    if several:
        yield (
            f"{counted(several, 'scan')} with several regions of a reader: they are united unless --lesions "
            "(`lesions` in a study file) says otherwise."
        )
    yield from _about_readers(drawn)


def _about_images(acquisition: pd.DataFrame) -> Iterator[str]:
    kinds = sorted(set(acquisition["sequence"].astype(str)))
    if len(kinds) > 1:
        yield (
            f"{len(kinds)} sequences ({', '.join(kinds[:8])}{' ...' if len(kinds) > 8 else ''}): parameters "
            "of an extraction fit one kind of image, and are applied to all of the table. Ingest each kind "
            "into a folder of its own, by rules that name its sequences alone; for habitats, make the images "
            'of an examination channels of one scan (guide "Habitats").'
        )
    for sequence, units in acquisition.groupby("sequence")["units"]:
        counts = units.replace("", "not stated").value_counts().sort_index()
        if len(counts) > 1:
            yield (
                f"The images of {sequence} do not all have one unit "
                f"({', '.join(f'{unit}: {number}' for unit, number in counts.items())}): unless the values "
                "agree all the same, their features cannot be compared. See `units` in acquisition.csv, and "
                "choose images of one unit by rules."
            )


def _about_readers(drawn: pd.DataFrame) -> Iterator[str]:
    numbered = drawn[drawn["reader"].astype(str).str.fullmatch(NUMBERED)]
    scans = len(numbered[_SCAN].drop_duplicates())
    if scans:
        names = sorted(set(numbered["reader"]), key=lambda name: (len(name), name))
        yield (
            f"{counted(scans, 'scan')} with masks of unknown readers ({', '.join(names)}): a number is not a "
            "person, and may be another one in the next scan. For a comparison of readers, name them by "
            "rules (masks: readers:); `--list` shows what the files say."
        )
