"""Medians of every metric for every group of pairs, and the number of undefined cases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbradiomics.agreement.pairs import AUTO_PAIR, EDITED, INTER, INTRA, PAIRS
from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    FAILED,
    READERS,
    SAME_READER,
    automatic,
    means_by,
    metric_columns,
)
from nbradiomics.agreement.reader_study.resampling import Numbers, median_interval
from nbradiomics.agreement.reader_study.schemas import SUMMARY
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.tables import AUTO


def summary_table(rows: pd.DataFrame, settings: ReaderStudySettings) -> pd.DataFrame:
    """Summarise every metric over the cases of each group of pairs.

    Parameters
    ----------
    rows
        Rows of `checked_rows`.
    settings
        Confidence, bootstraps and seed.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.SUMMARY`: one row per group and metric. The unit is the case: its value is the
        mean over its pairs in the group. A metric without any value in the table is left out.
    """
    metrics = [name for name in metric_columns(rows) if rows[name].notna().any()]
    result = [
        {"pair": pair, "reader": reader, "reference": reference, "metric": metric, **values}
        for pair, reader, reference, group in _groups(rows)
        for metric, values in _summaries(group, metrics, settings)
    ]
    return SUMMARY.table(result)


def quartiles(values: Numbers) -> dict[str, float]:
    """Return median and quartiles (linear interpolation, type 7 of Hyndman and Fan 1996); NaN if empty."""
    if not len(values):
        return dict.fromkeys(("median", "q1", "q3"), np.nan)
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    return {"median": float(median), "q1": float(q1), "q3": float(q3)}


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    named = rows.assign(
        left=_with_kind(rows["reader"], rows["mask_kind"]),
        right=_with_kind(rows["reference"], rows["reference_kind"]),
    )
    pools = {AUTO_PAIR: (AUTO, READERS), INTER: (READERS, READERS), INTRA: (SAME_READER, SAME_READER)}
    for pair in PAIRS:
        group = automatic(named) if pair == AUTO_PAIR else named[named["pair"] == pair]
        if pair in pools and len(group):
            yield pair, *pools[pair], group
        for (reader, reference), part in group.groupby(["left", "right"], sort=True):
            yield pair, str(reader), str(reference), part


def _with_kind(names: pd.Series, kinds: pd.Series) -> pd.Series:
    return names.where(kinds != EDITED, names + " (edited)")


def _summaries(
    group: pd.DataFrame, metrics: list[str], settings: ReaderStudySettings
) -> Iterator[tuple[str, dict[str, float]]]:
    marked = group.assign(failed=group["status"] == FAILED, empty=group["status"].str.contains("empty"))
    reasons = marked.groupby(CASE, sort=True)[["failed", "empty"]].any().reset_index(drop=True)
    cases = means_by(group, CASE, metrics)
    for metric in metrics:
        undefined = cases[metric].isna()
        defined = cases[~undefined]
        values, subjects = defined[metric].to_numpy(), pd.factorize(defined["subject"], sort=True)[0]
        low, high = median_interval(values, subjects, settings)
        yield (
            metric,
            {
                "n": len(defined),
                "subjects": defined["subject"].nunique(),
                "undefined": int(undefined.sum()),
                "undefined_empty": int((undefined & ~reasons["failed"] & reasons["empty"]).sum()),
                "undefined_failed": int((undefined & reasons["failed"]).sum()),
                **quartiles(values),
                "low": low,
                "high": high,
                "mean": float(values.mean()) if len(values) else np.nan,
            },
        )
