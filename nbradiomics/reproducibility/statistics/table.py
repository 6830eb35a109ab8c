"""All statistics of reproducibility of many features, in blocks that fit into the cache of a processor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.reproducibility.statistics.bland_altman import limits_of_agreement
from nbradiomics.reproducibility.statistics.bootstrap import bootstrap_limits
from nbradiomics.reproducibility.statistics.concordance import concordance
from nbradiomics.reproducibility.statistics.generalised import generalised_ratio
from nbradiomics.reproducibility.statistics.icc import IccResult, icc
from nbradiomics.reproducibility.statistics.mean_squares import mean_squares
from nbradiomics.reproducibility.statistics.one_way import one_way_icc
from nbradiomics.reproducibility.statistics.rank_agreement import kendall_w
from nbradiomics.reproducibility.statistics.within_subject import within_subject

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

#: Values of one block: 2 MB.
BLOCK_VALUES = 2**18


def statistics(ratings: Floats, form: str, settings: StabilitySettings) -> Columns:
    """Return all statistics of some features, by column of the table of reproducibility.

    Parameters
    ----------
    ratings
        Shape (features, subjects, raters); NaN is a missing value.
    form
        Form of the ICC. For the one-way form ``"1"`` a subject needs two values; for the others, and for all
        statistics that compare raters, a value by every rater.
    settings
        Confidence level and kind of the intervals.

    Returns
    -------
    dict
        Arrays of shape (features,): ``subjects, complete, icc, low, high, ccc ...``.
    """
    features, subjects, raters = ratings.shape
    size = max(1, BLOCK_VALUES // max(subjects * raters, 1))
    parts = [
        _block(ratings[start : start + size], form, settings) for start in range(0, max(features, 1), size)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _block(ratings: Floats, form: str, settings: StabilitySettings) -> Columns:
    ratings = _by_rater(ratings)
    rated: NDArray[np.bool_] = np.asarray(np.isfinite(ratings).all(axis=2))
    columns: Columns = {"complete": rated.sum(axis=1).astype(np.int64)}
    columns |= _in_patterns(ratings, rated, lambda part: _comparison(part, settings.confidence))
    if settings.bootstraps:
        columns |= _in_patterns(ratings, rated, lambda part: _bootstrapped(part, form, settings))
    result = icc_of(ratings, form, settings)
    columns |= {"subjects": result.subjects, "icc": result.value, "low": result.low, "high": result.high}
    if form == "1" and not settings.readers_in_general:
        return columns | _within(ratings, settings.confidence)
    complete = ratings if rated.all() else np.where(rated[:, :, np.newaxis], ratings, np.nan)
    columns |= _within(complete, settings.confidence)
    if settings.readers_in_general:
        columns |= _within_in_general(ratings, columns, settings.confidence)
    return columns


def _by_rater(ratings: Floats) -> Floats:
    """Copy the ratings so that those of one rater lie together in memory: sums over raters are then fast."""
    features, subjects, raters = ratings.shape
    if not subjects:
        return np.full((features, 1, raters), np.nan)
    copy: Floats = np.empty((raters, features, subjects)).transpose(1, 2, 0)
    copy[...] = ratings
    copy[np.isinf(copy)] = np.nan
    return copy


def icc_of(ratings: Floats, form: str, settings: StabilitySettings) -> IccResult:
    """Return the ICC and the interval that decide whether a feature is stable.

    Parameters
    ----------
    ratings, form, settings
        As in `statistics`.
    """
    if form == "1" and not settings.readers_in_general:
        estimate, subjects = one_way_icc(ratings, settings.confidence)
        return IccResult(estimate.value, estimate.low, estimate.high, subjects)
    return icc(ratings, form, settings.confidence, readers_in_general=settings.readers_in_general)


def _in_patterns(ratings: Floats, rated: NDArray[np.bool_], function: Callable[[Floats], Columns]) -> Columns:
    """Apply a function of complete ratings to all features with the same rated subjects at once."""
    columns: Columns = {}
    for places, subjects in _patterns(rated):
        part = ratings if subjects.all() and len(places) == len(ratings) else ratings[places][:, subjects]
        for name, values in function(part).items():
            columns.setdefault(name, np.full(len(ratings), np.nan))[places] = values
    return columns


def _patterns(rated: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Yield the features that have the same rated subjects, and these subjects."""
    if rated.all():
        yield np.arange(len(rated)), np.ones(rated.shape[1], dtype=bool)
        return
    _, first, group = np.unique(np.packbits(rated, axis=1), axis=0, return_index=True, return_inverse=True)
    for number, place in enumerate(first):
        yield np.flatnonzero(group.ravel() == number), rated[place]


def _comparison(ratings: Floats, confidence: float) -> Columns:
    """Return the statistics that compare raters on the same subjects."""
    ccc = concordance(ratings, confidence)
    limits = limits_of_agreement(ratings, confidence)
    return {
        "ccc": ccc.value,
        "ccc_low": ccc.low,
        "ccc_high": ccc.high,
        **{field.name: getattr(limits, field.name) for field in fields(limits)},
        "kendall_w": kendall_w(ratings),
    }


def _bootstrapped(ratings: Floats, form: str, settings: StabilitySettings) -> Columns:
    limits = bootstrap_limits(ratings, form, settings.confidence, settings.bootstraps)
    return {
        f"{name}_bca_{side}": values
        for name, pair in limits.items()
        for side, values in zip(("low", "high"), pair, strict=True)
    }


def _within_in_general(ratings: Floats, columns: Columns, confidence: float) -> Columns:
    """Return limits of the repeatability coefficients for raters in general."""
    positive = np.isfinite(columns["rc_log"])
    logs = np.log(ratings, out=np.full_like(ratings, np.nan), where=positive[:, None, None])
    changed: Columns = {}
    for name, values in (("rc", ratings), ("rc_log", logs)):
        rated = np.asarray(np.isfinite(values).all(axis=2))
        ratios = [np.full(len(ratings), np.nan) for _ in range(2)]
        enough = (rated.sum(axis=1) > 1) & (ratings.shape[2] > 1)
        ratios[0][enough], ratios[1][enough] = generalised_ratio(
            mean_squares(values[enough], rated[enough]), confidence
        )
        for side, ratio in zip(("low", "high"), ratios, strict=True):
            factor = np.sqrt(ratio)
            changed[f"{name}_{side}"] = columns[name] * factor if name == "rc" else columns[name] ** factor
    return changed


def _within(ratings: Floats, confidence: float) -> Columns:
    result = within_subject(ratings, confidence)
    return {field.name: getattr(result, field.name) for field in fields(result)}
