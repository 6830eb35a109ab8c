"""Main comparison: agreement of auto with the readers, and of the readers with each other, same cases."""

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
from nbradiomics.agreement.reader_study.model_failures import counted_rows, failures_by_metric, worst_value
from nbradiomics.agreement.reader_study.multiplicity import holm
from nbradiomics.agreement.reader_study.paired import paired_difference
from nbradiomics.agreement.reader_study.schemas import COMPARISON
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings


def case_differences(rows: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    """Return the agreement of the model and of the readers in each case with auto and two readers.

    The model's value is the mean of m(auto, r) over the readers r. The readers' value is the mean of m(s, r)
    over their ordered pairs: a metric that depends on the order is used in both orders. If the table has
    only one reference reader, both values are against this reader.

    Returns
    -------
    pandas.DataFrame
        The columns `CASE`, and for each metric ``METRIC:auto``, ``METRIC:readers`` and ``METRIC``, the
        difference, which is positive if the model is better. NaN if a pair of the case is undefined.
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
    """Return the means over the cases of each subject in which the metric is defined.

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
    """Compare auto-to-reader with reader-to-reader agreement for every metric with a direction.

    Failures of the model count with the worst value of the metric (`model_failures`). If there are failures,
    a metric without a worst value gets no numbers.

    Parameters
    ----------
    rows, settings
        Rows of `checked_rows`, and settings of the analysis.
    with_model
        As in `failed_cases`.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.COMPARISON`: one row per metric; no row if no case has auto and two readers.
    """
    metrics = directed_metrics(rows)
    cases = case_differences(counted_rows(rows, with_model=with_model), metrics)
    counted = failures_by_metric(rows, metrics, with_model=with_model)
    result = []
    for metric in metrics if len(cases) else []:
        undefined = cases[metric].isna()
        failures = counted[metric]
        not_comparable = failures.any and np.isnan(worst_value(metric))
        defined = subject_differences(cases, metric)
        subjects = defined.iloc[: 0 if not_comparable else None]
        paired = asdict(paired_difference(subjects[metric].to_numpy(), settings))
        result.append(
            {
                "metric": metric,
                "subjects": len(defined),
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
