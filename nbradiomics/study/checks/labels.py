"""Warnings about the labels of a cohort: an overruled parameter file, and labels that are not read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.cohort import Cohort
from nbradiomics.cohort.mask_labels import survey_labels
from nbradiomics.execution.execution import Execution
from nbradiomics.features.extract import label_note, resolve_label
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.messages.problem import Problem
from nbradiomics.tables import AUTO


def overruled_labels(parameters: Parameters, table: pd.DataFrame, path: Path, column: str) -> list[Problem]:
    """Warn if rows of readers name a different label than the parameter file; the label of the row is used.

    Parameters
    ----------
    parameters, table
        The parameters, and the cohort table.
    path, column
        File and key to name in the warnings.
    """
    manual = table[(table["mask"] != "") & (table["reader"] != AUTO)]
    notes = [label_note(parameters, label) for label in sorted(set(manual["label"]) - {""}, key=str)]
    remedy = "If the label of the table is correct, no change is needed; otherwise remove it from the table."
    return [Problem(str(path), "", column, "warning", note, remedy) for note in notes if note]


def warn_of_labels(
    cohort: Cohort,
    params: str | Path | None = None,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> list[Problem]:
    """Read the masks of a cohort and return all warnings about labels.

    Parameters
    ----------
    cohort
        The cohort with the masks.
    params
        Parameter file or preset that may name the label; ``None`` if the stage uses none.
    execution
        As in `features.extract_cohort`.
    """
    parameters = load_parameters({} if params is None else params)
    label = int(resolve_label(parameters, None))
    found = survey_labels(cohort.table, cohort.path, label=label, execution=execution)
    return [*overruled_labels(parameters, cohort.table, cohort.path, "label"), *found]
