"""The section `prepare` of a study file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.files.names import absolute_path
from nbradiomics.preparation.jobs import prepared_variant
from nbradiomics.preparation.settings import Preparation, is_steps_file

if TYPE_CHECKING:
    import pandas as pd

#: Name of the section, and of the folder of its results.
PREPARE, PREPARED = "prepare", "prepared"


class Prepare(Preparation):
    """Preparation of the images before they are segmented and measured."""


def with_files_in(section: Prepare, folder: Path) -> Prepare:
    """Return the section with absolute paths of its files, which are relative to a folder."""
    changes: dict[str, object] = {}
    if is_steps_file(section.steps):
        changes["steps"] = str(absolute_path(folder, section.steps))
    if section.landmarks is not None:
        changes["landmarks"] = absolute_path(folder, section.landmarks)
    return section.model_copy(update=changes)


def files_of_preparation(section: Prepare | None) -> dict[str, Path]:
    """Return the files that the section names, by its keys."""
    if section is None:
        return {}
    steps = {"steps": Path(section.steps)} if is_steps_file(section.steps) else {}
    landmarks = {} if section.landmarks is None else {"landmarks": section.landmarks}
    return {**steps, **landmarks}


def as_prepared(section: Prepare | None, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a cohort table as they will be after the preparation, with the same line numbers.

    Parameters
    ----------
    section
        The section; ``None`` changes nothing.
    table
        Cohort table. Its images are still the originals.
    """
    if section is None or table.empty:
        return table
    beside = [roi for roi in (section.body_roi, section.reference_roi) if roi is not None]
    kept = ~(table["roi"].isin(beside) & (table["mask"] != ""))
    if section.sequences is not None:
        kept &= table["sequence"].isin(section.sequences)
    rows = table[kept]
    return rows.assign(variant=[prepared_variant(name, section.chain) for name in rows["variant"]])
