"""The model's failures: readers drew a tumour, and the model gave no mask to compare, or an empty one.

Left out, a model that finds nothing in its worst cases would pass for the better one. So the main analysis
gives such a case the worst value of the metric against every reader (`counted_rows`). A metric without a
worst value, such as a distance, gives no verdict while there are such cases. The segmented cases alone come
second.

The worst value counts for an empty mask too where the metric defines a value for it (specificity 1, kappa 0,
binary ROC area 0.5): a mask that lies beside the tumour has less than these, so that a model would look
better for drawing nothing. Only the worst value is never above that of a mask which was left out or emptied.
`agreement.csv` holds the metric's own value.

A tumour was drawn where one independent reader or more has a mask that is not empty. ``missing`` are cases
without an automatic mask in a study that has them, and those whose automatic mask could not be compared with
a reader's; ``empty`` those with an automatic mask without a voxel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    FAILED,
    automatic,
    between_readers,
    means_by,
    metric_columns,
)
from nbradiomics.agreement.reader_study.wording import number
from nbradiomics.messages.wording import counted
from nbradiomics.tables import AUTO

_THOUGH = " (the worst value, in place of what an empty mask has in the table of agreement: {} {})"
MISSING, EMPTY = "missing", "empty"
_DREW_MASK, _DREW_REFERENCE = ("ok", "empty_reference"), ("ok", "empty_mask")


@dataclass(frozen=True)
class ModelFailures:
    """Cases of the comparison in which the model failed: without a mask to compare, with an empty one."""

    missing: int
    empty: int

    @property
    def any(self) -> bool:
        """Whether there is such a case."""
        return self.missing + self.empty > 0


def worst_value(metric: str) -> float:
    """Worst value that a metric can take; NaN where it has no limit on that side, or no direction."""
    of = METRIC[metric]
    limit = {"higher": of.low, "lower": of.high}.get(of.better)
    return np.nan if limit is None else float(limit)


def failed_cases(rows: pd.DataFrame, *, with_model: bool | None = None) -> pd.DataFrame:
    """Cases in which readers drew a tumour and the model failed.

    Parameters
    ----------
    rows
        Rows of `checked_rows`.
    with_model
        Whether the study has automatic masks at all; by default, whether `rows` have some.

    Returns
    -------
    pandas.DataFrame
        The columns `CASE` and ``failure``: ``missing`` or ``empty``.
    """
    auto, inter = automatic(rows), between_readers(rows)
    there = len(auto) > 0 if with_model is None else with_model
    drawn = inter[inter["status"].isin(_DREW_MASK + _DREW_REFERENCE)]
    drawn = pd.concat([drawn, auto[auto["status"].isin(_DREW_REFERENCE)]])[CASE].drop_duplicates()
    if not there or drawn.empty:
        return pd.DataFrame(columns=[*CASE, "failure"])
    states = drawn.merge(_shares(auto, "own"), on=CASE, how="left").merge(
        _shares(inter, "others"), on=CASE, how="left"
    )
    # Where the readers' masks cannot be compared with each other either, it is one of theirs that fails.
    lost = (states["own_failed"] == 1) | ((states["own_failed"] > 0) & ~(states["others_failed"] > 0))
    empty = states["own_empty"] > 0
    missing = ~empty & (states["own_failed"].isna() | lost)
    states["failure"] = np.select([empty, missing], [EMPTY, MISSING], default="")
    failed = states[states["failure"] != ""]
    return failed[[*CASE, "failure"]].sort_values(CASE, ignore_index=True)


def _shares(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Share of the pairs of each case that failed, and of those with an empty first mask."""
    columns = {f"{name}_failed": FAILED, f"{name}_empty": "empty_mask"}
    marks = rows.assign(**{key: (rows["status"] == status).astype(float) for key, status in columns.items()})
    return means_by(marks, CASE, list(columns))


def segmented_rows(rows: pd.DataFrame, *, with_model: bool | None = None) -> pd.DataFrame:
    """Rows without the cases in which the model failed."""
    failed = pd.MultiIndex.from_frame(failed_cases(rows, with_model=with_model)[CASE])
    return rows[~pd.MultiIndex.from_frame(rows[CASE]).isin(failed)]


def counted_rows(rows: pd.DataFrame, *, with_model: bool | None = None) -> pd.DataFrame:
    """Rows in which the model's failures count with the worst value of every metric; NaN where it has none.

    A case without an automatic mask gets a row of `auto` against each reader who is a reference in it. Rows
    of readers stay as they are.
    """
    failed = failed_cases(rows, with_model=with_model)
    if failed.empty:
        return rows
    metrics = metric_columns(rows)
    absent = failed.merge(automatic(rows)[CASE].drop_duplicates(), on=CASE, how="left", indicator=True)
    absent = absent.loc[absent["_merge"] == "left_only", CASE]
    pairs = between_readers(rows).merge(absent, on=CASE)
    pairs = pairs.drop_duplicates([*CASE, "reference"])
    added = pairs.assign(
        reader=AUTO, reading=1.0, mask_kind="automatic", pair="auto", status=FAILED, volume_ml=np.nan
    )
    result = pd.concat([rows, added], ignore_index=True)
    keys = pd.MultiIndex.from_frame(result[CASE])
    chosen = keys.isin(pd.MultiIndex.from_frame(failed[CASE])) & (result["reader"] == AUTO)
    chosen &= result["pair"] == "auto"
    for metric in metrics:
        result.loc[chosen, metric] = worst_value(metric)
    return result


def compared_failures(rows: pd.DataFrame, metric: str, *, with_model: bool | None = None) -> ModelFailures:
    """Count the failures in cases that are part of the comparison: those with a value between readers."""
    failed = failed_cases(rows, with_model=with_model)
    values = means_by(between_readers(rows), CASE, [metric])
    there = failed.merge(values[values[metric].notna()][CASE], on=CASE)
    return ModelFailures(int((there["failure"] == MISSING).sum()), int((there["failure"] == EMPTY).sum()))


def failures_text(failures: ModelFailures) -> str:
    """Say how many there are of either kind."""
    return (
        f"{counted(failures.missing, 'case')} without an automatic mask that can be compared and "
        f"{counted(failures.empty, 'case')} with an empty one, where readers drew a tumour"
    )


def worst_text(metric: str) -> str:
    """Write the worst value of a metric that has one, and what an empty mask has where that is better."""
    of, worst = METRIC[metric], number(worst_value(metric), 0)
    own = "" if of.if_mask_empty in (worst, "NaN") else _THOUGH.format(of.label, of.if_mask_empty)
    return f"{of.label} {worst}{own}"
