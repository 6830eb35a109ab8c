"""The reader study's settings, before anything is compared."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.study import StudySettings
from nbradiomics.errors import InputError
from nbradiomics.problem import Problem, problem_of
from nbradiomics.study import Readers, Study
from nbradiomics.tables import read_table

#: Columns of the cohort table that make subgroups.
_OWN = ("site", "timepoint", "sequence", "roi")


def reader_settings(plan: Readers, seed: int) -> StudySettings:
    """What the statistics take from a plan.

    Raises
    ------
    InputError
        When the metric is unknown or has no direction, a value is out of range, or the margin of a metric
        with a unit is not stated: that of Dice means nothing in mm.
    """
    settings = StudySettings(
        metric=plan.metric,
        margin=plan.margin,
        epsilons=tuple(plan.epsilons),
        bootstraps=plan.bootstraps,
        subgroups=tuple(plan.subgroups),
        seed=seed,
    )
    unit = METRIC[plan.metric].unit
    if unit and "margin" not in plan.model_fields_set:
        raise InputError(
            f"{plan.metric} is in {unit}, and no margin is given.",
            f"State the margin in {unit}, fixed before the masks are seen.",
        )
    return settings


def read_clinical(plan: Readers, otherwise: Path | None = None) -> pd.DataFrame | None:
    """Clinical table for the subgroups, where there is one and it is needed or named.

    Parameters
    ----------
    plan
        What is asked for.
    otherwise
        Clinical table of the study's outcomes, taken where the plan names none but asks for its columns.

    Raises
    ------
    InputError
        When the table cannot be read or lacks a column that is asked for.
    """
    wanted = [name for name in plan.subgroups if name not in _OWN]
    file = plan.clinical or (otherwise if wanted else None)
    table = None if file is None else read_table(file)
    there = [] if table is None else [str(name) for name in table if name != "subject"]
    missing = [name for name in wanted if name not in there]
    if missing:
        named = "" if file else " Or name a clinical table."
        remedy = f"Choose from: {', '.join([*_OWN, *there])}.{named}"
        raise InputError(f"no column {missing[0]!r} for subgroups.", remedy)
    return table


def check_readers(study: Study, path: Path) -> list[Problem]:
    """Problems of the section `readers` of a study file."""
    problems = []
    try:
        reader_settings(study.readers, study.seed)
    except InputError as error:
        problems.append(problem_of(error, path, "readers"))
    outcomes = study.outcome.clinical if study.outcome else None
    clinical = study.readers.clinical or outcomes
    if clinical is None or clinical.is_file():  # one that is not there is told elsewhere
        try:
            read_clinical(study.readers, outcomes)
        except InputError as error:
            problems.append(problem_of(error, path, "readers.subgroups"))
    return problems
