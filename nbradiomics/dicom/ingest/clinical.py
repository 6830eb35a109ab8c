"""A clinical table of a hospital for an ingested cohort: Patient IDs become pseudonyms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from nbradiomics.clinical.dates import is_date
from nbradiomics.clinical.inference import Kind, infer_kind
from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.dicom.pseudonyms import Pseudonyms, load_pseudonyms
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import is_regular
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import counted
from nbradiomics.tables.cells import read_text_table
from nbradiomics.tables.result import Result

_SUBJECT = "subject"
_SHOWN = 5
#: Share of a column's cells that are Patient IDs, or of its texts that occur once only, as free text does.
_MOST = 0.5
_FEWEST_TEXTS = 5


@dataclass(frozen=True, repr=False)
class IngestedClinical(Result):
    """Result of `ingest_clinical`.

    Attributes
    ----------
    table
        One row per patient: ``subject`` and the columns that were asked for.
    without_row
        Subjects of the cohort that the table lacks.
    without_image
        Number of rows whose patient is not in the cohort; they stay in the table.
    left_out
        Columns of the hospital's table that were not asked for.
    """

    table: pd.DataFrame
    without_row: list[str]
    without_image: int
    left_out: list[str]


def ingest_clinical(
    table: str | Path,
    *,
    patients: str,
    keep: Sequence[str],
    key: str | Path,
    cohort: str | Path,
    acquisition: Sequence[str] = (),
) -> IngestedClinical:
    """Replace the Patient IDs of a clinical table by the subjects of an ingested cohort.

    Parameters
    ----------
    table
        Table of the hospital with one row per patient, in any format that the other commands read.
    patients
        Its column with the Patient IDs, written as in the DICOM files.
    keep
        Columns to keep; all others are left out, because they may name a person.
    key
        Key file of the ingest.
    cohort
        Cohort table of the ingest.
    acquisition
        Columns of the table ``acquisition.csv`` beside the cohort table to add, such as ``vendor``.

    Raises
    ------
    InputError
        When a column is missing, a Patient ID is missing or stands twice, a column to keep holds dates, free
        text or Patient IDs, no patient is in the cohort, or the images of a subject differ in an
        `acquisition` column.

    Examples
    --------
    >>> key, cohort = "../safe/ingest.key", "ingested/cohort.csv"
    >>> done = ingest_clinical(
    ...     "hospital.csv", patients="mrn", keep=["age", "stage"], key=key, cohort=cohort
    ... )
    >>> done.table.columns.tolist()
    ['subject', 'age', 'stage']
    """
    path, known = Path(table), load_cohort(cohort)
    raw = read_text_table(path)
    _require_columns(raw, [patients, *keep], path)
    if not keep:
        others = ", ".join(name for name in raw.columns if name != patients)
        raise InputError(f"No column of {path} is kept.", f"Name those to keep (--keep): {others}.")
    ids = _patient_ids(raw, patients, path)
    for name in keep:
        _require_harmless(raw[name], name, ids, path)
    pseudonyms = _existing_key(Path(key), Path(cohort).parent)
    subjects = [pseudonyms.name(_SUBJECT, one) for one in ids]
    done = _result(raw, subjects, list(dict.fromkeys(keep)), known)
    if done.without_image == len(ids):
        raise InputError(
            f"No patient of {path} is a subject of {cohort}.",
            "Give the key file of its ingest, and the column that holds the Patient IDs as in the DICOM "
            f"files (now {patients}; a spreadsheet may have removed zeros at the beginning).",
        )
    left = [name for name in raw.columns if name not in {patients, *keep}]
    return replace(_with_acquisition(done, acquisition, known), left_out=left)


def _require_columns(raw: pd.DataFrame, names: Sequence[str], path: Path) -> None:
    for name in names:
        if name not in raw.columns:
            raise InputError(
                f"{path} has no column {name!r}.",
                f"{did_you_mean(name, raw.columns)}Its columns are {', '.join(raw.columns)}.",
            )


def _patient_ids(raw: pd.DataFrame, column: str, path: Path) -> list[str]:
    """Patient IDs, each once and none empty; messages name lines, since the IDs name patients."""
    ids = raw[column].str.strip()
    for wrong, problem in ((ids == "", "without a Patient ID"), (ids.duplicated(), "repeating a Patient ID")):
        if number := int(wrong.sum()):
            lines = ", ".join(str(line + 2) for line in raw.index[wrong][:_SHOWN])
            more = ", ..." if number > _SHOWN else ""
            raise InputError(
                f"{path}, column {column!r}: {counted(number, 'row')} {problem} (lines {lines}{more}).",
                "Give one row for each patient.",
            )
    return list(ids)


def _require_harmless(cells: pd.Series, name: str, ids: Sequence[str], path: Path) -> None:
    """Refuse a column that may name a person; its cells are not shown."""
    texts = cells.str.strip()
    filled = texts[texts != ""]
    kind = infer_kind(texts)
    counts = filled.value_counts()
    once = int((counts == 1).sum())
    if kind is Kind.DATE or filled.map(is_date).any():
        problem, remedy = "holds dates", "Replace them by ages or numbers of days, or leave the column out."
    elif list(texts) == list(ids) or (kind is not Kind.NUMERIC and filled.isin(ids).mean() > _MOST):
        problem, remedy = "holds Patient IDs", "Leave the column out."
    elif kind is Kind.IDENTIFIER or (
        kind is Kind.CATEGORICAL and once >= _FEWEST_TEXTS and once > _MOST * len(counts)
    ):
        problem, remedy = "looks like names or free text", "Replace it by codes, or leave the column out."
    else:
        return
    raise InputError(f"{path}: the column {name!r} {problem}, which may identify patients.", remedy)


def _existing_key(key: Path, out: Path) -> Pseudonyms:
    if not is_regular(key):
        raise InputError(f"The key file {key} does not exist.", "Give the key file of the ingest.")
    return load_pseudonyms(key, out)


def _result(
    raw: pd.DataFrame, subjects: Sequence[str], keep: Sequence[str], cohort: Cohort
) -> IngestedClinical:
    table = raw[list(keep)].reset_index(drop=True)
    if _SUBJECT in table:
        raise InputError("The column 'subject' cannot be kept.", "It becomes the pseudonym: rename yours.")
    table.insert(0, _SUBJECT, subjects)
    table = table.sort_values(
        _SUBJECT, ignore_index=True
    )  # the order of the hospital's table says who is who
    known = set(cohort.table[_SUBJECT])
    without_row = sorted(known.difference(subjects))
    return IngestedClinical(table, without_row, sum(one not in known for one in subjects), [])


def _with_acquisition(done: IngestedClinical, names: Sequence[str], cohort: Cohort) -> IngestedClinical:
    """Add columns of the acquisition table; a subject without images has empty cells."""
    if not names:
        return done
    path = cohort.path.parent / "acquisition.csv"
    raw = read_text_table(path)
    _require_columns(raw, [_SUBJECT, *names], path)
    table = done.table
    for name in dict.fromkeys(names):
        if name in table:
            raise InputError(f"Both tables have a column {name!r}.", "Keep only one of them.")
        differing = int((raw.groupby(_SUBJECT)[name].nunique() > 1).sum())
        if differing:
            raise InputError(
                f"{path}: the images of {counted(differing, 'subject')} differ in {name!r}.",
                "Leave this column out, or write it into the clinical table for the image that you mean.",
            )
        values = raw.drop_duplicates(_SUBJECT).set_index(_SUBJECT)[name]
        table = table.assign(**{name: table[_SUBJECT].map(values).fillna("")})
    return replace(done, table=table)
