"""Choose the rows of a feature table that hold repeated measurements of the same subjects."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from nbradiomics.cohort.components import refuse_components
from nbradiomics.cohort.in_training import require_named_model, seen_subjects
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.reproducibility.levels import texts
from nbradiomics.reproducibility.variance.components import FACTORS, SUBJECT
from nbradiomics.tables import AUTO, Rows, feature_columns, select
from nbradiomics.tables.same_parameters import require_one_hash

#: Columns of which one value must be chosen: another sequence or engine is not a repetition of the same
#: measurement.
_FIXED = ("sequence", "roi", "engine")


def repeated_rows(
    features: pd.DataFrame, readers: Sequence[str] | None, rows: Rows, fixed: Sequence[str] = ()
) -> pd.DataFrame:
    """Choose the rows, with the subject and all factors as text; an empty cell of a factor is an empty text.

    Parameters
    ----------
    features
        Feature table with a column ``subject``.
    readers
        Readers to use; ``None`` for all except ``auto``, the model.
    rows
        Rows to use; of sequence, region and engine one value is needed.
    fixed
        Further columns of which one value is needed.

    Raises
    ------
    InputError
        When there is no column ``subject``, a cell of it or of a factor is empty, a reader is not in the
        table, the regions are components, the model was trained on all subjects with automatic masks, or the
        rows were made with different parameters.
    AmbiguousError
        When several sequences, regions or engines are left.
    """
    if SUBJECT not in features:
        raise InputError(
            "the table has no column subject.",
            f"{did_you_mean(SUBJECT, map(str, features.columns))}Name the person of each row in it.",
        )
    require_named_model(features)
    table = _of_readers(features, readers)
    wanted = {
        name: value for name, value in rows.wanted().items() if name in (*_FIXED, *fixed) or value is not None
    }
    table = select(_unseen(table, features), **wanted)
    require_one_hash(table)
    refuse_components(table["roi"].unique() if "roi" in table else [])
    known = [name for name in FACTORS if name in table]
    table = table.assign(**{name: texts(table[name].fillna("")) for name in known})
    require_filled(
        table.assign(subject=texts(table[SUBJECT].fillna(""))), [SUBJECT], "Give a value in every row."
    )
    return table.assign(subject=table[SUBJECT].astype(str))


def require_filled(table: pd.DataFrame, columns: Sequence[str], remedy: str) -> None:
    """Raise `InputError` if a cell of some columns of text is empty."""
    for column in columns:
        empty = int((table[column].str.strip() == "").sum())
        if empty:
            raise InputError(f"the column {column} is empty in {empty} of {len(table)} rows.", remedy)


def features_of(table: pd.DataFrame, patterns: Sequence[str]) -> list[str]:
    """Return the names of the features, at least one."""
    names = feature_columns(table, patterns)
    if not names:
        raise InputError("the table has no feature.", "Give a feature table: one numeric column per feature.")
    return names


def require_single_rows(table: pd.DataFrame, columns: Sequence[str], remedy: str) -> None:
    """Raise `AmbiguousError` if several rows have the same values in some columns."""
    repeated = table.loc[table.duplicated(list(columns)), list(columns)]
    if len(repeated):
        first = ", ".join(f"{name} {value}" for name, value in repeated.iloc[0].items())
        raise AmbiguousError(f"several rows have the same {', '.join(columns)}: {first}.", remedy)


def _of_readers(features: pd.DataFrame, readers: Sequence[str] | None) -> pd.DataFrame:
    if "reader" not in features:
        if readers is not None:
            raise InputError("the table has no column reader.", "Leave out the readers.")
        return features
    names = features["reader"].astype(str)
    if readers is None:
        chosen = features[names != AUTO]
        if chosen.empty:
            raise InputError(
                f"the table has only rows of reader {AUTO!r}.", f"Name the reader {AUTO!r} to use them."
            )
        return chosen
    absent = [name for name in readers if name not in set(names)]
    if absent:
        present = sorted(set(names))
        raise InputError(
            f"the table has no row of reader {absent[0]!r}.",
            f"{did_you_mean(absent[0], present)}Readers in the table: {', '.join(present)}.",
        )
    return features[names.isin(list(readers))]


def _unseen(table: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Leave out the subjects that the model was trained on, if its masks are among the rows.

    Any row of the feature table may say so, also one that was not chosen.
    """
    if "reader" not in table or not (table["reader"] == AUTO).any():
        return table
    seen = seen_subjects(features)
    kept = table[~table[SUBJECT].astype(str).isin(seen)]
    if not (kept["reader"] == AUTO).any():
        raise InputError(
            "the model was trained on all subjects with automatic masks.",
            f"Leave {AUTO!r} out, or use subjects that are new to the model.",
        )
    return kept
