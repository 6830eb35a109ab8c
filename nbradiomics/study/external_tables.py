"""Tables of an external cohort of a study, and the rows that the models use of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from nbradiomics.clinical import read_clinical_with_notes
from nbradiomics.study.external import ExternalCohort
from nbradiomics.study.study import Outcome
from nbradiomics.tables import NO_COLUMNS, RowsOfReader, read_feature_table


def read_external_features(cohort: ExternalCohort) -> tuple[pd.DataFrame, list[str]]:
    """Read the feature table of an external cohort; without a column `reading`, all rows are first readings.

    Returns
    -------
    table
        The table.
    notes
        Sentences about what was read differently from the file.

    Raises
    ------
    InputError
        When the file cannot be read.
    """
    table, notes = read_feature_table(cohort.features)
    return table if "reading" in table else table.assign(reading=1), notes


def read_external_clinical(
    cohort: ExternalCohort, columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[pd.DataFrame, list[str]]:
    """Read the clinical table of an external cohort, and notes about it.

    Parameters
    ----------
    cohort
        The external cohort.
    columns
        The user's name for the column `subject` of clinical tables, from `columns` of the study file.

    Raises
    ------
    InputError
        When the file cannot be read.
    """
    return read_clinical_with_notes(cohort.clinical, columns)


def rows_of_models(outcome: Outcome, *features: pd.DataFrame) -> RowsOfReader:
    """Rows that the models of a study use; the first reading if a table has several and none is named."""
    rows = outcome.part(RowsOfReader).changed(reader=outcome.reader)
    several = any(table["reading"].nunique() > 1 for table in features if "reading" in table)
    return rows.changed(reading=1) if rows.reading is None and several else rows
