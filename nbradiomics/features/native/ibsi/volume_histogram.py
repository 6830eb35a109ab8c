r"""The family `ivh`: which part of the region has at least a given intensity.

Definitions as in the IBSI reference manual (Zwanenburg et al. 2016, arXiv:1612.07003, section 3.5). The
intensities are divided into levels :math:`i` from the lowest possible one to the highest:
:math:`\nu_i` is the part of the voxels of level :math:`i` or higher, and
:math:`\gamma_i = (i - i_{min}) / (i_{max} - i_{min})` the place of the level between the extremes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Places and parts of the features, in per cent.
_PERCENTS = (10, 90)


@dataclass(frozen=True)
class Levels:
    """Levels of an intensity-volume histogram.

    Attributes
    ----------
    counts
        Voxels of each level, shape (n,).
    first
        Intensity of the first level, in the unit of the features.
    step
        Difference of two levels in the same unit.
    """

    counts: NDArray[np.int64]
    first: float
    step: float


def levels_of_number(values: Floats, number: int) -> Levels:
    r"""Divide intensities into `number` bins between their lowest and highest; the unit is the bin's number.

    For intensities of arbitrary units, such as those of MR and of filtered images; the IBSI recommends 1000.
    The bin is :math:`\lfloor N (x - x_{min}) / (x_{max} - x_{min}) \rfloor + 1`, and N for :math:`x_{max}`.
    """
    low, high = values.min(), values.max()
    if low == high:
        return Levels(np.array([len(values)]), 1.0, 1.0)
    bins = np.floor(number * (values - low) / (high - low)).astype(np.int64)
    return Levels(np.bincount(np.minimum(bins, number - 1), minlength=number), 1.0, 1.0)


def levels_of_width(values: Floats, width: float, lower: float | None, upper: float | None) -> Levels:
    r"""Divide intensities into bins of a width, each known by its centre :math:`x_{min} + (i - 1/2) w`.

    For intensities with a unit that are not whole numbers, such as the uptake in PET.

    Parameters
    ----------
    values
        Intensities, shape (n,).
    width
        :math:`w`, in the unit of the intensities.
    lower, upper
        Limits of the re-segmentation; ``None`` for the lowest or highest intensity.
    """
    start = float(values.min()) if lower is None else lower
    end = float(values.max()) if upper is None else upper
    bins = np.floor((values - start) / width).astype(np.int64)
    number = max(math.ceil((end - start) / width), int(bins.max()) + 1, 1)
    return Levels(np.bincount(bins, minlength=number), start + width / 2, width)


def whole_levels(values: Floats, lower: float | None, upper: float | None) -> Levels | None:
    """Take each whole number between the limits for a level; ``None`` if an intensity is none.

    For intensities that are whole numbers by themselves, such as Hounsfield units.

    Parameters
    ----------
    values
        Intensities, shape (n,).
    lower, upper
        Limits of the re-segmentation; ``None`` for the lowest or highest intensity.
    """
    if not np.array_equal(values, np.rint(values)):
        return None
    start = int(values.min()) if lower is None else math.ceil(lower)
    end = int(values.max()) if upper is None else math.floor(upper)
    counts = np.bincount(values.astype(np.int64) - start, minlength=end - start + 1)
    return Levels(counts, float(start), 1.0)


def volume_histogram_features(levels: Levels) -> dict[str, float]:
    r"""Compute the family `ivh`.

    - :math:`V_x`: the part :math:`\nu` of the lowest level with :math:`\gamma_i \ge x` %.
    - :math:`I_x`: the lowest level with :math:`\nu_i \le x` %; if more than x % have the highest level, the
      level that would follow it, of which no voxel is.
    - the area below the curve :math:`\nu(\gamma)`, by trapezoids.

    Parameters
    ----------
    levels
        At least one level.

    Returns
    -------
    dict
        Value by the name in the tables of the IBSI, without the family. Of one level the area is 0 by
        definition, and everything else NaN.
    """
    number = len(levels.counts)
    if number < 2:
        names = ("v10", "v90", "i10", "i90", "diff_v10_v90", "diff_i10_i90")
        return {**dict.fromkeys(names, math.nan), "auc": 0.0}
    # Voxels of each level or higher; the last entry is the level after the highest.
    above = np.append(np.cumsum(levels.counts[::-1])[::-1], 0)
    total = int(above[0])
    v10, v90 = (float(above[_level_at(number, percent)] / total) for percent in _PERCENTS)
    # Whole numbers, or a part of exactly 10 % might be rounded to more.
    i10, i90 = (
        levels.first + levels.step * int(np.argmax(above * 100 <= total * percent)) for percent in _PERCENTS
    )
    return {
        "v10": v10,
        "v90": v90,
        "i10": i10,
        "i90": i90,
        "diff_v10_v90": v10 - v90,
        "diff_i10_i90": i10 - i90,
        "auc": float((above[1:-1] + above[:-2]).sum() / (2 * total * (number - 1))),
    }


def _level_at(number: int, percent: int) -> int:
    """Return the first of some levels, from 0, that lies at `percent` of the way to the last or beyond."""
    return -(-(number - 1) * percent // 100)
