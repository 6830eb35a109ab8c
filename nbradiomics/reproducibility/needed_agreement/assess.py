"""How well two masks must agree before a feature can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted, tally
from nbradiomics.reproducibility.needed_agreement.feature_pairs import (
    OrderedPairs,
    feature_pairs,
    in_order,
)
from nbradiomics.reproducibility.needed_agreement.interval import draw_subjects, needed_interval
from nbradiomics.reproducibility.needed_agreement.joined import JoinedPairs, join_pairs
from nbradiomics.reproducibility.needed_agreement.limits import Spread, icc_limits, read_repeatability
from nbradiomics.reproducibility.needed_agreement.schema import (
    EVERYWHERE,
    ICC,
    INSIDE,
    LEFT_OUT,
    NEEDED_AGREEMENT,
    NOWHERE,
    TABLE,
)
from nbradiomics.reproducibility.needed_agreement.settings import NeededAgreementSettings
from nbradiomics.settings import spread
from nbradiomics.tables import Rows, feature_columns
from nbradiomics.tables.result import Result

Floats = NDArray[np.float64]

#: Fewest pairs for a needed agreement; see docs/needed-agreement.md.
FEWEST_PAIRS = 50
#: An interquartile range or limit below this share of the values is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, repr=False)
class NeededAgreement(Result):
    """The agreement that each feature needs.

    Attributes
    ----------
    table
        One row per feature and metric, with the columns of `NEEDED_AGREEMENT`.
    left_out
        Pairs of the agreement table that no feature uses, with the column ``reason``.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame


@spread(rows=Rows, settings=NeededAgreementSettings)
def needed_agreement(
    features: pd.DataFrame,
    agreement: pd.DataFrame,
    *,
    repeatability: pd.DataFrame | None = None,
    feature_names: Sequence[str] = (),
    rows: Rows = Rows(),  # noqa: B008 - frozen
    settings: NeededAgreementSettings = NeededAgreementSettings(),  # noqa: B008 - frozen
) -> NeededAgreement:
    """Find how well two masks must agree for a feature to stay within its limit in 90 % of pairs.

    Parameters
    ----------
    features
        Feature table: ``subject``, ``reader``, if possible the other index columns of `nbradiomics.tables`,
        and one numeric column per feature.
    agreement
        Agreement of the same masks, from `compare_cohort`: ``subject``, ``reader``, ``reference`` and the
        metrics; further columns of the schema are used if they are there. Both directions of a pair count as
        one pair. Pairs with the automatic mask of a subject that the model was trained on never count.
    repeatability
        Table with the columns ``feature`` and ``rc`` (with ``scale="log"``: ``rc_log``, a ratio): how much
        each feature differs between two measurements, from a test-retest, intra-reader or perturbation
        study. Without it, the limit is the difference that belongs to an intraclass correlation.
    feature_names
        Names or patterns (``original_shape_*``) of the feature columns. By default the columns with a name of
        PyRadiomics or the IBSI; in a table without such columns, all numeric columns.
    rows
        Which rows to use, if a column has several values. Each field is also a keyword of this function:
        ``timepoint="baseline"``. ``reading`` has no effect: readings are part of a pair.
    settings
        Metrics, share, limit and interval. Each field is also a keyword: ``icc=0.75``.

    Returns
    -------
    NeededAgreement
        The table with one row per feature and metric, and the pairs that were left out.

    Raises
    ------
    InputError
        When a table lacks a column or has an invalid cell, no pair of masks is in both tables, or the table
        of repeatability has none of the features.
    AmbiguousError
        When a column without a chosen value has several values, or a mask has several rows.

    See Also
    --------
    assess_reproducibility : the intraclass correlation of each feature.

    Notes
    -----
    The share of pairs within the limit is estimated as a function of the agreement by local linear
    regression, made monotone, and inverted. The interval is a bootstrap of the subjects, in which a limit
    that comes from the cohort is estimated again. ``docs/needed-agreement.md`` states the assumptions.

    Examples
    --------
    >>> features = pd.read_parquet("results/features.parquet")
    >>> agreement = pd.read_csv("results/agreement.csv")
    >>> found = needed_agreement(features, agreement, metrics=("dice",))
    >>> found.table["reason"].tolist()
    ['3 pairs of 3 subjects; 50 pairs of 20 subjects are needed']
    """
    settings = _with_metrics_of(agreement, settings)
    joined = join_pairs(features, agreement, rows, settings)
    limits = None if repeatability is None else read_repeatability(repeatability, settings.scale)
    names, found = feature_columns(joined.features, feature_names), []
    _require_known(names, limits)
    for feature in names:
        known = None if limits is None else limits.get(feature, np.nan)
        found += list(_rows_of_feature(joined, feature, known, settings))
    return NeededAgreement(NEEDED_AGREEMENT.table(found), LEFT_OUT.table(joined.left_out))


def _require_known(names: Sequence[str], limits: dict[str, float] | None) -> None:
    """Refuse a table of repeatability of other features."""
    if names and limits is not None and not set(limits) & set(names):
        raise InputError(
            f"the table of repeatability has none of the {len(names)} features, such as {names[0]}.",
            "Give a table of the same features.",
        )


def _with_metrics_of(agreement: pd.DataFrame, settings: NeededAgreementSettings) -> NeededAgreementSettings:
    """Leave out default metrics that the table lacks; metrics that were asked for are never left out."""
    there = tuple(name for name in settings.metrics if name in agreement)
    asked = "metrics" in settings.model_fields_set
    return settings if asked or not there else settings.changed(metrics=there)


def _rows_of_feature(
    joined: JoinedPairs, feature: str, known: float | None, settings: NeededAgreementSettings
) -> Iterator[dict[str, Any]]:
    """One row for each metric."""
    values = feature_pairs(joined, feature, settings.scale)
    for metric in settings.metrics:
        ordered = in_order(joined, values, metric)
        row = {"feature": feature, "metric": metric, "left_out": len(joined.pairs) - len(ordered.agreement)}
        yield row | _assessed(ordered, known, settings)


def _assessed(pairs: OrderedPairs, known: float | None, settings: NeededAgreementSettings) -> dict[str, Any]:
    """The needed agreement of one feature in one metric."""
    row: dict[str, Any] = {
        "share": settings.share,
        "scale": settings.scale,
        "limit_from": ICC if known is None else TABLE,
        "icc": settings.icc if known is None else np.nan,
        "pairs": len(pairs.agreement),
        "pair_kinds": tally(pairs.kinds),
        "subjects": pairs.amount,
        "undefined_once": int(np.isinf(pairs.differences).sum()),
        "reached": "",
        "reason": "",
    }
    if not len(pairs.agreement):
        return row | {"reason": "no pair of masks with a value of the feature and of the metric"}
    row |= {"best": pairs.agreement[0], "worst": pairs.agreement[-1]}
    draws = draw_subjects(pairs.amount, settings.bootstraps, settings.seed)
    limits = _limits(pairs, draws, known, settings.icc)
    if np.isfinite(limits[0]) and limits[0] > 0:
        row |= {"limit": np.exp(limits[0]) if settings.scale == "log" else limits[0]}
        row |= {"within": float(np.mean(pairs.differences <= limits[0]))}
    reason = _too_few(pairs, settings) or _no_limit(limits[0], known, pairs)
    if reason:
        return row | {"reason": reason}
    inside = pairs.differences[np.newaxis, :] <= limits[:, np.newaxis]
    return row | _needed(pairs, inside, draws, settings)


def _limits(pairs: OrderedPairs, draws: Floats, known: float | None, icc: float) -> Floats:
    """The limit in the whole sample and in each bootstrap sample, shape (samples,)."""
    if known is not None:
        return np.full(len(draws), known)
    both = np.isfinite(pairs.means)
    if not both.any():
        return np.full(len(draws), np.nan)
    spread_of = Spread(pairs.means[both], pairs.differences[both], pairs.subjects[both])
    limits = icc_limits(spread_of, draws, icc)
    largest = float(np.abs(pairs.means[both]).max())
    return np.where(limits > _ROUNDING * largest, limits, 0.0)


def _no_limit(limit: float, known: float | None, pairs: OrderedPairs) -> str:
    if known is not None and not np.isfinite(known):
        return "the table of repeatability has no value for this feature"
    if not np.isfinite(limit):
        return "the feature is undefined for one mask of every pair"
    if limit > 0:
        return ""
    if known is not None:
        return "the limit of the table of repeatability allows no difference"
    finite = pairs.means[np.isfinite(pairs.means)]
    if np.quantile(finite, 0.75) - np.quantile(finite, 0.25) <= _ROUNDING * np.abs(finite).max():
        return "the middle half of the subjects have the same value: there is no limit"
    return "masks of one subject differ as much as subjects do: there is no limit"


def _too_few(pairs: OrderedPairs, settings: NeededAgreementSettings) -> str:
    amount = len(pairs.agreement)
    if amount >= FEWEST_PAIRS and pairs.amount >= settings.min_subjects:
        return ""
    there = f"{counted(amount, 'pair')} of {counted(pairs.amount, 'subject')}"
    return f"{there}; {FEWEST_PAIRS} pairs of {settings.min_subjects} subjects are needed"


def _needed(
    pairs: OrderedPairs, inside: NDArray[np.bool_], draws: Floats, settings: NeededAgreementSettings
) -> dict[str, Any]:
    found = needed_interval(pairs.agreement, inside, pairs.subjects, draws, settings)
    limits = {"low": found.low, "high": found.high}
    percent = f"{100 * settings.share:g} %"
    if np.isneginf(found.position):
        reason = f"fewer than {percent} of pairs are within the limit even at the best agreement"
        return limits | {"reached": NOWHERE, "reason": reason}
    if np.isposinf(found.position):
        reason = f"{percent} of pairs are within the limit even at the worst agreement"
        return limits | {"reached": EVERYWHERE, "needed": pairs.agreement[-1], "reason": reason}
    return limits | {"reached": INSIDE, "needed": found.needed}
