"""Features of a distribution of numbers: the families `stat` (intensities) and `ih` (grey levels).

Definitions as in the IBSI reference manual (Zwanenburg et al. 2016, arXiv:1612.07003, sections 3.3 and 3.4).
Percentiles are interpolated as in the class `firstorder`, which complies with the reference values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.firstorder import percentiles

Floats = NDArray[np.float64]
_PERCENTS = (10, 25, 50, 75, 90)


@dataclass(frozen=True)
class Numbers:
    """Numbers, each with how often it occurs.

    Attributes
    ----------
    values
        Shape (n,), finite.
    counts
        How often each value occurs, shape (n,); ``None`` if each stands for itself.
    """

    values: Floats
    counts: NDArray[np.int64] | None = None

    def mean(self, of: Floats, within: NDArray[np.bool_] | None = None) -> float:
        """Average numbers `of` the values, those `within` a part; NaN if there are none."""
        chosen = of if within is None else of[within]
        if self.counts is None:
            return float(chosen.mean()) if chosen.size else math.nan
        counts = self.counts if within is None else self.counts[within]
        total = counts.sum()
        return float(chosen @ counts / total) if total else math.nan

    def percentiles(self) -> list[float]:
        """Return the 10th, 25th, 50th, 75th and 90th percentile."""
        if self.counts is None:
            return percentiles(self.values, _PERCENTS, (self.values.min(), self.values.max()))
        # Percentiles of values that are sorted and occur several times: only their ranks are needed.
        ends = np.cumsum(self.counts)
        last = int(ends[-1]) - 1
        places = [last * (percent / 100) for percent in _PERCENTS]
        lower, upper = (
            self.values[np.searchsorted(ends, np.minimum(np.floor(places) + step, last), side="right")]
            for step in (0, 1)
        )
        found: list[float] = (lower + (upper - lower) * (places - np.floor(places))).tolist()
        return found


def distribution_features(numbers: Numbers) -> dict[str, float]:
    """Compute the features that the families `stat` and `ih` share.

    Parameters
    ----------
    numbers
        At least one; with counts the values ascend.

    Returns
    -------
    dict
        Value by the name in the tables of the IBSI, without the family. Skewness and excess kurtosis of a
        single number are 0 by definition; a ratio whose denominator is 0 is NaN.
    """
    values = numbers.values
    low, high = float(values.min()), float(values.max())
    p10, p25, median, p75, p90 = numbers.percentiles()
    # The sum of many equal numbers is rounded: their mean is the number itself.
    mean = low if low == high else numbers.mean(values)
    deviations = values - mean
    squares = deviations * deviations
    variance = numbers.mean(squares)
    within = (values >= p10) & (values <= p90)
    middle = numbers.mean(values, within)
    scale = variance or 1.0
    return {
        "mean": mean,
        "var": variance,
        "skew": numbers.mean(squares * deviations) / scale**1.5,
        "kurt": numbers.mean(squares * squares) / scale**2 - 3.0 if variance else 0.0,
        "median": median,
        "min": low,
        "p10": p10,
        "p90": p90,
        "max": high,
        "iqr": p75 - p25,
        "range": high - low,
        "mad": numbers.mean(np.abs(deviations)),
        "rmad": numbers.mean(np.abs(values - middle), within),
        "medad": numbers.mean(np.abs(values - median)),
        "cov": math.sqrt(variance) / mean if mean else math.nan,
        "qcod": (p75 - p25) / (p75 + p25) if p75 + p25 else math.nan,
    }


def statistical_features(values: Floats) -> dict[str, float]:
    """Compute the family `stat`: the distribution of the intensities.

    Parameters
    ----------
    values
        Intensities of the region, shape (n,), finite.

    Returns
    -------
    dict
        Value by the name in the tables of the IBSI, without the family.
    """
    energy = float(values @ values)
    found = distribution_features(Numbers(values))
    return {**found, "energy": energy, "rms": math.sqrt(energy / len(values))}
