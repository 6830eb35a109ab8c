"""The agreement table for the study: checked, sorted, averaged over pairs and over cases.

A case is one region of one image: subject, timepoint, sequence and roi. A subject may have several cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from nbradiomics.agreement.metrics import METRIC, METRICS, VOLUMES
from nbradiomics.agreement.pairs import AUTO_PAIR, INTER, PAIRS
from nbradiomics.cohort.columns import SCAN
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.tables import AUTO

#: Columns that identify a case.
CASE = [*SCAN, "roi"]
#: Status of a pair that could not be compared.
FAILED = "failed"
_MASK = ["reader", "reading", "mask_kind"]
_REFERENCE = ["reference", "reference_reading", "reference_kind"]
#: Names for groups of readers in the tables.
READERS, SAME_READER, OTHERS = "readers", "same reader", "other readers"
_STATUS = ("ok", "empty_mask", "empty_reference", "both_empty")


def checked_rows(agreement: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Check an agreement table and sort it.

    Parameters
    ----------
    agreement
        One row per ordered pair of masks of a case: the columns `CASE`, ``reader, reading, mask_kind,
        reference, reference_reading, reference_kind, pair, status, volume_ml, reference_ml`` and metrics.
    metric
        The primary metric; its column is required.

    Returns
    -------
    pandas.DataFrame
        Names as text, numbers as numbers, a missing status as ``failed``. The rows are sorted, so that no
        result depends on their order.

    Raises
    ------
    InputError
        When a column is missing, or a cell has an invalid value.
    AmbiguousError
        When a case has two rows for one ordered pair of masks, or for independent masks of one ordered pair
        of readers.
    """
    _require_columns(agreement, [*CASE, *_MASK, *_REFERENCE, "pair", "status", *VOLUMES, metric])
    rows = agreement.copy()
    for column in [*CASE, "reader", "mask_kind", "reference", "reference_kind", "pair"]:
        rows[column] = rows[column].astype(str)
    status = rows["status"].astype(object)
    rows["status"] = status.where(status.notna() & (status != ""), FAILED).astype(str)
    _require_values(rows, "pair", PAIRS)
    _require_values(rows, "status", (*_STATUS, FAILED))
    for column in ["reading", "reference_reading", *VOLUMES, *metric_columns(rows)]:
        rows[column] = _numbers(rows[column])
    _require_once(rows)
    require_names({*rows["reader"], *rows["reference"]})
    return rows.sort_values([*CASE, "pair", *_MASK, *_REFERENCE], ignore_index=True)


def metric_columns(table: pd.DataFrame) -> list[str]:
    """Return the metrics among the columns of a table, in the order of `METRICS`."""
    return [name for name in METRICS if name in table]


def directed_metrics(rows: pd.DataFrame) -> list[str]:
    """Return metrics with a direction and at least one value between readers, in the order of `METRICS`.

    A metric that has no value between readers, such as the ROC area of a probability map, cannot be compared.
    """
    directed = [name for name in metric_columns(rows) if METRIC[name].better in ("higher", "lower")]
    between = between_readers(rows)
    return [name for name in directed if between[name].notna().any()]


def orientation(metric: str) -> int:
    """Return 1 if a higher value is better, -1 if a lower value is better."""
    return 1 if METRIC[metric].better == "higher" else -1


def automatic(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the automatic mask against a reader's independent mask."""
    return rows[(rows["pair"] == AUTO_PAIR) & (rows["reader"] == AUTO)]


def between_readers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a reader's independent mask against that of another reader."""
    return rows[rows["pair"] == INTER]


def means_by(table: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return the means of columns over the rows with the same keys; undefined if one row is undefined.

    A mean over the defined values alone would leave out exactly the pairs with an empty mask. The values of a
    group are sorted before they are added: so the sum is the same to the last bit for every order of rows and
    all names of readers, and ties stay ties.

    Returns
    -------
    pandas.DataFrame
        `keys` and `columns`, one row per group, sorted by `keys`.
    """
    groups = table.groupby(list(keys), sort=True).ngroup().to_numpy()
    result = table[list(keys)].drop_duplicates().sort_values(list(keys), ignore_index=True)
    if not len(table):
        return result.reindex(columns=[*keys, *columns]).astype(dict.fromkeys(columns, float))
    sizes = np.bincount(groups)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    for column in columns:
        values = table[column].to_numpy(dtype=float)
        ordered = values[np.lexsort((values, groups))]
        result[column] = np.add.reduceat(ordered, starts) / sizes
    return result


def _require_columns(table: pd.DataFrame, required: Sequence[str]) -> None:
    missing = [name for name in required if name not in table]
    if missing:
        raise InputError(
            f"the agreement table has no column {', '.join(missing)}; its columns: "
            f"{', '.join(map(str, table.columns))}.",
            "Give the table of `compare_cohort` (agreement.csv).",
        )


def _require_values(rows: pd.DataFrame, column: str, allowed: Sequence[str]) -> None:
    wrong = sorted(set(rows[column]) - set(allowed))
    if wrong:
        raise InputError(
            f"column {column} of the agreement table contains {', '.join(map(repr, wrong))}.",
            f"Allowed values: {', '.join(allowed)}.",
        )


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column[(numbers.isna() & column.notna() & (column.astype(str) != "")) | np.isinf(numbers)]
    if len(wrong):
        raise InputError(
            f"column {column.name} of the agreement table contains {wrong.iloc[0]!r}.",
            "Give a number, or leave the cell empty if the value is undefined.",
        )
    return numbers


def _require_once(rows: pd.DataFrame) -> None:
    direct = rows["pair"].isin([AUTO_PAIR, INTER])
    for part, names in ((rows[direct], ["reader", "reference"]), (rows[~direct], [*_MASK, *_REFERENCE])):
        twice = part[part.duplicated([*CASE, "pair", *names])]
        if len(twice):
            row = twice.iloc[0]
            raise AmbiguousError(
                f"{', '.join(row[CASE])}: the agreement table has several rows of {row['reader']} against "
                f"{row['reference']} with pair {row['pair']!r}.",
                "Keep one row for each ordered pair of masks, with the first reading of each reader.",
            )


def require_names(readers: Iterable[str]) -> None:
    """Raise `InputError` for a reader whose name means several readers in the tables."""
    taken = sorted(set(readers) & {READERS, SAME_READER, OTHERS})
    if taken:
        raise InputError(
            f"a reader is called {taken[0]!r}, which means several readers in the tables.",
            "Give this reader another name.",
        )
