"""Cubic B-splines at the voxels of a grid in any direction, such as a rotated one; see `spline`.

`spline` follows ITK bit by bit along the rows of a grid that is parallel to the image. Here each voxel is a
sum of its own, so that only the voxels that are needed are computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.grid.spline_coefficients import coefficients

#: Smallest number of voxels along each axis.
LEAST = 2


@dataclass(frozen=True)
class Splines:
    """The B-splines of an image, from which any number of grids can be interpolated.

    Attributes
    ----------
    image
        Three-dimensional, finite, at least `LEAST` voxels along each axis.
    weights
        Coefficients, axes z, y, x.
    """

    image: sitk.Image
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, image: sitk.Image) -> Splines:
        """Compute the coefficients of an image."""
        size = np.array(image.GetSize(), dtype=np.int64)
        return cls(image, coefficients(sitk.GetArrayViewFromImage(image), np.zeros_like(size), size - 1))

    def on(self, grid: sitk.Image, needed: NDArray[np.bool_] | None = None) -> sitk.Image:
        """Interpolate at the voxels of a grid.

        Parameters
        ----------
        grid
            Image that gives size, spacing, origin and direction.
        needed
            Voxels that are computed, axes z, y, x; the others are 0. ``None`` for all.

        Returns
        -------
        SimpleITK.Image
            In the number type of `image` if it is floating point, else in double precision. Beyond the image
            the value of its nearest voxel.
        """
        shape = grid.GetSize()[::-1]
        kind = sitk.GetArrayViewFromImage(self.image).dtype
        values = np.zeros(shape, kind if kind.kind == "f" else np.float64)
        chosen = np.arange(values.size) if needed is None else np.flatnonzero(needed)
        start, steps = _places(self.image, grid)
        result = np.empty(len(chosen))
        voxels = np.ascontiguousarray(sitk.GetArrayViewFromImage(self.image), np.float64)
        sum_at(self.weights, voxels, chosen, np.array(shape), start, steps, result)
        values.flat[chosen] = result
        made = sitk.GetImageFromArray(values)
        made.CopyInformation(grid)
        return made


def _places(image: sitk.Image, grid: sitk.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place of the grid's first voxel in the image, x, y, z in voxels, and steps along the grid's axes."""

    def place(index: list[float]) -> NDArray[np.float64]:
        point = grid.TransformContinuousIndexToPhysicalPoint(index)
        return np.array(image.TransformPhysicalPointToContinuousIndex(point))

    start = place([0.0, 0.0, 0.0])
    return start, np.stack([place(unit) - start for unit in np.eye(3).tolist()])


@compiled
def sum_at(
    weights: NDArray[np.float64],
    voxels: NDArray[np.float64],
    chosen: NDArray[np.int64],
    shape: NDArray[np.int64],
    start: NDArray[np.float64],
    steps: NDArray[np.float64],
    result: NDArray[np.float64],
) -> None:
    """Sum the B-splines at some voxels of a grid.

    Parameters
    ----------
    weights, voxels
        Coefficients and voxels of the image, axes z, y, x.
    chosen
        Numbers of the grid's voxels, in the order of an array with the axes z, y, x.
    shape
        Voxels of the grid along z, y, x.
    start, steps
        Place of the grid's first voxel in the image, x, y, z, and steps along the grid's axes x, y, z.
    result
        Output: one value for each of `chosen`.
    """
    bases = np.empty((3, 4))
    lines = np.empty((3, 4), np.int64)
    place = np.empty(3)
    for number in range(len(chosen)):
        rest = chosen[number]
        x = rest % shape[2]
        y = (rest // shape[2]) % shape[1]
        z = rest // (shape[2] * shape[1])
        inside = True
        for axis in range(3):
            place[axis] = start[axis] + x * steps[0, axis] + y * steps[1, axis] + z * steps[2, axis]
            inside &= (place[axis] >= -0.5) and (place[axis] < voxels.shape[2 - axis] - 0.5)
        if not inside:
            result[number] = _nearest(voxels, place)
            continue
        for axis in range(3):
            _bases(place[axis], weights.shape[2 - axis], bases[axis], lines[axis])
        total = 0.0
        for kz in range(4):
            for ky in range(4):
                row = weights[lines[2, kz], lines[1, ky]]
                along = 0.0
                for kx in range(4):
                    along += bases[0, kx] * row[lines[0, kx]]
                total += bases[2, kz] * bases[1, ky] * along
        result[number] = total


@compiled
def _bases(place: float, size: int, bases: NDArray[np.float64], lines: NDArray[np.int64]) -> None:
    """Values of the four B-splines that reach a place, and their coefficients, mirrored at the border."""
    below = math.floor(place)
    t = place - below
    bases[3] = t * t * t / 6.0
    bases[0] = 1.0 / 6.0 + 0.5 * t * (t - 1.0) - bases[3]
    bases[2] = t + bases[0] - 2.0 * bases[3]
    bases[1] = 1.0 - bases[0] - bases[2] - bases[3]
    last = size - 1
    for k in range(4):
        line = abs(int(below) - 1 + k)
        lines[k] = abs(line if line < last else last - (line - last))


@compiled
def _nearest(voxels: NDArray[np.float64], place: NDArray[np.float64]) -> float:
    index = np.empty(3, np.int64)
    for axis in range(3):
        index[axis] = min(max(math.floor(place[axis] + 0.5), 0), voxels.shape[2 - axis] - 1)
    value: float = voxels[index[2], index[1], index[0]]
    return value
