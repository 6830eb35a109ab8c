"""Where the variation of a feature comes from: subjects, sites, timepoints, readers, variants or the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.settings import MINIMUM_SUBJECTS
from nbradiomics.reproducibility.statistics.mean_squares import SMALLEST_SPREAD
from nbradiomics.reproducibility.variance.components import (
    FACTORS,
    SUBJECT,
    Design,
    components_text,
    design_of,
)
from nbradiomics.reproducibility.variance.reml import fit_reml
from nbradiomics.reproducibility.variance.reml_layout import Floats
from nbradiomics.reproducibility.variance.repeated_rows import (
    features_of,
    repeated_rows,
    require_filled,
    require_single_rows,
)
from nbradiomics.reproducibility.variance.schema import VARIANCE, share_name, variance_name
from nbradiomics.settings import spread
from nbradiomics.tables import Rows


@spread(rows=Rows)
def variance_components(
    features: pd.DataFrame,
    *,
    components: Sequence[str] = (),
    readers: Sequence[str] | None = None,
    feature_names: Sequence[str] = (),
    min_subjects: int = MINIMUM_SUBJECTS,
    rows: Rows = Rows(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Divide the variance of each feature into shares of subject, reader, site and others.

    All components are random effects, estimated together by restricted maximum likelihood (REML), in balanced
    and unbalanced tables. The share of the subject is what a biomarker needs; all others are noise.

    Parameters
    ----------
    features
        Feature table: ``subject``, and columns of `FACTORS` (``site``, ``timepoint``, ``reader``,
        ``variant``). Several readings of a reader are repetitions, whose variation belongs to the residual.
    components
        Factors to use; by default all columns of `FACTORS` with several values.
    readers
        Readers to use; by default all except ``auto``, the model. With ``auto``, subjects that the model was
        trained on are left out.
    feature_names
        As in `assess_reproducibility`.
    min_subjects
        Fewer subjects have no components; also the least number of subjects with repeated measurements before
        the interaction of subject and factor is told apart from the residual.
    rows
        Which rows to use. Each field is also a keyword: ``timepoint="baseline"``.

    Returns
    -------
    pandas.DataFrame
        One row per feature with the columns of `reproducibility.variance.schema.VARIANCE`. Variances are 0 or
        more: the likelihood is maximised among these. Components that are not in the design are missing
        values.

    Raises
    ------
    InputError
        When there is no feature, nothing is repeated, or two components cannot be told apart in this table,
        such as a reader and a site if each reader worked at one site only.
    AmbiguousError
        When several rows have the same subject, levels and reading.

    See Also
    --------
    nbradiomics.reproducibility.variance.reml.fit_reml : the estimator and its references.

    Examples
    --------
    >>> table = variance_components(features, components=["reader"])
    >>> table[["share_subject", "share_reader", "share_residual"]].round(2).to_numpy().tolist()
    [[0.99, 0.0, 0.01], [0.0, 0.0, 1.0]]
    """
    table = repeated_rows(features, readers, rows)
    names = features_of(table, feature_names)
    factors = _factors(table, components)
    require_filled(table, factors, "Give a value in every row, or name the components without it.")
    _require_one_row_each(table, factors)
    design_of(table, factors, min_subjects)  # refuses a table that cannot answer the question for any feature
    values = table[names].to_numpy(dtype=np.float64, na_value=np.nan).T
    records = [dict[str, Any]()] * len(names)
    for which, present in _by_rows(values):
        part = table[present]
        fitted = _of_features(part, values[which][:, present], factors, min_subjects)
        for place, record in zip(which, fitted, strict=True):
            records[place] = {"feature": names[place], **record}
    return VARIANCE.table(records)


def _factors(table: pd.DataFrame, components: Sequence[str]) -> list[str]:
    """Return the factors to use, in the order of `FACTORS`."""
    varying = [name for name in FACTORS if name in table and table[name].nunique() > 1]
    if not components:
        return varying
    for name in components:
        if name == SUBJECT:
            continue
        if name not in FACTORS:
            raise InputError(
                f"{name!r} is not a component.",
                f"{did_you_mean(name, FACTORS)}Choose from: {', '.join(FACTORS)}.",
            )
        if name not in varying:
            raise InputError(
                f"the rows have {'one value of' if name in table else 'no column'} {name}.",
                f"Columns with several values: {', '.join(varying) or 'none'}.",
            )
    return [name for name in varying if name in components]


def _require_one_row_each(table: pd.DataFrame, factors: Sequence[str]) -> None:
    columns = [SUBJECT, *factors, *(["reading"] if "reading" in table else [])]
    left = [name for name in FACTORS if name in table and name not in factors and table[name].nunique() > 1]
    other = f" or name {' and '.join(left)} as components" if left else ""
    require_single_rows(
        table,
        columns,
        f"Choose one value of the other columns{other}: they would be mistaken for repetitions.",
    )


def _by_rows(values: Floats) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield the features that have values in the same rows, with these rows."""
    finite = np.isfinite(values)
    patterns, which = np.unique(finite, axis=0, return_inverse=True)
    for number, present in enumerate(patterns):
        yield np.flatnonzero(which.ravel() == number), present


def _of_features(
    table: pd.DataFrame, values: Floats, factors: Sequence[str], minimum: int
) -> list[dict[str, Any]]:
    """Variances and shares of some features that have values in all of these rows."""
    subjects = table[SUBJECT].nunique()
    record = {"subjects": subjects, "rows": len(table), "levels": ""}
    if subjects < minimum:
        return [{**record, "note": f"{counted(subjects, 'subject')}; {minimum} are needed"}] * len(values)
    try:
        design = design_of(table, [name for name in factors if table[name].nunique() > 1], minimum)
    except InputError as error:
        return [{**record, "note": error.problem}] * len(values)
    record["levels"] = ", ".join(
        f"{name} {count}" for name, count in design.levels.items() if name != SUBJECT
    )
    record["not_told_apart"] = "; ".join(
        f"{components_text(name)} ({why})" for name, why in design.merged.items()
    )
    centred = values - values[:, :1]
    varies = np.ptp(values, axis=1) > SMALLEST_SPREAD * np.abs(values).max(axis=1)
    variances = np.full((len(values), len(design.names)), np.nan)
    if varies.any():
        variances[varies] = fit_reml(design.layout, centred[varies])
    return [
        {**record, **_columns(design, row), "note": _note(row, bool(varied))}
        for row, varied in zip(variances, varies, strict=True)
    ]


def _columns(design: Design, variances: Floats) -> dict[str, float]:
    shares = variances / variances.sum()
    return {
        name: float(value)
        for form, numbers in ((variance_name, variances), (share_name, shares))
        for name, value in zip(map(form, design.names), numbers, strict=True)
    }


def _note(variances: Floats, varied: bool) -> str:
    if not varied:
        return "the values do not vary"
    return "" if np.isfinite(variances).all() else "the estimation did not converge"
