"""Which features a run measured, where they come from, and which have no value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from nbradiomics.evidence.collect.plain import counts_of, plain
from nbradiomics.evidence.facts import Fact
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.features.schema import FEATURES
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.tables import feature_columns
from nbradiomics.tables.feature_kinds import FILTERS, count_origins, origin_of, origins_in_words
from nbradiomics.tables.features import named_parts


def feature_facts(folder: ResultFolder) -> Iterator[Fact]:
    """Yield the number of features by their origin, and those without a value."""
    table = folder.table(FEATURES)
    names = [] if table is None else feature_columns(table)
    if table is None or not names:
        return
    measured = table[names].notna()
    rows = measured[measured.any(axis=1)]
    origins = count_origins(names)
    value: dict[str, Any] = {
        "number": len(names),
        "by_origin": origins,
        "by_class": counts_of(pd.Series([_class(name) for name in names])),
        "filters": sorted({name.split("_")[0] for name in names if origin_of(name) == FILTERS}),
        "without_any_value": [name for name in names if not measured[name].any()],
        "without_some_values": int((rows.any() & ~rows.all()).sum()),
    }
    text = f"{counted(len(names), 'feature')}: {origins_in_words(origins)}.{_named(value)}{_missing(value)}"
    yield folder.fact("features", text, plain(value), (FEATURES.file, "columns of features, missing values"))


def _class(name: str) -> str:
    parts = named_parts(name)
    return parts.class_ if parts else "other"


def _named(value: dict[str, Any]) -> str:
    if not value["filters"]:
        return ""
    # The maps of the standard are too large to be part of the package.
    return (
        f" The filters are {shortened(value['filters'])}; their comparison with the IBSI's reference maps is "
        "on the page docs/ibsi-filters.md, not in this evidence."
    )


def _missing(value: dict[str, Any]) -> str:
    lost, some = value["without_any_value"], value["without_some_values"]
    texts = [
        f"{counted(len(lost), 'feature')} without a value for any mask: {shortened(lost, 3)}."
        if lost
        else "",
        f"{counted(some, 'feature')} without a value for some of the measured masks." if some else "",
    ]
    return "".join(f" {text}" for text in texts if text)
