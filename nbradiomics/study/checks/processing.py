"""Check the section `processing` of a study, before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.cohort.chosen_masks import chosen_rows
from nbradiomics.cohort.components import refuse_components
from nbradiomics.errors import InputError
from nbradiomics.features.extract import require_able
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.processing import ProcessingGrid, load_grid
from nbradiomics.features.processing.alteration import effective
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.study.checks.chosen_masks import few_subjects, unknown_training
from nbradiomics.study.checks.masks_to_come import masks_to_come, with_regions_to_come
from nbradiomics.study.processing import PROCESSING
from nbradiomics.study.study import Study


def check_processing(
    study: Study, table: pd.DataFrame, path: Path, parameters: Parameters | None
) -> list[Problem]:
    """List problems of the section: its grid, and the masks that it chooses.

    Parameters
    ----------
    study
        The study.
    table
        Its cohort table; empty if it cannot be read.
    path
        The study file.
    parameters
        Parameters of the extraction; ``None`` if they are invalid, which another check reports.
    """
    section = study.processing
    if section is None:
        return []
    problems = _check_grid(study, section.grid, path, parameters) if section.grid.is_file() else []
    if table.empty:
        return problems
    try:
        rows = chosen_rows(masks_to_come(study, table), section.masks, study.asked_lesions)
        refuse_components(with_regions_to_come(study, rows, table)["roi"])
    except InputError as error:
        return [*problems, problem_of(error, path, PROCESSING)]
    few = few_subjects(rows, section.min_subjects, path, PROCESSING)
    return [*problems, *few, *unknown_training(study, rows, path, PROCESSING)]


def _check_grid(study: Study, file: Path, path: Path, parameters: Parameters | None) -> list[Problem]:
    try:
        grid = load_grid(file)
        for one in (grid.reference, *(alteration.parameters for alteration in grid.alterations)):
            require_able(study.extract.engine, one)
    except InputError as error:
        return [problem_of(error, path, f"{PROCESSING}.grid")]
    return [] if parameters is None else _other_reference(grid, parameters, path)


def _other_reference(grid: ProcessingGrid, parameters: Parameters, path: Path) -> list[Problem]:
    """Warn of a reference that is not the pipeline of the study."""
    if effective(grid.reference) == effective(parameters):
        return []
    found = (
        f"the reference of the grid ({grid.reference.name}) has other settings than the extraction of the "
        f"study ({parameters.name}): the comparison is about other features than those of the study."
    )
    remedy = "Name the parameters of `extract` as the reference, unless this is intended."
    return [Problem(str(path), "", f"{PROCESSING}.grid", "warning", found, remedy)]
