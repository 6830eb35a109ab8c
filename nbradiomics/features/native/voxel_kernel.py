"""The box around a voxel: what the maps of voxel-based extraction count their matrices in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.compiled import compiled

#: Voxels that the kernels are given at a time: what they return, and a step of the progress bar.
CHUNK = 4096


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


@dataclass(frozen=True)
class Neighbourhood:
    """Grey levels with a margin that holds every box, and where its boxes lie in it.

    Attributes
    ----------
    levels
        Flat, 0 for what does not count.
    steps
        From a centre to each voxel of its box, as flat indices.
    places
        Flat indices of the centres.
    highest
        Highest grey level.
    """

    levels: NDArray[np.int32]
    steps: NDArray[np.int64]
    places: NDArray[np.int64]
    highest: int

    @classmethod
    def of(cls, levels: NDArray[np.int32], centres: NDArray[np.int64], box: Kernel) -> Neighbourhood:
        """Lay a margin of the box's reach around grey levels with the axes z, y, x."""
        margin = (box.size - 1) // 2
        padded = np.pad(levels.astype(np.int32, copy=False), [(int(width),) * 2 for width in margin])
        return cls(
            padded.ravel(),
            flat(box.steps, padded.shape),
            flat(centres + margin, padded.shape),
            int(levels.max()),
        )


def flat(places: NDArray[np.int64], shape: Sequence[int]) -> NDArray[np.int64]:
    """Flat indices of places or steps (n, 3) in an array with the axes z, y, x."""
    return np.ascontiguousarray((places[:, 0] * shape[1] + places[:, 1]) * shape[2] + places[:, 2], np.int64)


def kernel(radius: int, plane: int | None) -> Kernel:
    """Box of edge 2 radius + 1, one voxel thick along `plane`."""
    radii = [0 if axis == plane else radius for axis in range(3)]
    axes = [np.arange(-reach, reach + 1) for reach in radii]
    steps = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return Kernel(np.ascontiguousarray(steps, np.int64), np.array([2 * reach + 1 for reach in radii]))


def batch_starts(voxels: int, size: int) -> NDArray[np.int64]:
    """Where batches of `size` voxels start; a size below 0 makes one batch of all."""
    return np.arange(0, voxels, size if size > 0 else max(voxels, 1))


def chunks(voxels: int) -> Iterator[slice]:
    """Parts of at most `CHUNK` voxels."""
    return (slice(start, start + CHUNK) for start in range(0, voxels, CHUNK))


@compiled
def fill_box(
    levels: NDArray[np.int32],
    centre: int,
    steps: NDArray[np.int64],
    box: NDArray[np.int32],
    present: NDArray[np.int32],
    numbers: NDArray[np.int32],
) -> int:
    """Copy the box around a voxel, its grey levels numbered from 1 in ascending order, 0 for what is outside.

    Parameters
    ----------
    levels, centre, steps
        See `Neighbourhood`.
    box, present
        Where the numbers and, ascending, the grey levels behind them go; both as long as `steps`.
    numbers
        Zeros, one for each grey level and 0; left as zeros.

    Returns
    -------
    number of grey levels in the box
    """
    found = 0
    for voxel in range(len(steps)):
        level = levels[centre + steps[voxel]]
        box[voxel] = level
        if level == 0 or numbers[level] != 0:
            continue
        numbers[level] = 1
        place = found
        while place > 0 and present[place - 1] > level:
            present[place] = present[place - 1]
            place -= 1
        present[place] = level
        found += 1
    for number in range(found):
        numbers[present[number]] = number + 1
    for voxel in range(len(steps)):
        box[voxel] = numbers[box[voxel]]
    for number in range(found):
        numbers[present[number]] = 0
    return found
