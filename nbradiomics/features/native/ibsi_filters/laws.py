"""Kernels of Laws, with a sum of squares of 1."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nbradiomics.features.native.ibsi_filters.separable import Kernel, Line

_VALUES: Mapping[str, tuple[int, ...]] = {
    "L3": (1, 2, 1),
    "E3": (-1, 0, 1),
    "S3": (-1, 2, -1),
    "L5": (1, 4, 6, 4, 1),
    "E5": (-1, -2, 0, 2, 1),
    "S5": (-1, 0, 2, 0, -1),
    "W5": (-1, 2, 0, -2, 1),
    "R5": (1, -4, 6, -4, 1),
}


def laws_lines(kernels: str) -> list[Line]:
    """Return the kernels along x, y (and z) of a name such as ``L5E5S5``."""
    names = [kernels[i : i + 2] for i in range(0, len(kernels), 2)]
    return [(Kernel.of(_normalised(_VALUES[name])),) for name in names]


def _normalised(values: tuple[int, ...]) -> list[float]:
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values]
