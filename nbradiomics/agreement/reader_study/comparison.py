"""Auto against readers beside readers against readers, on the same cases: the comparison that matters."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    automatic,
    between_readers,
    directed_metrics,
    means_by,
    orientation,
)
from nbradiomics.agreement.reader_study.model_failures import compared_failures, counted_rows, worst_value
from nbradiomics.agreement.reader_study.multiplicity import holm
from nbradiomics.agreement.reader_study.paired import paired_difference
from nbradiomics.agreement.reader_study.schemas import COMPARISON
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings


def case_differences(rows: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    """Agreement of the model and of the readers on each case that has auto and two readers.

    The model's value is the mean over the readers r of m(auto, r), the readers' the mean over their ordered
    pairs of m(s, r): both orders of a metric that depends on it. In a table in which all stand against one
    reader, both are held against this one.

    Returns
    -------
    pandas.DataFrame
        The columns `CASE`, and for each metric ``METRIC:auto``, ``METRIC:readers`` and ``METRIC`` itself, the
        difference oriented so that a positive one means that the model is better. NaN where a pair of the
        case is undefined.
    """
    auto, inter = automatic(rows), between_readers(rows)
    inter = inter.merge(auto[[*CASE, "reference"]], on=[*CASE, "reference"])
    both = means_by(auto, CASE, metrics).merge(
        means_by(inter, CASE, metrics), on=CASE, suffixes=(":auto", ":readers")
    )
    for metric in metrics:
        both[metric] = orientation(metric) * (both[f"{metric}:auto"] - both[f"{metric}:readers"])
    return both.sort_values(CASE, ignore_index=True)


def subject_differences(cases: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean over the cases of each subject in which the metric is defined.

    Returns
    -------
    pandas.DataFrame
        ``subject``, ``METRIC:auto``, ``METRIC:readers`` and ``METRIC``, sorted by subject.
    """
    columns = [f"{metric}:auto", f"{metric}:readers", metric]
    return means_by(cases[cases[metric].notna()], ["subject"], columns)


def comparison_table(
    rows: pd.DataFrame, settings: ReaderStudySettings, *, with_model: bool | None = None
) -> pd.DataFrame:
    """Compare auto-to-reader with reader-to-reader agreement for every metric that has a direction.

    The model's failures count with the metric's worst value (`model_failures`); a metric that has none gets
    no numbers while there are failures.

    Parameters
    ----------
    rows, settings
        Rows of `checked_rows`, and how they are analysed.
    with_model
        As in `failed_cases`.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.COMPARISON`: one row per metric, none where no case has auto and two readers.
    """
    metrics = directed_metrics(rows)
    cases = case_differences(counted_rows(rows, with_model=with_model), metrics)
    result = []
    for metric in metrics if len(cases) else []:
        undefined = cases[metric].isna()
        failures = compared_failures(rows, metric, with_model=with_model)
        blind = failures.any and np.isnan(worst_value(metric))
        there = subject_differences(cases, metric)
        subjects = there.iloc[: 0 if blind else None]
        paired = asdict(paired_difference(subjects[metric].to_numpy(), settings))
        result.append(
            {
                "metric": metric,
                "subjects": len(there),
                "cases": int((~undefined).sum()),
                "left_out": int(undefined.sum()),
                "missing": failures.missing,
                "empty": failures.empty,
                "auto_readers": _mean(subjects[f"{metric}:auto"]),
                "readers_readers": _mean(subjects[f"{metric}:readers"]),
                **{name: paired[name] for name in ("difference", "low", "high", "p")},
                "primary": metric == settings.metric,
            }
        )
    table = COMPARISON.table(result)
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    return table


def _mean(column: pd.Series) -> float:
    return float(column.mean()) if len(column) else np.nan
