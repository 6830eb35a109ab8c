"""Differences of agreement between subgroups: sites, timepoints, sequences, any clinical column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from nbradiomics.agreement.reader_study.agreement_table import CASE, automatic, between_readers, means_by
from nbradiomics.agreement.reader_study.model_failures import counted_rows, failed_cases, worst_value
from nbradiomics.agreement.reader_study.multiplicity import holm
from nbradiomics.agreement.reader_study.names import (
    AUTO_READERS,
    KRUSKAL_WALLIS,
    MANN_WHITNEY,
    READERS_READERS,
)
from nbradiomics.agreement.reader_study.paired import DECIMALS
from nbradiomics.agreement.reader_study.resampling import Numbers
from nbradiomics.agreement.reader_study.schemas import SUBGROUP_TESTS, SUBGROUPS
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.summaries import quartiles
from nbradiomics.agreement.reader_study.wording import number
from nbradiomics.cohort.columns import SCAN
from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean

NOT_STATED = "(not stated)"
#: A numeric column with more distinct values than this is split at its median.
MOST_VALUES = 8
#: Groups with fewer subjects are shown, but not tested.
FEWEST = 3
_BY_DEFAULT = ("site", "timepoint", "sequence")
_OF_SCAN = ("site", "timepoint", "sequence", "roi")


def subgroup_tables(
    rows: pd.DataFrame,
    cohort: pd.DataFrame,
    clinical: pd.DataFrame | None,
    settings: ReaderStudySettings,
    *,
    with_model: bool | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the primary metric by subgroup, for auto-to-readers and for readers-to-readers agreement.

    The unit is the subject within a group: the mean over the subject's cases in the group. Failures of the
    model count with the worst value of the metric. If there are failures and the metric has no worst value,
    groups of the model are not tested.

    Returns
    -------
    groups : pandas.DataFrame
        Columns of `schemas.SUBGROUPS`.
    tests : pandas.DataFrame
        Columns of `schemas.SUBGROUP_TESTS`: Mann-Whitney for two groups, Kruskal-Wallis for more; Holm's
        correction over the variables, separately for each ``what``.

    Raises
    ------
    InputError
        When a subgroup column does not exist, or the clinical table has several rows of a subject.
    """
    cases = _with_columns(rows, cohort, clinical)
    variables = settings.subgroups or [name for name in _BY_DEFAULT if _distinct(cases[name]) > 1]
    _require_columns(cases, variables)
    groups: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    # Over all cases, so that the model's groups and the readers' are the same.
    grouped = {
        f"group:{name}": _names(cases[name]) if name in _OF_SCAN else _grouped(cases[name], cases["subject"])
        for name in variables
    }
    cases = cases[CASE].assign(**grouped)
    failed = failed_cases(rows, with_model=with_model)
    not_tested = len(failed) > 0 and np.isnan(worst_value(settings.metric))
    model = automatic(counted_rows(rows, with_model=with_model))
    for what, part in ((AUTO_READERS, model), (READERS_READERS, between_readers(rows))):
        values = means_by(part, CASE, [settings.metric]).rename(columns={settings.metric: "value"})
        values = values[values["value"].notna()].reset_index(drop=True)
        columns = values[CASE].merge(cases, on=CASE, how="left")
        for variable in variables if len(values) else []:
            table = means_by(
                values.assign(group=columns[f"group:{variable}"]), ["group", "subject"], ["value"]
            )
            names = _in_order(table["group"])
            samples = {name: table.loc[table["group"] == name, "value"].to_numpy() for name in names}
            groups += [
                {"variable": variable, "group": name, "what": what, "n": len(sample), **quartiles(sample)}
                for name, sample in samples.items()
            ]
            result = _NOT_TESTED if not_tested and what == AUTO_READERS else _test(samples, table)
            tests.append({"variable": variable, "what": what, **result})
    return SUBGROUPS.table(groups), _adjusted(SUBGROUP_TESTS.table(tests))


def compare_groups(samples: Sequence[Numbers]) -> tuple[str, float, float]:
    """Compare two or more groups by ranks.

    Returns
    -------
    test, statistic, p
        Mann-Whitney with its U, two-sided, for two groups; Kruskal-Wallis with its H for more. If all values
        are the same, p is 1.

    Notes
    -----
    Source: Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60; Kruskal WH, Wallis WA. J Am Stat Assoc
    1952;47:583-621.
    """
    # Values that differ only by the rounding of sums are ties.
    rounded = [np.round(sample, DECIMALS) for sample in samples]
    constant = np.ptp(np.concatenate(rounded)) == 0
    if len(rounded) == 2:
        if constant:
            return MANN_WHITNEY, len(rounded[0]) * len(rounded[1]) / 2, 1.0
        result = stats.mannwhitneyu(rounded[0], rounded[1], alternative="two-sided")
        return MANN_WHITNEY, float(result.statistic), float(result.pvalue)
    if constant:
        return KRUSKAL_WALLIS, 0.0, 1.0
    statistic, p = stats.kruskal(*rounded)
    return KRUSKAL_WALLIS, float(statistic), float(p)


def _test(samples: dict[str, Numbers], table: pd.DataFrame) -> dict[str, Any]:
    stated = {name: sample for name, sample in samples.items() if name != NOT_STATED}
    tested = [sample for sample in stated.values() if len(sample) >= FEWEST]
    notes = []
    small = [name for name, sample in stated.items() if len(sample) < FEWEST]
    if small:
        notes.append(f"fewer than {FEWEST} subjects, not tested: {', '.join(small)}")
    if NOT_STATED in samples:
        notes.append(f"{len(samples[NOT_STATED])} without a value, not tested")
    if len(tested) < 2:
        notes.append(f"no test: fewer than two groups have at least {FEWEST} subjects")
        return {"note": "; ".join(notes)}
    if table["subject"].duplicated().any():
        notes.append("some subjects are in several groups, so p is conservative")
    test, statistic, p = compare_groups(tested)
    return {
        "test": test,
        "statistic": statistic,
        "p": p,
        "direction": _direction({name: stated[name] for name in stated if len(stated[name]) >= FEWEST}),
        "note": "; ".join(notes),
    }


#: Result without a test, if failures of the model have no value.
_NOT_TESTED = {"note": "no test: the model failed in some cases, and the metric has no worst value for them"}


def _direction(samples: dict[str, Numbers]) -> str:
    """Describe the groups with the highest and the lowest median."""
    medians = {name: float(np.median(sample)) for name, sample in samples.items()}
    highest, lowest = max(medians, key=medians.__getitem__), min(medians, key=medians.__getitem__)
    top, bottom = number(medians[highest]), number(medians[lowest])
    if top == bottom:
        return f"equal medians ({top})"
    if len(medians) == 2:
        return f"higher in {highest} (median {top}) than in {lowest} ({bottom})"
    return f"highest in {highest} (median {top}), lowest in {lowest} ({bottom})"


def _adjusted(tests: pd.DataFrame) -> pd.DataFrame:
    tests["p_holm"] = np.nan
    for what in tests["what"].unique():
        chosen = tests["what"] == what
        tests.loc[chosen, "p_holm"] = holm(tests.loc[chosen, "p"].to_numpy(dtype=float))
    return tests


def _with_columns(rows: pd.DataFrame, cohort: pd.DataFrame, clinical: pd.DataFrame | None) -> pd.DataFrame:
    """Return the cases with the columns that can form subgroups."""
    cases = rows[CASE].drop_duplicates(ignore_index=True)
    sites = cohort[cohort["site"] != ""].drop_duplicates([*SCAN, "site"]).sort_values("site")
    cases = cases.merge(sites.groupby(SCAN)["site"].agg(" / ".join).reset_index(), on=SCAN, how="left")
    cases["site"] = cases["site"].fillna("")
    if clinical is None:
        return cases
    require_one_row_each(clinical, "the clinical table")
    known = clinical.assign(subject=clinical["subject"].astype(str))
    if "site" in known:
        # The site of a scan takes precedence over the site in the clinical table.
        stated = known[known["site"].notna()]
        sites_of_subjects = dict(zip(stated["subject"], stated["site"].astype(str), strict=True))
        filled = [
            site or sites_of_subjects.get(subject, "")
            for subject, site in zip(cases["subject"], cases["site"], strict=True)
        ]
        cases = cases.assign(site=filled)
    columns_of_scans = [name for name in _OF_SCAN if name in known]
    return cases.merge(known.drop(columns=columns_of_scans), on="subject", how="left")


def require_one_row_each(clinical: pd.DataFrame, name: str) -> None:
    """Raise `InputError` unless a clinical table, called `name` in messages, has one row per subject."""
    if "subject" not in clinical:
        raise InputError(
            f"{name} has no column subject.", "Give the column of the subjects the name subject."
        )
    subjects = clinical["subject"].astype(str)
    if subjects.duplicated().any():
        twice = subjects[subjects.duplicated()].iloc[0]
        raise InputError(f"{name} has several rows of subject {twice}.", "Give one row per subject.")


def _require_columns(cases: pd.DataFrame, variables: Sequence[str]) -> None:
    missing = [name for name in variables if name not in cases or name == "subject"]
    if missing:
        columns = [str(name) for name in cases if name != "subject"]
        raise InputError(
            f"there is no column {', '.join(missing)} for subgroups.",
            f"{did_you_mean(missing[0], columns)}Choose from: {', '.join(columns)}.",
        )


def _distinct(column: pd.Series) -> int:
    return len(set(column[column.notna() & (column.astype(str) != "")]))


def _names(column: pd.Series) -> pd.Series:
    """Return the values as names: a site called 01 is not a number."""
    stated = column.notna() & (column.astype(str) != "")
    return column.astype(object).where(stated, NOT_STATED).astype(str)


def _grouped(column: pd.Series, subjects: pd.Series) -> pd.Series:
    """Return the group of each case: the value of a clinical column, or its side of the median."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _names(column)
    stated = column.notna() & (column.astype(str) != "")
    numbers = pd.to_numeric(column[stated], errors="coerce")
    # to_numeric reads True and False as 1 and 0.
    answers = column[stated].map(lambda value: isinstance(value, (bool, np.bool_)))
    if answers.any() or numbers.isna().any() or not stated.any():
        return _names(column)
    if numbers.nunique() <= MOST_VALUES:
        names = numbers.map(lambda value: f"{value:.15g}")  # all digits: 2023001 is not 2023002
    else:
        # Each subject counts once, even with several cases.
        median = float(numbers.groupby(subjects[stated]).first().median())
        names = numbers.map(lambda value: f"<= {median:.15g}" if value <= median else f"> {median:.15g}")
    return names.reindex(column.index).fillna(NOT_STATED)


def _in_order(groups: pd.Series) -> list[str]:
    """Sort names of groups: numbers by size, then text alphabetically, then `NOT_STATED`."""

    def place(name: str) -> tuple[bool, float, str]:
        number = pd.to_numeric(name.lstrip("<=> "), errors="coerce")
        return name == NOT_STATED, float(number) if pd.notna(number) else float("inf"), name

    return sorted(set(groups), key=place)
