"""What the tests of tables share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.agreement_table import checked_rows
from nbradiomics.cohort.columns import DEFAULTS
from tests.support.agreement_rows import cohort_of, simulated

SETTINGS = ReaderStudySettings()


def rows_of(*rows, metric="dice"):
    return checked_rows(pd.DataFrame([line for part in rows for line in part]), metric)


def masks_of(rows):
    """A cohort table of masks: (subject, reader, kind, minutes)."""
    lines = [
        {**DEFAULTS, "subject": subject, "reader": reader, "reference_kind": kind, "minutes": minutes}
        for subject, reader, kind, minutes in rows
    ]
    return pd.DataFrame(lines).assign(mask="mask.nii.gz", image="image.nii.gz")


def one(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def grouped():
    table = simulated(0, subjects=24)
    number = table["subject"].str[1:].astype(int)
    table["dice"] = np.where(number < 12, table["dice"], table["dice"] - 0.2)
    cohort = cohort_of(table)
    cohort["site"] = np.where(cohort["subject"].str[1:].astype(int) < 12, "Leiden", "Valencia")
    ages = pd.DataFrame({"subject": [f"s{n:03}" for n in range(24)], "age": np.arange(24) + 0.5})
    ages["stage"] = ["I", "II", "III"] * 8
    ages.loc[0, "stage"] = None
    return table, cohort, ages
