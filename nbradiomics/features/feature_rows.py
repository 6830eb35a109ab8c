"""Rows of a feature table, and the failures of features that a row lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbradiomics.cohort import Case
from nbradiomics.cohort.sites import Sites
from nbradiomics.execution.batch import Failure
from nbradiomics.features.extract import ENGINES, first_of
from nbradiomics.features.grouped import STAGE
from nbradiomics.features.held import HeldRow
from nbradiomics.features.parameters import Parameters, values_hash
from nbradiomics.features.schema import FEATURES
from nbradiomics.tables import extracted_columns

#: Cells of the index columns of a row.
Index = Sequence[str | int]


class Origin(NamedTuple):
    """What computed a row: texts of the columns `engine` and `parameters`."""

    engine: str
    parameters: str


def origin_of(engine: str, parameters: Parameters) -> Origin:
    """Engine and hash of the parameters, as they stand in a feature table."""
    return Origin(engine_name(engine, parameters), values_hash(parameters))


def engine_name(engine: str, parameters: Parameters) -> str:
    """Text of the column `engine`: engine, version, and departures from PyRadiomics."""
    departures = f"; {parameters.own}" if parameters.own.asks else ""
    return f"{engine} {ENGINES[engine].engine_version()}{departures}"


def index_of(case: Case, origin: Origin, sites: Sites, variant: str | None = None) -> Index:
    """Index columns of the row of a case, or of a variant of it that is made in memory."""
    made = case.scan.variant if variant is None else variant
    further = {"variant": made, **origin._asdict(), "in_training": case.in_training, "in_fit": case.in_fit}
    site = sites.get((case.scan.subject, case.scan.timepoint, case.scan.sequence), "")
    return [{**case.index(), **further, "site": site}[column] for column in FEATURES.names]


def assembled(rows: Mapping[str, Index], results: Mapping[str, HeldRow]) -> pd.DataFrame:
    """Make a feature table; a row without a result has missing values.

    Parameters
    ----------
    rows
        Index columns of each row by its name.
    results
        Results by the name of the row. They may lack features (an image too small for a filter): the table
        has the union of all features, in order.
    """
    kinds = dict.fromkeys(row.names for row in results.values())
    columns = list(dict.fromkeys(column for names in kinds for column in names))
    place = {column: number for number, column in enumerate(columns)}
    places = {names: [place[column] for column in names] for names in kinds}
    values = np.full((len(rows), len(columns)), np.nan)
    for line, name in enumerate(rows):
        if (row := results.get(name)) is not None:
            values[line, places[row.names]] = row.values
    index = FEATURES.table(rows.values())
    index = index.drop(columns=[name for name in FEATURES.left_out if not index[name].any()])
    return pd.concat([index, pd.DataFrame(values, columns=columns)], axis=1)


def incomplete(table: pd.DataFrame, results: Mapping[str, HeldRow]) -> list[Failure]:
    """Return one failure for each row and reason of missing features that were requested."""
    columns = extracted_columns(table)
    failures = []
    for name, row in results.items():
        missing: dict[str, list[str]] = defaultdict(list)
        for feature, reason in row.missing.items():
            missing[reason].append(feature)
        total = len(dict.fromkeys((*columns, *row.missing)))
        for reason, features in missing.items():
            cause = f"{len(features)} of {total} features are undefined ({first_of(features)}): {reason}."
            failures.append(
                Failure(name, STAGE, cause, "Their values are missing in this row; all others are valid.")
            )
    return failures
