"""The reader study's settings, before anything is compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.agreement_table import require_names
from nbradiomics.agreement.reader_study.subgroups import MOST_VALUES, require_one_row_each
from nbradiomics.clinical import Declaration, read_clinical_table, subgroup_columns
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import short, tally
from nbradiomics.study.file import read_study
from nbradiomics.study.study import Outcome, Readers, Study
from nbradiomics.tables import NO_COLUMNS

#: Columns of the cohort table that make subgroups.
_OWN = ("site", "timepoint", "sequence", "roi")


@dataclass(frozen=True)
class Groups:
    """A clinical table for subgroups, and what its columns were taken for, in sentences."""

    table: pd.DataFrame | None
    sentences: tuple[str, ...]


def reader_settings(plan: Readers, seed: int) -> ReaderStudySettings:
    """What the statistics take from a plan.

    Raises
    ------
    InputError
        When the metric is unknown or has no direction, a value is out of range, or the margin of a metric
        with a unit is not stated: that of Dice means nothing in mm.
    """
    settings = ReaderStudySettings(
        metric=plan.metric,
        margin=plan.margin,
        margin_fixed=plan.margin_fixed or "",
        epsilons=tuple(plan.epsilons),
        bootstraps=plan.bootstraps,
        subgroups=tuple(plan.subgroups),
        seed=seed,
    )
    metric = METRIC[plan.metric]
    if metric.low is not None and metric.high is not None and plan.margin >= metric.high - metric.low:
        raise InputError(
            f"the margin is {plan.margin:g}, and {plan.metric} runs from {metric.low:g} to {metric.high:g}.",
            "Give the margin in units of the metric: 0.03 for three hundredths.",
        )
    unit = metric.unit
    if unit and "margin" not in plan.model_fields_set:
        raise InputError(
            f"{plan.metric} is in {unit}, and no margin is given.",
            f"State the margin in {unit}, fixed before the masks are seen.",
        )
    return settings


def read_clinical(
    plan: Readers,
    subjects: Iterable[str],
    outcome: Outcome | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
) -> Groups:
    """Clinical table for the subgroups, where one is named or subgroups are asked for.

    Parameters
    ----------
    plan
        What is asked for.
    subjects
        Subjects of the cohort.
    outcome
        The study's outcomes: their clinical table is taken where the plan names none, and what they declare
        about columns counts here too.
    columns
        The clinical table's own column of the subject, as a study file's `columns` names it.

    Returns
    -------
    Groups
        The table, none where no clinical table is asked for, and what was taken for what.

    Raises
    ------
    InputError
        When the table cannot be read, does not have one row per subject, knows none of the cohort's, lacks a
        column that is asked for or has a cell in it that cannot be read, or is named while no subgroup is; or
        a column is declared that makes no subgroup.
    """
    wanted = [name for name in plan.subgroups if name not in _OWN]
    if plan.clinical and not plan.subgroups:
        raise InputError(
            f"{plan.clinical} is named, and no subgroups are.", "Name the columns that make subgroups."
        )
    otherwise = outcome.clinical if outcome else None
    file = plan.clinical or (otherwise if plan.subgroups else None)
    table = None if file is None else read_clinical_table(file, columns)
    if table is not None and file is not None:
        _require_of_the_cohort(table, file, set(subjects))
    there = [] if table is None else [str(name) for name in table if name != "subject"]
    missing = [name for name in wanted if name not in there]
    if missing:
        named = "" if file else " Or name a clinical table."
        guess = did_you_mean(missing[0], [*_OWN, *there])
        remedy = f"{guess}Choose from: {', '.join([*_OWN, *there])}.{named}"
        raise InputError(f"no column {missing[0]!r} for subgroups.", remedy)
    groups = [*wanted, *(["site"] if "site" in plan.subgroups and "site" in there else [])]
    _require_used(plan.declared, groups)
    if table is None:
        return Groups(None, ())
    declared = _declared(plan, outcome)
    found = subgroup_columns(table, groups, declared, file=str(file))
    said = [_group_sentence(found[name], declared=name in declared.columns) for name in groups]
    return Groups(found, tuple(said))


def _declared(plan: Readers, outcome: Outcome | None) -> Declaration:
    """What the outcomes declare, unless the section on readers says otherwise of a column."""
    own, given = plan.declared, outcome.declared if outcome else Declaration()
    said = set(own.columns)
    return replace(
        given,
        categorical=(*own.categorical, *(name for name in given.categorical if name not in said)),
        numeric=(*own.numeric, *(name for name in given.numeric if name not in said)),
        ordinal={name: levels for name, levels in given.ordinal.items() if name not in said},
    )


def _require_used(declared: Declaration, groups: Iterable[str]) -> None:
    groups = list(groups)
    for name in declared.columns:
        if name not in groups:
            raise InputError(
                f"{name!r} is declared for the readers, but is no clinical column that makes subgroups.",
                f"{did_you_mean(name, groups)}Name it among the subgroups, or leave the declaration out.",
            )


def _group_sentence(column: pd.Series, *, declared: bool) -> str:
    """What a column was taken for, with its groups."""
    said = f"Subgroups by {column.name}, {'as declared' if declared else 'as inferred'}:"
    if isinstance(column.dtype, pd.CategoricalDtype) or column.nunique() <= MOST_VALUES:
        return f"{said} {tally(_counts(column))} subjects."
    split = f"{said} numbers from {short(column.min())} to {short(column.max())}, split at the median."
    whole = not declared and bool((column.dropna() % 1 == 0).all())
    return f"{split} If they are names, declare the column as categorical." if whole else split


def _counts(column: pd.Series) -> Iterator[tuple[str, int]]:
    """Values with their number of subjects, in order."""
    for value, count in column.value_counts().sort_index().items():
        yield (f"{value:g}" if isinstance(value, float) else str(value)), int(count)


def _require_of_the_cohort(table: pd.DataFrame, file: Path, subjects: set[str]) -> None:
    require_one_row_each(table, str(file))
    if subjects and not subjects & set(table["subject"].astype(str)):
        raise InputError(
            f"{file} holds none of the cohort's subjects.", "Write the subjects alike in both tables."
        )


def describe_readers(study_file: Path) -> list[str]:
    """What the columns of a study's subgroups were taken for, in sentences; none without them."""
    try:
        study, _ = read_study(study_file)
        if study is None:
            return []
        return list(read_clinical(study.readers, (), study.outcome, study.subject_column).sentences)
    except InputError:  # told among the problems
        return []


def check_readers(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Problems of a study file's section `readers`, and of the readers' names in the cohort's table."""
    problems = []
    try:
        require_names(table["reader"])
        reader_settings(study.readers, study.seed)
    except InputError as error:
        problems.append(problem_of(error, path, "readers"))
    clinical = study.readers.clinical or (study.outcome.clinical if study.outcome else None)
    if clinical is None or clinical.is_file():  # one that is not there is told elsewhere
        try:
            read_clinical(study.readers, table["subject"], study.outcome, study.subject_column)
        except InputError as error:
            problems.append(problem_of(error, path, "readers.subgroups"))
    return problems
