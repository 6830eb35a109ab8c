"""Failures of the model: readers drew a tumour, but the automatic mask is missing, not comparable, or empty.

If these cases were left out, a model that finds nothing in difficult cases would look better. So the main
analysis gives such a case the worst value of the metric against every reader (`counted_rows`). A metric
without a worst value, such as a distance, gives no verdict if there are such cases. The segmented cases alone
are a secondary analysis.

The worst value also replaces the value that a metric defines for an empty mask (specificity 1, kappa 0,
binary ROC area 0.5). A mask beside the tumour has a lower value than these, so a model would look better if
it drew nothing. With the worst value, leaving out or emptying a mask never improves the result.
`agreement.csv` contains the metric's own value.

Readers drew a tumour if at least one independent reader has a mask that is not empty. ``missing`` are cases
without an automatic mask in a study with automatic masks, and cases whose automatic mask could not be
compared with a reader's; ``empty`` are cases whose automatic mask has no voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
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

_INSTEAD_OF = " (the worst value, instead of the value of an empty mask in the agreement table: {} {})"
MISSING, EMPTY = "missing", "empty"
_DREW_MASK, _DREW_REFERENCE = ("ok", "empty_reference"), ("ok", "empty_mask")


@dataclass(frozen=True)
class ModelFailures:
    """Numbers of cases in the comparison whose automatic mask is missing or not comparable, or is empty."""

    missing: int
    empty: int

    @property
    def any(self) -> bool:
        """Whether there are failures."""
        return self.missing + self.empty > 0


def worst_value(metric: str) -> float:
    """Return the worst possible value of a metric; NaN without a limit on that side or a direction."""
    definition = METRIC[metric]
    limit = {"higher": definition.low, "lower": definition.high}.get(definition.better)
    return np.nan if limit is None else float(limit)


def failed_cases(rows: pd.DataFrame, *, with_model: bool | None = None) -> pd.DataFrame:
    """Return the cases in which readers drew a tumour and the model failed.

    Parameters
    ----------
    rows
        Rows of `checked_rows`.
    with_model
        Whether the study has automatic masks; by default, whether `rows` contain any.

    Returns
    -------
    pandas.DataFrame
        The columns `CASE` and ``failure``: ``missing`` or ``empty``.
    """
    auto, inter = automatic(rows), between_readers(rows)
    has_model = len(auto) > 0 if with_model is None else with_model
    drawn = inter[inter["status"].isin(_DREW_MASK + _DREW_REFERENCE)]
    drawn = pd.concat([drawn, auto[auto["status"].isin(_DREW_REFERENCE)]])[CASE].drop_duplicates()
    if not has_model or drawn.empty:
        return pd.DataFrame(columns=[*CASE, "failure"])
    states = drawn.merge(_shares(auto, "auto"), on=CASE, how="left").merge(
        _shares(inter, "readers"), on=CASE, how="left"
    )
    # If a pair of readers failed too, the failed pair of the model is due to the mask of a reader.
    failed = states["auto_failed"]
    lost = (failed == 1) | ((failed > 0) & ~(states["readers_failed"] > 0))
    empty = states["auto_empty"] > 0
    missing = ~empty & (failed.isna() | lost)
    states["failure"] = np.select([empty, missing], [EMPTY, MISSING], default="")
    failures = states[states["failure"] != ""]
    return failures[[*CASE, "failure"]].sort_values(CASE, ignore_index=True)


def _shares(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return for each case the share of failed pairs, and the share of pairs with an empty first mask."""
    columns = {f"{name}_failed": FAILED, f"{name}_empty": "empty_mask"}
    marks = rows.assign(**{key: (rows["status"] == status).astype(float) for key, status in columns.items()})
    return means_by(marks, CASE, list(columns))


def segmented_rows(rows: pd.DataFrame, *, with_model: bool | None = None) -> pd.DataFrame:
    """Return the rows without the cases in which the model failed."""
    failed = pd.MultiIndex.from_frame(failed_cases(rows, with_model=with_model)[CASE])
    return rows[~pd.MultiIndex.from_frame(rows[CASE]).isin(failed)]


def counted_rows(rows: pd.DataFrame, *, with_model: bool | None = None) -> pd.DataFrame:
    """Return the rows with the worst value of every metric for failures of the model; NaN if there is none.

    A case without an automatic mask gets a row of `auto` against each reader who is a reference in it. Rows
    of readers do not change.
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
    """Count the failures in cases of the comparison, which are the cases with a value between readers."""
    return failures_by_metric(rows, [metric], with_model=with_model)[metric]


def failures_by_metric(
    rows: pd.DataFrame, metrics: Sequence[str], *, with_model: bool | None = None
) -> dict[str, ModelFailures]:
    """As `compared_failures`, for several metrics."""
    failed = failed_cases(rows, with_model=with_model)
    values = failed.merge(means_by(between_readers(rows), CASE, metrics), on=CASE)
    found = {}
    for metric in metrics:
        kinds = values.loc[values[metric].notna(), "failure"]
        found[metric] = ModelFailures(int((kinds == MISSING).sum()), int((kinds == EMPTY).sum()))
    return found


def failures_text(failures: ModelFailures) -> str:
    """Return the numbers of both kinds of failure in words."""
    return (
        f"{counted(failures.missing, 'case')} without a comparable automatic mask and "
        f"{counted(failures.empty, 'case')} with an empty one, in which readers drew a tumour"
    )


def worst_text(metric: str) -> str:
    """Write the worst value of a metric, and the value of an empty mask if that is better."""
    definition, worst = METRIC[metric], number(worst_value(metric), 0)
    empty = definition.if_mask_empty
    note = "" if empty in (worst, "NaN") else _INSTEAD_OF.format(definition.label, empty)
    return f"{definition.label} {worst}{note}"
