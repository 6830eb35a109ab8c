r"""Resampling by cubic B-splines, to the last bit what ITK gives.

An image is written as a sum of B-splines :math:`\beta` on its voxels,

.. math:: f(x) = \sum_i c_i \beta(x - i), \qquad
          \beta(t) = \begin{cases} 2/3 - t^2 + |t|^3 / 2 & |t| < 1 \\
                                   (2 - |t|)^3 / 6 & 1 \le |t| < 2 \end{cases}

whose coefficients `c` make the sum pass through every voxel, and which is then evaluated wherever it is
wanted (Unser, IEEE Signal Processing Magazine 1999 [1]_). The coefficients come from a recursive filter along
each axis in turn, with the pole :math:`z = \sqrt{3} - 2`, once forwards and once backwards; at its border the
image is mirrored about the last voxel's centre. Of an image of two voxels along an axis ITK mirrors once only
and reads beyond its memory; here it is mirrored without end.

An image of whole numbers is cut off at the point after resampling, as ITK does, and a voxel of the new grid
that meets an old one would lose a grey level to the last bit of a sum. So sums run in ITK's order (its
BSplineDecompositionImageFilter, BSplineInterpolateImageFunction and ResampleImageFilter). What is quicker:
lines are filtered side by side, and just the coefficients that the new grid needs are worked out.

References
----------
.. [1] Unser M. Splines: a perfect fit for signal and image processing. IEEE Signal Process Mag
   1999;16(6):22-38.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.compiled import compiled

#: Least voxels along each axis.
LEAST = 2
_POLE = math.sqrt(3.0) - 2.0
#: Powers of the pole beyond which nothing is added: below 1e-10.
_HORIZON = math.ceil(math.log(1e-10) / math.log(abs(_POLE)))
_GAIN = (1.0 - _POLE) * (1.0 - 1.0 / _POLE)
#: Lines that are filtered side by side.
_WIDTH = 64


@dataclass(frozen=True)
class _Rows:
    """The rows of a new grid, as places in the old one: shape (rows, 3), x, y, z, in voxels.

    Attributes
    ----------
    starts
        Of each row's first voxel.
    ends
        Of the voxel after its last.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]


def resample_spline(image: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Resample an image onto a grid by cubic B-splines; 0 outside the image.

    Parameters
    ----------
    image
        Three-dimensional, one number per voxel, at least `LEAST` voxels along each axis, finite.
    grid
        Its size, spacing, origin and direction are taken; its voxels are not.

    Returns
    -------
    SimpleITK.Image
        In the number type of `image`: whole numbers are cut off at the point and at the type's range.
    """
    voxels = sitk.GetArrayViewFromImage(image)
    rows = _rows(image, grid)
    lower, upper = _needed(rows, image.GetSize())
    coefficients = _coefficients(voxels, lower, upper)
    width, height, depth = grid.GetSize()
    result = np.empty((depth * height, width))
    _evaluate(coefficients, lower, np.array(image.GetSize()), rows.starts, rows.ends, result)
    found = sitk.GetImageFromArray(_stored(result.reshape(depth, height, width), voxels.dtype))
    found.CopyInformation(grid)
    return found


def _stored(values: NDArray[np.float64], kind: np.dtype[Any]) -> NDArray[Any]:
    """The values in an image's number type."""
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        np.clip(values, limits.min, limits.max, out=values)
    return values.astype(kind, copy=False)


def _rows(image: sitk.Image, grid: sitk.Image) -> _Rows:
    width, height, depth = grid.GetSize()
    y, x_of_start = np.tile(np.arange(height, dtype=np.float64), depth), 0.0
    z = np.repeat(np.arange(depth, dtype=np.float64), height)
    starts, ends = (_places(image, grid, x, y, z) for x in (x_of_start, float(width)))
    return _Rows(starts, ends)


def _places(
    image: sitk.Image, grid: sitk.Image, x: float, y: NDArray[np.float64], z: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where voxels of a grid lie in an image, in voxels: shape (n, 3)."""
    outwards, _ = _matrices(grid)
    _, inwards = _matrices(image)
    point = [
        start + row[0] * x + row[1] * y + row[2] * z
        for start, row in zip(grid.GetOrigin(), outwards, strict=True)
    ]
    off = [along - start for along, start in zip(point, image.GetOrigin(), strict=True)]
    return np.stack([row[0] * off[0] + row[1] * off[1] + row[2] * off[2] for row in inwards], axis=1)


def _matrices(image: sitk.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ITK's own matrices from voxels to mm and back, rows by axis, which it gives out a column at a time."""
    bare = sitk.Image([1, 1, 1], sitk.sitkUInt8)
    bare.SetSpacing(image.GetSpacing())
    bare.SetDirection(image.GetDirection())
    units = np.eye(3)
    outwards = [bare.TransformContinuousIndexToPhysicalPoint(unit) for unit in units.tolist()]
    inwards = [bare.TransformPhysicalPointToContinuousIndex(unit) for unit in units.tolist()]
    return np.array(outwards).T, np.array(inwards).T


def _needed(rows: _Rows, size: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last coefficient that the rows need along x, y, z, those of mirrored places among them."""
    places = np.concatenate([rows.starts, rows.ends])
    last = np.array(size) - 1
    # One more on either side than the B-splines reach: places are rounded to single precision on the way. At
    # a border the three next to it are needed, where mirrored places lie.
    lower = np.clip(np.floor(places.min(axis=0)).astype(np.int64) - 2, 0, np.maximum(last - 3, 0))
    upper = np.clip(np.floor(places.max(axis=0)).astype(np.int64) + 3, np.minimum(last, 3), last)
    return lower, upper


def _coefficients(
    voxels: NDArray[Any], lower: NDArray[np.int64], upper: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Coefficients of the B-splines, axes z, y, x, from `lower` to `upper` (x, y, z) along each axis."""
    # Single precision holds numbers of up to 16 bits as they are, and spares the compiler a second kind of
    # image.
    exact = np.can_cast(voxels.dtype, np.float32)
    voxels = np.ascontiguousarray(voxels, np.float32 if exact else np.float64)
    depth, height, width = voxels.shape
    x, y, z = (upper - lower + 1).tolist()
    along_x = np.empty((depth, height, x))
    _filter_rows(voxels.reshape(-1, width), along_x.reshape(-1, x), lower[0], _POLE ** (width - 1))
    along_y = np.empty((depth, y, x))
    _filter_columns(along_x, along_y, lower[1], _POLE ** (height - 1))
    along_z = np.empty((1, z, y * x))
    _filter_columns(along_y.reshape(1, depth, -1), along_z, lower[2], _POLE ** (depth - 1))
    return along_z.reshape(z, y, x)


@compiled
def _filter_rows(lines: NDArray[Any], result: NDArray[np.float64], first: int, far: float) -> None:
    """Filter along the second of two axes, some lines side by side; keep `result`'s part."""
    number, length = lines.shape
    kept = result.shape[1]
    data = np.empty((length, _WIDTH))
    for start in range(0, number, _WIDTH):
        beside = min(_WIDTH, number - start)
        for j in range(beside):
            for i in range(length):
                data[i, j] = lines[start + j, i]
        _recurse(data, beside, far)
        for j in range(beside):
            for i in range(kept):
                result[start + j, i] = data[first + i, j]


@compiled
def _filter_columns(blocks: NDArray[np.float64], result: NDArray[np.float64], first: int, far: float) -> None:
    """Filter along the second of three axes, some lines side by side; keep `result`'s part."""
    number, length, lines = blocks.shape
    kept = result.shape[1]
    data = np.empty((length, _WIDTH))
    for block in range(number):
        for start in range(0, lines, _WIDTH):
            beside = min(_WIDTH, lines - start)
            for i in range(length):
                for j in range(beside):
                    data[i, j] = blocks[block, i, start + j]
            _recurse(data, beside, far)
            for i in range(kept):
                for j in range(beside):
                    result[block, i, start + j] = data[first + i, j]


@compiled
def _recurse(data: NDArray[np.float64], number: int, far: float) -> None:
    """Turn the first `number` columns into coefficients; `far` is the pole to the power of length - 1."""
    last = data.shape[0] - 1
    for i in range(last + 1):
        for j in range(number):
            data[i, j] *= _GAIN
    for j in range(number):
        data[0, j] = _mirrored_sum(data, j, far)
    for i in range(1, last + 1):
        for j in range(number):
            data[i, j] += _POLE * data[i - 1, j]
    for j in range(number):
        data[last, j] = (_POLE / (_POLE * _POLE - 1.0)) * (_POLE * data[last - 1, j] + data[last, j])
    for i in range(last - 1, -1, -1):
        for j in range(number):
            data[i, j] = _POLE * (data[i + 1, j] - data[i, j])


@compiled
def _mirrored_sum(data: NDArray[np.float64], j: int, far: float) -> float:
    """What the forward recursion starts from: the line mirrored at its first value, without end."""
    last = data.shape[0] - 1
    near = _POLE
    total: float = data[0, j]
    if last >= _HORIZON:
        for i in range(1, _HORIZON):
            total += near * data[i, j]
            near *= _POLE
        return total
    total += far * data[last, j]
    far *= far * (1.0 / _POLE)
    for i in range(1, last):
        total += (near + far) * data[i, j]
        near *= _POLE
        far *= 1.0 / _POLE
    return total / (1.0 - near * near)


@compiled
def _evaluate(
    coefficients: NDArray[np.float64],
    lower: NDArray[np.int64],
    size: NDArray[np.int64],
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    result: NDArray[np.float64],
) -> None:
    """Sum the B-splines at every voxel of every row.

    Parameters
    ----------
    coefficients
        Axes z, y, x.
    lower
        Where the coefficients start, x, y, z.
    size
        Voxels of the image, x, y, z.
    starts, ends
        As in `_Rows`.
    result
        Filled in: shape (rows, voxels of a row).
    """
    number, width = result.shape
    base = np.zeros((3, width), np.int64)
    inside = np.zeros((3, width), np.bool_)
    weights = np.empty((3, 4, width))
    weights_xy = np.empty((4, 4, width))
    lines = np.empty((2, 4), np.int64)
    # The four coefficients that each voxel of a row takes from a line of the image, side by side, so that the
    # innermost loop runs straight on; held for the four planes that a row takes part in.
    across = np.zeros((4, width), np.int64)
    spread = np.empty((4, coefficients.shape[1], 4, width))
    held = np.full((4, coefficients.shape[1]), -1)
    for row in range(number):
        for axis in range(3):
            start, end = starts[row, axis], ends[row, axis]
            if row == 0 or start != starts[row - 1, axis] or end != ends[row - 1, axis]:
                _place(start, end, size[axis], base[axis], inside[axis], weights[axis])
                if axis == 0 and _find(base[0], inside[0], size[0], lower[0], across):
                    held[:] = -1
        _multiply(weights[0], weights[1], weights_xy)
        first = 0
        while first < width:
            after = _stretch(base, inside, first)
            out = result[row, first:after]
            out[:] = 0.0
            if inside[0, first] and inside[1, first] and inside[2, first]:
                for k in range(4):
                    lines[0, k] = _mirrored(base[1, first] + k, size[1]) - lower[1]
                    lines[1, k] = _mirrored(base[2, first] + k, size[2]) - lower[2]
                _hold(coefficients, lines, across, spread, held)
                z = weights[2, :, first:after]
                _sum(out, lines, weights_xy[:, :, first:after], z, spread[:, :, :, first:after])
            first = after


@compiled
def _place(
    start: float,
    end: float,
    size: int,
    base: NDArray[np.int64],
    inside: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> None:
    """Where the voxels of a row lie along one axis.

    Parameters
    ----------
    start, end, size
        Place of the first voxel, of the one after the last, and voxels of the image.
    base, inside, weights
        Filled in: first of the four B-splines that reach the voxel, whether it lies in the image, and the
        values of the four there.
    """
    width = len(base)
    for x in range(width):
        place = start + x / width * (end - start)
        inside[x] = (place >= -0.5) and (place < size - 0.5)
        # ITK looks for the voxel below in single precision.
        below = np.int64(math.floor(np.float32(place)))
        base[x] = below - 1
        t = place - np.float64(below)
        fourth = (1.0 / 6.0) * t * t * t
        first = (1.0 / 6.0) + 0.5 * t * (t - 1.0) - fourth
        third = t + first - 2.0 * fourth
        weights[0, x] = first
        weights[1, x] = 1.0 - first - third - fourth
        weights[2, x] = third
        weights[3, x] = fourth


@compiled
def _find(
    base: NDArray[np.int64], inside: NDArray[np.bool_], size: int, lower: int, across: NDArray[np.int64]
) -> bool:
    """Fill in which coefficients of a line each voxel takes; tell whether any is another than before."""
    changed = False
    for k in range(4):
        for x in range(len(base)):
            place = _mirrored(base[x] + k, size) - lower if inside[x] else 0
            changed |= place != across[k, x]
            across[k, x] = place
    return changed


@compiled
def _stretch(base: NDArray[np.int64], inside: NDArray[np.bool_], first: int) -> int:
    """End of the stretch of a row, from `first` on, that takes its coefficients from the same lines."""
    after = first + 1
    while after < base.shape[1]:
        for axis in range(3):
            if inside[axis, after] != inside[axis, first]:
                return after
        if base[1, after] != base[1, first] or base[2, after] != base[2, first]:
            return after
        after += 1
    return after


@compiled
def _mirrored(place: int, size: int) -> int:
    last = size - 1
    place = abs(place)
    return abs(place if place < last else last - (place - last))


@compiled
def _multiply(x: NDArray[np.float64], y: NDArray[np.float64], xy: NDArray[np.float64]) -> None:
    """Weights within a plane: shape (4, 4, voxels of a row), y before x."""
    for ky in range(4):
        for kx in range(4):
            for at in range(x.shape[1]):
                xy[ky, kx, at] = x[kx, at] * y[ky, at]


@compiled
def _hold(
    coefficients: NDArray[np.float64],
    lines: NDArray[np.int64],
    across: NDArray[np.int64],
    spread: NDArray[np.float64],
    held: NDArray[np.int64],
) -> None:
    """Have the lines in `spread`, each plane in the place of the one four planes before it."""
    for z in lines[1]:
        for y in lines[0]:
            if held[z % 4, y] != z:
                held[z % 4, y] = z
                line, found = coefficients[z, y], spread[z % 4, y]
                for k in range(4):
                    for x in range(across.shape[1]):
                        found[k, x] = line[across[k, x]]


@compiled
def _sum(
    out: NDArray[np.float64],
    lines: NDArray[np.int64],
    xy: NDArray[np.float64],
    z: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> None:
    """Add up what the lines give to a stretch of a row, one line after the other."""
    for kz in range(4):
        for ky in range(4):
            _add(out, xy[ky], z[kz], spread[lines[1, kz] % 4, lines[0, ky]])


@compiled
def _add(
    out: NDArray[np.float64], xy: NDArray[np.float64], z: NDArray[np.float64], line: NDArray[np.float64]
) -> None:
    xy0, xy1, xy2, xy3 = xy[0], xy[1], xy[2], xy[3]
    line0, line1, line2, line3 = line[0], line[1], line[2], line[3]
    for x in range(len(out)):
        total = out[x] + xy0[x] * z[x] * line0[x]
        total += xy1[x] * z[x] * line1[x]
        total += xy2[x] * z[x] * line2[x]
        out[x] = total + xy3[x] * z[x] * line3[x]
