"""A region in grey levels, the input of every texture class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DiscreteRegion:
    """Grey levels of a region, cropped to its box.

    Attributes
    ----------
    levels
        C-contiguous, axes z, y, x: 0 outside the region, grey level 1 to `highest` inside.
    present
        Grey levels that occur, ascending.
    spacing
        Voxel edges in mm, z, y, x.
    """

    levels: NDArray[np.int32]
    present: NDArray[np.int64]
    spacing: tuple[float, float, float]

    @property
    def highest(self) -> int:
        """Highest grey level, PyRadiomics' Ng."""
        return int(self.present[-1])
