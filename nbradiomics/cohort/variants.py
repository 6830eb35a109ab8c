"""Variants in a cohort table: which tasks need the originals alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.errors import InputError
from nbradiomics.tables import ORIGINAL

if TYPE_CHECKING:
    import pandas as pd


def require_originals(table: pd.DataFrame, path: Path, task: str) -> None:
    """Refuse a cohort with variants, each of which would count as another scan of its subject.

    Parameters
    ----------
    table, path
        The cohort table and its file.
    task
        What cannot be done, such as ``a segmentation``, for the message.
    """
    others = sorted(set(table["variant"]) - {ORIGINAL})
    if others:
        shown = ", ".join(others[:3]) + (", ..." if others[3:] else "")
        raise InputError(
            f"{path} has {len(others)} variant(s) of its images or masks ({shown}); {task} needs the "
            "originals alone.",
            "Give the cohort table from which the variants were made.",
        )
