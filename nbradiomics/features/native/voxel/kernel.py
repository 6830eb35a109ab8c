"""The box around a voxel, in which maps of voxel-based extraction count their matrices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Voxels that the kernels compute at a time, and a step of the progress bar.
CHUNK = 4096


@dataclass(frozen=True)
class Kernel:
    """A box of voxels around a centre, flattened in the order z, y, x.

    Attributes
    ----------
    steps
        Offsets from the centre to each voxel of the box: shape (voxels, 3).
    size
        Voxels of the box along z, y, x.
    """

    steps: NDArray[np.int64]
    size: NDArray[np.int64]

    def beside(self, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the neighbours of each voxel of the box.

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
    """Grey levels with a margin that contains every box, and the positions of a box's voxels in them.

    Attributes
    ----------
    levels
        Flat array, 0 for voxels that are not counted.
    steps
        Offsets from a centre to each voxel of its box, as flat indices.
    shape, margin
        Voxels along z, y, x without the margin, and the width of the margin on each side.
    highest
        Highest grey level.
    """

    levels: NDArray[np.int32]
    steps: NDArray[np.int64]
    shape: tuple[int, ...]
    margin: tuple[int, ...]
    highest: int

    @classmethod
    def of(cls, levels: NDArray[np.int32], box: Kernel) -> Neighbourhood:
        """Add a margin of half the box's size around grey levels with the axes z, y, x."""
        margin = tuple(int(width) for width in (box.size - 1) // 2)
        padded = np.pad(levels.astype(np.int32, copy=False), [(width, width) for width in margin])
        return cls(padded.ravel(), flat(box.steps, padded.shape), levels.shape, margin, int(levels.max()))

    def at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Convert flat indices without the margin to flat indices with it."""
        return in_margin(places, self.shape, self.margin)


def flat(steps: NDArray[np.int64], shape: Sequence[int]) -> NDArray[np.int64]:
    """Convert steps (n, 3) to flat indices in an array with the axes z, y, x."""
    return np.ascontiguousarray((steps[:, 0] * shape[1] + steps[:, 1]) * shape[2] + steps[:, 2], np.int64)


def in_margin(places: NDArray[np.int64], shape: Sequence[int], margin: Sequence[int]) -> NDArray[np.int64]:
    """Convert flat indices in an array of this shape to those in the same array with a margin."""
    around = [size + 2 * width for size, width in zip(shape, margin, strict=True)]
    z, y, x = (axis + width for axis, width in zip(np.unravel_index(places, shape), margin, strict=True))
    return np.ascontiguousarray((z * around[1] + y) * around[2] + x, np.int64)


def kernel(radius: int, plane: int | None) -> Kernel:
    """Make a box of edge 2 radius + 1, one voxel thick along `plane`."""
    radii = [0 if axis == plane else radius for axis in range(3)]
    axes = [np.arange(-reach, reach + 1) for reach in radii]
    steps = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return Kernel(np.ascontiguousarray(steps, np.int64), np.array([2 * reach + 1 for reach in radii]))


def chunks(voxels: int) -> Iterator[slice]:
    """Yield parts of at most `CHUNK` voxels."""
    return (slice(start, start + CHUNK) for start in range(0, voxels, CHUNK))


def batch_numbers(part: slice, voxels: int, size: int) -> NDArray[np.int64]:
    """Return the batch of each voxel of a part, counted from 0; a size below 1 makes one batch of all."""
    return np.arange(part.start, min(part.stop, voxels)) // (size if size > 0 else voxels)


def by_batch(
    found: Iterable[NDArray[np.bool_]], properties: int, *, voxels: int, size: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the properties that all voxels of a batch have, and those that any of them has.

    Parameters
    ----------
    found
        Whether each voxel has each property, shape (voxels, properties), chunk after chunk.
    properties
        Number of properties.
    voxels, size
        Number of voxels of the region, and of a batch as in `batch_numbers`.

    Returns
    -------
    two arrays of shape (batches, properties)
    """
    batches = -(-voxels // size) if size > 0 else 1
    every = np.ones((batches, properties), np.bool_)
    some = np.zeros((batches, properties), np.bool_)
    for part, flags in zip(chunks(voxels), found, strict=True):
        numbers = batch_numbers(part, voxels, size)
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        every[numbers[starts]] &= np.logical_and.reduceat(flags, starts)
        some[numbers[starts]] |= np.logical_or.reduceat(flags, starts)
    return every, some


@compiled
def fill_box(
    levels: NDArray[np.int32],
    centre: int,
    steps: NDArray[np.int64],
    box: NDArray[np.int32],
    present: NDArray[np.int32],
    numbers: NDArray[np.int32],
) -> int:
    """Copy the box around a voxel with its grey levels numbered from 1 in ascending order, 0 outside.

    Parameters
    ----------
    levels, centre, steps
        See `Neighbourhood`.
    box, present
        Output: the numbers, and the grey levels of the numbers, ascending; both as long as `steps`.
    numbers
        Working memory: zeros, one for each grey level and 0; they are zeros again at the end.

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
