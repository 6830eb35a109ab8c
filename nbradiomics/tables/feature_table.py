"""Read feature tables of users, including PyRadiomics' own result tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables.columns import with_names
from nbradiomics.tables.features import DIAGNOSTICS, is_feature_name, require_different
from nbradiomics.tables.index import DESCRIPTIVE, INDEX
from nbradiomics.tables.rows import require_regions
from nbradiomics.tables.typed import is_row_number, read_raw, typed

#: Columns used for the subject in tables of PyRadiomics, which defines no such column.
SUBJECT_NAMES = ("subject", "id", "patient", "patientid", "patient_id", "case")


class FeatureTable(NamedTuple):
    """A feature table, and notes on what was read differently from the file."""

    table: pd.DataFrame
    notes: list[str]


def read_feature_table(path: str | Path) -> FeatureTable:
    """Read a feature table of any origin.

    The index columns are found regardless of capitals. PyRadiomics' own results are read without changes: the
    column of the subject may be ID, Patient, PatientID or Case (otherwise subjects are named after the image
    files), and several labels of an image become its regions (`roi`).

    Parameters
    ----------
    path
        File in any format that `read_text_table` reads.

    Raises
    ------
    InputError
        When the file cannot be read, features are in rows, or several columns could name the subject.
    """
    path = Path(path)
    raw, is_text = read_raw(path, "feature table")
    _require_cases_in_rows(raw, path)
    require_different(list(map(str, raw.columns)), str(path))
    raw, notes = with_names(raw, (*INDEX, *DESCRIPTIVE), where=str(path))
    if any(map(is_feature_name, raw.columns)):
        raw, more_notes = _of_pyradiomics(raw, path)
        notes += more_notes
    unnamed = [name for name in raw.columns if is_row_number(name)]
    if unnamed and "subject" not in raw:
        notes.append(
            "the first column has no name and is left out; call it subject if it names the subjects."
        )
    table = typed(raw, path) if is_text else raw
    require_regions(table, str(path))
    return FeatureTable(table.drop(columns=unnamed), notes)


def subject_column(columns: Sequence[str], where: str) -> str | None:
    """Column that names the subject in a table of PyRadiomics; `subject` itself has priority.

    Raises
    ------
    InputError
        When several columns could name the subject.
    """
    if "subject" in columns:
        return "subject"
    candidates = [name for name in columns if name.strip().casefold() in SUBJECT_NAMES]
    if len(candidates) > 1:
        raise InputError(
            f"{where}: {', '.join(map(repr, candidates))} could each name the subject.",
            "Rename the column that names the person to 'subject'.",
        )
    return candidates[0] if candidates else None


def subjects_of(images: Sequence[Path]) -> list[str]:
    """Name subjects after their image files, or after folder and file if file names repeat."""
    stems = [image.name.split(".")[0] for image in images]
    # `patient1/image.nrrd`, `patient2/image.nrrd`: the file name alone would merge two subjects.
    if len(set(stems)) < len(set(images)):
        return [f"{image.parent.name}_{stem}" for image, stem in zip(images, stems, strict=True)]
    return stems


def _of_pyradiomics(raw: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Find the subject of PyRadiomics' rows, and turn several labels into regions."""
    notes = []
    subject = subject_column(list(map(str, raw.columns)), str(path))
    if subject is not None and subject != "subject":
        raw = raw.rename(columns={subject: "subject"})
        notes.append(f"{subject!r} is read as 'subject'.")
    elif subject is None and {"Image", "Mask"} <= set(raw.columns):
        raw = raw.assign(subject=subjects_of([Path(str(image)) for image in raw["Image"]]))
        notes.append("no column names the subject: the name of the image file is used.")
    if "Label" in raw.columns and "roi" not in raw.columns and raw["Label"].nunique() > 1:
        raw = raw.assign(roi=raw["Label"].astype(str))
        notes.append("'Label' has several values and is read as 'roi'.")
    return raw, notes


def _require_cases_in_rows(raw: pd.DataFrame, path: Path) -> None:
    first = [str(cell) for cell in raw[raw.columns[0]]] if len(raw.columns) else []
    named = [cell for cell in first if is_feature_name(cell) or cell.startswith(DIAGNOSTICS)]
    if named and 2 * len(named) >= len(first):
        raise InputError(
            f"{path}: features are in rows ({named[-1]} for example); a row for each case and a column for "
            "each feature were expected.",
            "Transpose the table (pandas: table.set_index(table.columns[0]).T), and name the subjects.",
        )
