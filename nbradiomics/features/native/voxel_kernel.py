"""The box around a voxel: what the maps of voxel-based extraction count their matrices in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.compiled import compiled


@dataclass(frozen=True)
class Kernel:
    """A box of voxels around a centre, flattened in the order z, y, x.

    Attributes
    ----------
    steps
        From the centre to each voxel of the box: shape (voxels, 3).
    size
        Voxels of the box along z, y, x.
    """

    steps: NDArray[np.int64]
    size: NDArray[np.int64]

    def beside(self, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each voxel of the box has its neighbours.

        Parameters
        ----------
        offsets
            Shape (offsets, 3).

        Returns
        -------
        array of shape (offsets, voxels): the neighbour's index in the box, -1 where it lies outside
        """
        radii = (self.size - 1) // 2
        target = self.steps[np.newaxis] + offsets[:, np.newaxis] + radii
        inside = ((target >= 0) & (target < self.size)).all(axis=2)
        index = (target[..., 0] * self.size[1] + target[..., 1]) * self.size[2] + target[..., 2]
        return np.ascontiguousarray(np.where(inside, index, -1))


def kernel(radius: int, plane: int | None) -> Kernel:
    """Box of edge 2 radius + 1, one voxel thick along `plane`."""
    radii = [0 if axis == plane else radius for axis in range(3)]
    axes = [np.arange(-reach, reach + 1) for reach in radii]
    steps = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return Kernel(np.ascontiguousarray(steps, np.int64), np.array([2 * reach + 1 for reach in radii]))


@compiled
def fill_box(
    levels: NDArray[np.int32],
    centre: NDArray[np.int64],
    steps: NDArray[np.int64],
    box: NDArray[np.int32],
    present: NDArray[np.int32],
) -> int:
    """Copy the box around a voxel, its grey levels numbered from 1 in ascending order, 0 for what is outside.

    Parameters
    ----------
    levels
        Grey levels, axes z, y, x, 0 outside the region.
    centre
        The voxel, z, y, x.
    steps
        See `Kernel`.
    box, present
        Where the numbers and, ascending, the grey levels behind them go; both as long as `steps`.

    Returns
    -------
    number of grey levels in the box
    """
    found = 0
    for voxel in range(len(steps)):
        z, y, x = centre[0] + steps[voxel, 0], centre[1] + steps[voxel, 1], centre[2] + steps[voxel, 2]
        box[voxel] = 0
        if 0 <= z < levels.shape[0] and 0 <= y < levels.shape[1] and 0 <= x < levels.shape[2]:
            box[voxel] = levels[z, y, x]
        level = box[voxel]
        if level == 0:
            continue
        place = 0
        while place < found and present[place] < level:
            place += 1
        if place == found or present[place] != level:
            for later in range(found, place, -1):
                present[later] = present[later - 1]
            present[place] = level
            found += 1
    for voxel in range(len(steps)):
        if box[voxel] != 0:
            number = 1
            while present[number - 1] != box[voxel]:
                number += 1
            box[voxel] = number
    return found
