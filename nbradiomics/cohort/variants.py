"""Variants in a cohort table: which tasks need one image for each scan, and which rows are the originals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.cohort.cohort import Cohort
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import tally
from nbradiomics.tables import ORIGINAL

if TYPE_CHECKING:
    import pandas as pd

_SCAN = ["subject", "timepoint", "sequence"]


def require_one_variant(table: pd.DataFrame, path: Path, task: str) -> None:
    """Refuse a cohort with several variants of a scan, each of which would count as another scan.

    Parameters
    ----------
    table, path
        The cohort table and its file.
    task
        What cannot be done, such as ``a segmentation``, for the message.
    """
    scans = table[[*_SCAN, "variant"]].drop_duplicates()
    if not scans.duplicated(_SCAN).any():
        _require_one_of_a_sequence(scans, path, task)
        return
    names = sorted(set(scans.loc[scans.duplicated(_SCAN, keep=False), "variant"]) - {ORIGINAL})
    shown = ", ".join(names[:3]) + (", ..." if names[3:] else "")
    raise InputError(
        f"{path} has scans with several variants ({shown}), each with its own image or mask; {task} needs "
        "one variant of each scan.",
        "Give the cohort table from which the variants were made, or keep the rows of one variant.",
    )


def _require_one_of_a_sequence(scans: pd.DataFrame, path: Path, task: str) -> None:
    """Refuse images of one sequence of which some are prepared and others not, or prepared otherwise."""
    for sequence, variants in scans.groupby("sequence", sort=True)["variant"]:
        if variants.nunique() > 1:
            counts = tally((str(name), int(count)) for name, count in variants.value_counts().items())
            raise InputError(
                f"{path} has images of sequence {sequence} in several variants, one for each scan: {counts}; "
                f"{task} needs images that were prepared alike.",
                "Prepare all images alike, or keep the rows of one variant.",
            )


def require_originals(table: pd.DataFrame, path: Path, task: str) -> None:
    """Refuse a cohort with any variant, for a task that gives masks to others as those of the original.

    The parameters are those of `require_one_variant`.
    """
    others = sorted(set(table["variant"]) - {ORIGINAL})
    if others:
        shown = ", ".join(others[:3]) + (", ..." if others[3:] else "")
        raise InputError(
            f"{path} has {len(others)} variant(s) of its images or masks ({shown}); {task} needs the "
            "originals alone.",
            "Give the cohort table from which the variants were made.",
        )


def as_originals(cohort: Cohort, task: str) -> Cohort:
    """Name the only variant of each scan `ORIGINAL`, as what new variants are made from.

    The images of a prepared cohort are such originals. The parameters and errors are those of
    `require_one_variant`.
    """
    require_one_variant(cohort.table, cohort.path, task)
    return replace(cohort, table=cohort.table.assign(variant=ORIGINAL))


def base_rows(table: pd.DataFrame) -> pd.Series:
    """Mark the rows of a table that are no variants of other rows: `ORIGINAL`, or the scan's only variant.

    Parameters
    ----------
    table
        Columns subject, timepoint, sequence and variant; empty ones count as equal.
    """
    variants = table.groupby(_SCAN, dropna=False, observed=True)["variant"].transform("nunique")
    return (table["variant"] == ORIGINAL) | (variants == 1)
