"""Volumes of two readers: bias and limits of agreement."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from nbradiomics.agreement.reader_study.agreement_table import CASE, automatic, between_readers
from nbradiomics.agreement.reader_study.names import BY_BOOTSTRAP, BY_FORMULA
from nbradiomics.agreement.reader_study.resampling import (
    NONE,
    Numbers,
    fewest_subjects,
    percentile_interval,
    subject_weights,
)
from nbradiomics.agreement.reader_study.schemas import BLAND_ALTMAN
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings

_PARTS = ("bias", "low", "high")


def bland_altman_table(rows: pd.DataFrame, settings: ReaderStudySettings) -> pd.DataFrame:
    """Return the limits of agreement of the volumes: auto against each reader, each pair of readers once.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.BLAND_ALTMAN`: one row per pair; the unit is the case.
    """
    table = []
    for (reader, reference), part in _pairs(rows).groupby(["reader", "reference"], sort=True):
        defined = part[part["volume_ml"].notna() & part["reference_ml"].notna()]
        positive = defined[(defined["volume_ml"] > 0) & (defined["reference_ml"] > 0)]
        logs = np.log((positive["volume_ml"] / positive["reference_ml"]).to_numpy(dtype=float))
        limits = limits_of_agreement(
            (defined["volume_ml"] - defined["reference_ml"]).to_numpy(), _subjects(defined), settings
        )
        ratios = limits_of_agreement(logs, _subjects(positive), settings)
        table.append(
            {
                "reader": reader,
                "reference": reference,
                "n": len(defined),
                "subjects": defined["subject"].nunique(),
                "left_out": len(part) - len(defined),
                "ratio_n": len(positive),
                "ratio_left_out": len(defined) - len(positive),
                "intervals": BY_BOOTSTRAP if defined["subject"].duplicated().any() else BY_FORMULA,
                **_named(limits, "ml"),
                **{name: _percent(value) for name, value in _named(ratios, "percent").items()},
            }
        )
    return BLAND_ALTMAN.table(table)


def limits_of_agreement(
    differences: Numbers, subjects: NDArray[np.intp], settings: ReaderStudySettings
) -> dict[str, tuple[float, float, float]]:
    """Return bias and limits of agreement, each with its interval.

    Parameters
    ----------
    differences
        Shape (cases,), finite.
    subjects
        Shape (cases,): index of the subject of each case.

    Returns
    -------
    dict
        ``bias``, ``low``, ``high`` as (value, lower limit, upper limit), ``sd`` as (value, NaN, NaN).

    Notes
    -----
    The limits are d -+ z s, with z = 1.96 at 95 %. With one case per subject, the interval of d is d -+
    t s / sqrt(n), and that of a limit is the limit -+ t s sqrt(1 / n + z^2 / (2 (n - 1))), where t has n - 1
    degrees of freedom. Cases of one subject are not independent: if a subject has several cases, the
    intervals are percentiles of a bootstrap of subjects.

    Source: Bland JM, Altman DG. Lancet 1986;327:307-310; Stat Methods Med Res 1999;8:135-160.
    """
    count = len(differences)
    if not count:
        return dict.fromkeys((*_PARTS, "sd"), (math.nan, *NONE))
    z = float(stats.norm.ppf((1 + settings.confidence) / 2))
    bias = float(differences.mean())
    sd = float(differences.std(ddof=1)) if count > 1 else math.nan
    values = {"bias": bias, "low": bias - z * sd, "high": bias + z * sd}
    if len(np.unique(subjects)) < count:
        intervals = _bootstrap_intervals(differences, subjects, z, settings)
    else:
        intervals = _formula_intervals(values, sd, count, z, settings)
    return {**{name: (value, *intervals[name]) for name, value in values.items()}, "sd": (sd, *NONE)}


def _formula_intervals(
    values: dict[str, float], sd: float, count: int, z: float, settings: ReaderStudySettings
) -> dict[str, tuple[float, float]]:
    if count < 2:
        return dict.fromkeys(_PARTS, NONE)
    t = float(stats.t.ppf((1 + settings.confidence) / 2, count - 1))
    limit = math.sqrt(1 / count + z**2 / (2 * (count - 1)))
    halves = {"bias": t * sd / math.sqrt(count), "low": t * sd * limit, "high": t * sd * limit}
    return {name: (value - halves[name], value + halves[name]) for name, value in values.items()}


def _bootstrap_intervals(
    differences: Numbers, subjects: NDArray[np.intp], z: float, settings: ReaderStudySettings
) -> dict[str, tuple[float, float]]:
    amount = int(subjects.max()) + 1
    if amount < fewest_subjects(settings.confidence):
        return dict.fromkeys(_PARTS, NONE)
    weights = subject_weights(amount, settings.bootstraps, settings.seed)[:, subjects]
    total = weights.sum(axis=1)
    centre = differences.mean()
    mean = weights @ (differences - centre) / total
    squares = weights @ (differences - centre) ** 2
    # A sample of one case has no spread. Because of rounding, a variance of 0 can be slightly below 0.
    sd = np.sqrt(np.maximum(squares - total * mean**2, 0) / np.maximum(total - 1, 1))
    draws = {"bias": mean, "low": mean - z * sd, "high": mean + z * sd}
    return {name: percentile_interval(draw + centre, settings.confidence) for name, draw in draws.items()}


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each pair once; of two readers, the reader is the one whose name comes first."""
    columns = [*CASE, "reader", "reference", "volume_ml", "reference_ml"]
    inter = between_readers(rows)[columns]
    swapped = inter.rename(
        columns={
            "reader": "reference",
            "reference": "reader",
            "volume_ml": "reference_ml",
            "reference_ml": "volume_ml",
        }
    )
    both = pd.concat([inter, swapped[columns]])
    once = both[both["reader"] < both["reference"]]
    # If a pair failed in one direction only, the volumes of the other direction are used.
    once = once.sort_values([*CASE, "reader", "reference", "volume_ml"], ignore_index=True)
    return pd.concat([automatic(rows)[columns], once.drop_duplicates([*CASE, "reader", "reference"])])


def _subjects(rows: pd.DataFrame) -> NDArray[np.intp]:
    return np.asarray(pd.factorize(rows["subject"], sort=True)[0])


def _named(limits: dict[str, tuple[float, float, float]], unit: str) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for part, (value, low, high) in limits.items():
        named |= {f"{part}_{unit}": value, f"{part}_{unit}_low": low, f"{part}_{unit}_high": high}
    return named


def _percent(log_ratio: float) -> float:
    return 100 * math.expm1(log_ratio)
