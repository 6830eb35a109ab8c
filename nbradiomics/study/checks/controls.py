"""Check the section `controls` of a study, before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.features.controls.extract import SINGLE_MASKS
from nbradiomics.features.controls.unchanged import unchanged_sentences
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.single_masks import require_single_masks
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.study.checks.masks_to_come import masks_to_come
from nbradiomics.study.controls import CONTROLS
from nbradiomics.study.study import Study
from nbradiomics.tables import select


def check_controls(
    study: Study, table: pd.DataFrame, path: Path, parameters: Parameters | None
) -> list[Problem]:
    """List problems of the section: without outcome models, masks or features that a control can change.

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
    if study.controls is None:
        return []
    if study.outcome is None:
        found = "negative controls are compared by outcome models, and the study has no section `outcome`."
        remedy = (
            "Write the section `outcome`, or leave out `controls`; the command `controls` makes them alone."
        )
        return [Problem(str(path), "", CONTROLS, "error", found, remedy)]
    problems = _check_reader(study, study.outcome.reader, table, path)
    if parameters is not None:
        try:
            require_single_masks(parameters, SINGLE_MASKS)
        except InputError as error:
            problems.append(problem_of(error, path, "extract.params"))
        remedy = "Choose another control, or parameters with features that it changes."
        problems += [
            Problem(str(path), "", f"{CONTROLS}.kinds", "warning", line, remedy)
            for line in unchanged_sentences(parameters, study.controls.kinds)
        ]
    return problems


def _check_reader(study: Study, reader: str | None, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Report a reader without masks."""
    masks = masks_to_come(study, table)
    if table.empty or reader is None or masks.empty:
        return []
    try:
        select(masks[["reader"]], reader=reader)
    except InputError as error:
        return [problem_of(error, path, f"{CONTROLS}: outcome.reader")]
    return []
