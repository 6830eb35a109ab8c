"""Feature tables as users have them, PyRadiomics' own result table among them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables.columns import with_names
from nbradiomics.tables.features import DIAGNOSTICS, is_pyradiomics_name, require_different
from nbradiomics.tables.index import INDEX
from nbradiomics.tables.typed import is_row_number, read_raw, typed

#: Columns that people use for the subject in tables of PyRadiomics, which have none of their own.
SUBJECT_NAMES = ("subject", "id", "patient", "patientid", "patient_id", "case")


class FeatureTable(NamedTuple):
    """A feature table, and what was read otherwise than it stands there."""

    table: pd.DataFrame
    notes: list[str]


def read_feature_table(path: str | Path) -> FeatureTable:
    """Read a feature table of any origin.

    The index columns are found whatever their capitals. PyRadiomics' own result is taken as it is: its
    subject may be called ID, Patient, PatientID or Case, or is named after the image file, and several labels
    of an image are its regions (`roi`).

    Parameters
    ----------
    path
        File of any kind that `read_text_table` reads.

    Raises
    ------
    InputError
        When it cannot be read, features stand in rows, or several columns could name the subject.
    """
    path = Path(path)
    raw, is_text = read_raw(path, "feature table")
    _require_cases_in_rows(raw, path)
    require_different(list(map(str, raw.columns)), str(path))
    raw, notes = with_names(raw, INDEX, where=str(path))
    if any(map(is_pyradiomics_name, raw.columns)):
        raw, found = _of_pyradiomics(raw, path)
        notes += found
    unnamed = [name for name in raw.columns if is_row_number(name)]
    if unnamed and "subject" not in raw:
        notes.append(
            "the first column has no name and is left out; call it subject if it names the subjects."
        )
    table = typed(raw, path) if is_text else raw
    return FeatureTable(table.drop(columns=unnamed), notes)


def subject_column(columns: Sequence[str], where: str) -> str | None:
    """Column of a table of PyRadiomics that names the subject; `subject` itself counts before all others.

    Raises
    ------
    InputError
        When several could.
    """
    if "subject" in columns:
        return "subject"
    found = [name for name in columns if name.strip().casefold() in SUBJECT_NAMES]
    if len(found) > 1:
        raise InputError(
            f"{where}: {', '.join(map(repr, found))} could each name the subject.",
            "Call the one that names the person 'subject'.",
        )
    return found[0] if found else None


def subjects_of(images: Sequence[Path]) -> list[str]:
    """Name subjects after their image files, or after folder and file where the names repeat."""
    stems = [image.name.split(".")[0] for image in images]
    # `patient1/image.nrrd`, `patient2/image.nrrd`: the name alone would make one subject of two.
    if len(set(stems)) < len(set(images)):
        return [f"{image.parent.name}_{stem}" for image, stem in zip(images, stems, strict=True)]
    return stems


def _of_pyradiomics(raw: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Find the subject of PyRadiomics' rows, and make regions of several labels."""
    notes = []
    subject = subject_column(list(map(str, raw.columns)), str(path))
    if subject is not None and subject != "subject":
        raw = raw.rename(columns={subject: "subject"})
        notes.append(f"{subject!r} is read as 'subject'.")
    elif subject is None and {"Image", "Mask"} <= set(raw.columns):
        raw = raw.assign(subject=subjects_of([Path(str(image)) for image in raw["Image"]]))
        notes.append("no column names the subject: the name of the image file is taken.")
    if "Label" in raw.columns and "roi" not in raw.columns and raw["Label"].nunique() > 1:
        raw = raw.assign(roi=raw["Label"].astype(str))
        notes.append("'Label' holds several labels and is read as 'roi'.")
    return raw, notes


def _require_cases_in_rows(raw: pd.DataFrame, path: Path) -> None:
    first = [str(cell) for cell in raw[raw.columns[0]]] if len(raw.columns) else []
    named = [cell for cell in first if is_pyradiomics_name(cell) or cell.startswith(DIAGNOSTICS)]
    if named and 2 * len(named) >= len(first):
        raise InputError(
            f"{path}: features stand in rows ({named[-1]} among them); a row for each case and a column for "
            "each feature were expected.",
            "Turn rows and columns around (pandas: table.set_index(table.columns[0]).T); name the subjects.",
        )
