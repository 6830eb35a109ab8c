"""Take the features of regions from a feature table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from nbradiomics.cohort import Cohort
from nbradiomics.dicom.export.codes import feature_code
from nbradiomics.dicom.export.values import FeatureValues
from nbradiomics.errors import InputError
from nbradiomics.tables import ORIGINAL, choose_features, select
from nbradiomics.tables.features import BY_NAME

_KEY = ("subject", "timepoint", "sequence", "roi", "reader", "reading")
_DEFAULTS = {"timepoint": "baseline", "sequence": "unspecified", "roi": "tumour", "reading": 1}
#: Place of the region in the key of features.
ROI = _KEY.index("roi")
#: Feature values by subject, timepoint, sequence, region, reader and reading.
Features = Mapping[tuple[str, ...], FeatureValues]


def features_by_region(table: pd.DataFrame, cohort: Cohort, engine: str | None) -> tuple[Features, list[str]]:
    """Features of every row of a table that is about an original image, and columns that are left out.

    Parameters
    ----------
    table
        Feature table, as `nbradiomics.tables.read_feature_table` reads it.
    cohort
        Names the reader, if the table has no such column and the cohort has one reader.
    engine
        Engine to use, if the table has several.

    Raises
    ------
    InputError
        When the rows of the table cannot be told apart, have several engines, or are all of prepared images
        or other variants; or when there is no feature.
    """
    if "engine" in table:
        table = select(table, engine=engine)
    table = _with_key(table, cohort)
    table = _of_originals(table)
    double = table.duplicated(list(_KEY))
    if double.any():
        row = table.loc[double, list(_KEY)].iloc[0]
        raise InputError(
            f"the feature table has several rows of {'/'.join(map(str, row))}.",
            "Keep one row for each region of a scan and reader.",
        )
    choice = choose_features(table)
    if choice.why != BY_NAME:
        raise InputError(
            "the feature table has no column with the name of a PyRadiomics feature.",
            "Give a table of `nbradiomics extract` or of PyRadiomics.",
        )
    names = list(choice.names)
    _require_codes(names)
    engines = table["engine"] if "engine" in table else [""] * len(table)
    features = {
        tuple(map(_text, key)): _values(names, values, _text(text))
        for key, values, text in zip(
            table[list(_KEY)].itertuples(index=False, name=None),
            table[names].itertuples(index=False, name=None),
            engines,
            strict=True,
        )
    }
    return features, [choice.sentence] if choice.left_out else []


def _of_originals(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of original images, the only ones that the source series shows; at least one is expected."""
    if "variant" not in table or table.empty:
        return table
    names = table["variant"].fillna(ORIGINAL).replace("", ORIGINAL)
    if not (names == ORIGINAL).any():
        shown = ", ".join(sorted(map(str, set(names)))[:3])
        raise InputError(
            f"the feature table has only features of the variant {shown},"
            " that is, of images that were prepared or altered, and not of the source series.",
            "Export the masks alone, or features of the original images.",
        )
    return table[names == ORIGINAL]


def _with_key(table: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    if "subject" not in table:
        raise InputError("the feature table has no column subject.", "Name the column of the subjects.")
    absent: dict[str, Any] = {name: value for name, value in _DEFAULTS.items() if name not in table}
    if "reader" not in table:
        readers = cohort.readers()
        if len(readers) != 1:
            raise InputError(
                "the feature table has no column reader, and the cohort has several readers.",
                "Add the column: features belong to the masks of one reader.",
            )
        absent["reader"] = readers[0]
    return table.assign(**absent)


def _values(names: list[str], values: tuple[Any, ...], engine: str) -> FeatureValues:
    numbers = {name: float(value) for name, value in zip(names, values, strict=True) if not pd.isna(value)}
    finite = {name: number for name, number in numbers.items() if math.isfinite(number)}
    return FeatureValues(finite, len(names) - len(finite), engine)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _require_codes(names: list[str]) -> None:
    """Refuse features that would have the same code, and could not be told apart in a report."""
    taken: dict[tuple[str, str], str] = {}
    for name in names:
        code, scheme, _ = feature_code(name)
        other = taken.setdefault((code, scheme), name)
        if other != name:
            raise InputError(f"features {other!r} and {name!r} have the same code.", "Rename one of them.")
