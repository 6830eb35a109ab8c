"""Read the batch of each row of a feature table, and the covariates that harmonisation keeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pandas as pd

from nbradiomics.clinical import Declaration, read_column, read_covariates, same_value
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import counted, shortened


def read_batches(
    features: pd.DataFrame,
    clinical: pd.DataFrame | None,
    asked: Harmonise,
    *,
    taken: Collection[str] = (),
    declared: Declaration = Declaration(),  # noqa: B008 - frozen
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read batch columns and covariates for each row of a feature table.

    A batch column stands in the clinical table, one value per subject, or in the feature table, one value
    per row. Where it stands in both, an empty cell of one is filled by the other.

    Parameters
    ----------
    features
        Rows of features with a column ``subject``.
    clinical
        Clinical table, one row per subject; None if there is none.
    asked
        Names of the columns.
    taken
        Columns that are neither batch nor covariate: those of the endpoint.
    declared
        The user's declarations about the clinical columns.

    Returns
    -------
    pandas.DataFrame
        Rows in the order of `features`: batches as text, numeric covariates as float64, other ones as text;
        missing where no table has a value.
    list of Problem
        Warnings.

    Raises
    ------
    InputError
        When a column is in no table, is the subject or the endpoint, has different values in the two tables,
        or has a cell that cannot be read.
    """
    _refuse_taken(asked, taken)
    subjects = features["subject"].astype(str)
    parts: list[pd.Series] = []
    problems: list[Problem] = []
    for name in asked.batch:
        sources = [table for table in (clinical, features) if table is not None and name in table]
        if not sources:
            raise _absent(name, clinical, features)
        read = []
        for table in sources:
            values, found = _batch(
                table, name, declared, "clinical table" if table is clinical else "features"
            )
            problems += found
            if table is clinical:
                values = values.set_axis(table["subject"].astype(str)).reindex(subjects)
            read.append(values.set_axis(range(len(subjects))))
        parts.append(_one_of(name, read, subjects))
    if asked.covariates:
        kept, found = _covariates(clinical, asked.covariates, taken, declared)
        parts += [kept[name].reindex(subjects).set_axis(range(len(subjects))) for name in asked.covariates]
        problems += found
    table = pd.concat(parts, axis=1, keys=list(asked.columns))
    return table.set_axis(features.index), problems


def check_batches(batches: pd.DataFrame, subjects: Sequence[str], asked: Harmonise) -> None:
    """Check that each subject has a batch and that each batch has several subjects.

    Parameters
    ----------
    batches
        What `read_batches` read, in the order of `subjects`.
    subjects
        Subjects that are analysed, one per row.
    asked
        Names of the columns.

    Raises
    ------
    InputError
        When a batch is missing, a level has one subject alone, all subjects have one level, two columns are
        one division, or the reference batch is no level or has few subjects.
    """
    require_batches(batches, subjects, asked)
    _refuse_one_division(batches, asked)
    for name in asked.batch:
        counts = pd.Series(list(subjects)).groupby(batches[name].to_numpy()).nunique()
        _check_sizes(name, counts, asked)
        _check_reference(name, counts, asked)


def _check_sizes(name: str, counts: pd.Series, asked: Harmonise) -> None:
    """Refuse a single level, levels of one subject, and small ones unless they are to be harmonised."""
    if len(counts) < 2:
        raise InputError(
            f"all subjects have the {name} {counts.index[0]!r}: there is nothing to harmonise.",
            f"Leave {name} out of the batch columns.",
        )
    single = sorted(map(str, counts.index[counts == 1]))
    if single:
        raise InputError(
            f"{name}: {shortened(single)} {'has' if len(single) == 1 else 'have'} one subject alone, from "
            "whom no batch effect can be estimated.",
            "Merge small levels, or leave these subjects out.",
        )
    small = counts[counts < asked.least_subjects]
    if len(small) and asked.small_batch == "refuse":
        listed = shortened(f"{level} ({counted(int(count), 'subject')})" for level, count in small.items())
        raise InputError(
            f"{name}: {listed} {'is' if len(small) == 1 else 'are'} too small for a reliable "
            f"batch effect; {asked.least_subjects} subjects or more were expected.",
            "Merge small levels, leave these subjects out, or set small_batch to harmonise: the results "
            "stay honest, because everything is fitted inside the folds, but little is harmonised there.",
        )


def require_batches(batches: pd.DataFrame, subjects: Sequence[str], asked: Harmonise) -> None:
    """Refuse subjects without a batch, by name.

    Raises
    ------
    InputError
        When a batch is missing.
    """
    names = pd.Series([str(name) for name in subjects], dtype=object)
    for column in asked.batch:
        without = list(dict.fromkeys(names[batches[column].isna().to_numpy()]))
        if without:
            raise InputError(
                f"{column} is missing in {counted(len(without), 'subject')}: {shortened(without)}. Features "
                "cannot be harmonised without their batch.",
                f"Give the {column} of each subject, or leave these subjects out.",
            )


def _check_reference(name: str, counts: pd.Series, asked: Harmonise) -> None:
    """Refuse a reference batch that is no level, or by whose few subjects all features would be scaled."""
    reference = asked.reference_batch
    if reference is not None and reference not in counts.index:
        raise InputError(
            f"the reference batch {reference!r} is no level of {name}.",
            f"{did_you_mean(reference, map(str, counts.index))}Choose from: {shortened(list(counts.index))}.",
        )
    if reference is not None and counts[reference] < asked.least_subjects:
        raise InputError(
            f"the reference batch {reference!r} has {counted(int(counts[reference]), 'subject')}, and all "
            f"features would be scaled by it; {asked.least_subjects} or more were expected.",
            "Choose a larger one, or leave out the reference batch.",
        )


def _refuse_one_division(batches: pd.DataFrame, asked: Harmonise) -> None:
    """Refuse two batch columns that are one under two names: features would be harmonised twice."""
    codes = {name: tuple(pd.factorize(batches[name])[0]) for name in asked.batch}
    for place, name in enumerate(asked.batch):
        for other in asked.batch[:place]:
            if codes[name] == codes[other]:
                raise InputError(
                    f"the batch columns {other} and {name} divide the subjects in the same way.",
                    f"Leave out {name}.",
                )


def _refuse_taken(asked: Harmonise, taken: Collection[str]) -> None:
    folded = {name.casefold() for name in taken}
    outcome = [name for name in asked.columns if name.casefold() in folded]
    if outcome:
        what = "a batch" if outcome[0] in asked.batch else "a covariate of the harmonisation"
        raise InputError(
            f"{outcome[0]} is the outcome, and was named as {what}: the features would contain the outcome, "
            "and predict it even if they are noise.",
            "Leave it out.",
        )
    if "subject" in asked.columns:
        raise InputError("the subject is no batch and no covariate.", "Name the column of the sites.")


def _absent(name: str, clinical: pd.DataFrame | None, features: pd.DataFrame) -> InputError:
    known = [] if clinical is None else list(map(str, clinical.columns))
    texts = [str(column) for column in features if not pd.api.types.is_float_dtype(features[column])]
    where = "the feature table" if clinical is None else "the clinical table and the feature table"
    return InputError(
        f"{where} {'has' if clinical is None else 'have'} no column {name!r}, which is to be harmonised.",
        f"{did_you_mean(name, [*known, *texts])}Add it to the clinical table; `ingest-clinical "
        "--acquisition` adds columns of acquisition.csv, such as vendor and model.",
    )


def _batch(
    table: pd.DataFrame, name: str, declared: Declaration, file: str
) -> tuple[pd.Series, list[Problem]]:
    kinds = Declaration(categorical=(name,), missing=declared.missing)
    column, problems = read_column(table, name, kinds, file=file)
    raise_errors([_as_error(problem) for problem in problems])
    return column.values, problems


def _as_error(problem: Problem) -> Problem:
    """Make an error of levels that look alike: one site in two parts has two effects."""
    return replace(problem, severity="error") if "differ only in" in problem.problem else problem


def _one_of(name: str, read: Sequence[pd.Series], subjects: pd.Series) -> pd.Series:
    """Join the values of two tables; refuse subjects with different ones."""
    if len(read) == 1:
        return read[0]
    one, other = read
    both = one.notna() & other.notna()
    differ = [
        f"{subject} ({first!r} and {second!r})"
        for subject, first, second in zip(subjects[both.to_numpy()], one[both], other[both], strict=True)
        if not same_value(str(first), str(second))
    ]
    if differ:
        raise InputError(
            f"{name} is in the clinical table and in the feature table, with different values in "
            f"{counted(len(differ), 'row')}: {shortened(differ)}.",
            f"Correct one of the two, or remove the column {name} from one of them.",
        )
    joined = one.where(one.notna(), other)
    spellings = joined.dropna().drop_duplicates().groupby(lambda row: _spelling(joined[row])).agg(list)
    for levels in spellings[spellings.map(len) > 1]:
        raise InputError(
            f"{name} has levels that differ only in capitals or spaces between the clinical table and the "
            f"feature table: {shortened(sorted(levels))}. They would be harmonised as different batches.",
            "Write them in the same way.",
        )
    return joined


def _spelling(level: object) -> str:
    return " ".join(str(level).casefold().split())


def _covariates(
    clinical: pd.DataFrame | None, names: Sequence[str], taken: Collection[str], declared: Declaration
) -> tuple[pd.DataFrame, list[Problem]]:
    if clinical is None:
        raise InputError(
            f"the covariates {', '.join(names)} are clinical columns, and there is no clinical table.",
            "Give the clinical table, or leave out the covariates.",
        )
    read = read_covariates(clinical, names, taken=tuple(taken), declared=declared)
    return pd.concat([read.numeric, read.categorical], axis=1), list(read.warnings)
