"""Rotate and shift the voxel grid: the same anatomy, sampled as another scan would have sampled it.

The new grid is rotated about the centre of the region, within the slices, and shifted; image and mask are
interpolated onto it once. An image is interpolated by cubic B-splines, as PyRadiomics does by default, in
floating point; outside the image its values at the edge are continued. A mask is interpolated linearly, and
voxels of at least `INSIDE` are inside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.perturbation.boxes import Mask, box_around, region_like, voxels_of
from nbradiomics.perturbation.noise import SINGLE
from nbradiomics.perturbation.variant import Variant

#: Smallest interpolated value of a voxel that is inside a mask.
INSIDE = 0.5
#: ITK's B-splines need this many voxels along each axis.
_LEAST = 4
#: Part of a voxel by which a mask is sampled aside. After a shift by half a voxel both ends of a mask would
#: be exactly half inside; so one of them is inside, and the volume stays.
_ASIDE = 1e-4
#: Positions are compared with voxels to this part of a voxel.
_ROUNDING = 1e-6


def changes_grid(image: sitk.Image, variant: Variant, spacing: Sequence[float] | None) -> bool:
    """Whether a variant, or another spacing, needs any interpolation."""
    other = spacing is not None and not np.allclose(spacing, image.GetSpacing(), rtol=0, atol=1e-9)
    return bool(variant.rotation) or any(variant.translation) or other


def perturbed_grid(
    image: sitk.Image, region: sitk.Image, variant: Variant, spacing: Sequence[float] | None = None
) -> sitk.Image:
    """Grid of a variant: rotated about the region's centre, shifted, and large enough for the region.

    Parameters
    ----------
    image
        Gives the original grid, and its extent.
    region
        On the grid of the image; its centre of mass is the centre of the rotation.
    variant
        Rotation in degrees; translation in voxels of the new grid.
    spacing
        Edges of the new voxels in mm along x, y, z; ``None`` keeps those of the image.

    Returns
    -------
    SimpleITK.Image
        8-bit zeros. Without rotation and translation it has the centre of the image's grid.
    """
    new = np.array(image.GetSpacing() if spacing is None else spacing, dtype=np.float64)
    size, edges = np.array(image.GetSize()), np.array(image.GetSpacing())
    shape = np.maximum(np.ceil(size * edges / new - _ROUNDING).astype(int), 1)
    centre = _centre(voxels_of(region))
    # Place of the region's centre in the new grid, before the shift.
    place = (shape - 1) / 2 + (centre - (size - 1) / 2) * edges / new - np.array(variant.translation)
    direction = np.array(image.GetDirection()).reshape(3, 3) @ _rotation(variant.rotation)
    low, high = _reach(region, variant.rotation, edges / new, centre, place)
    before, after = np.maximum(-low, 0), np.maximum(high - (shape - 1), 0)
    middle = np.array(image.TransformContinuousIndexToPhysicalPoint(centre.tolist()))
    grid = sitk.Image((shape + before + after).tolist(), sitk.sitkUInt8)
    grid.SetSpacing(new.tolist())
    grid.SetDirection(direction.ravel().tolist())
    grid.SetOrigin((middle - direction @ (new * (place + before))).tolist())
    return grid


def image_on(image: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Interpolate an image onto a grid by cubic B-splines; edge values outside, floating point."""
    kind = sitk.sitkFloat32 if image.GetPixelID() in SINGLE else sitk.sitkFloat64
    resampler = _resampler(grid, sitk.sitkBSpline)
    resampler.SetUseNearestNeighborExtrapolator(True)
    resampler.SetOutputPixelType(kind)
    return resampler.Execute(_thick_enough(sitk.Cast(image, kind)))


def region_on(region: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Interpolate a region onto a grid linearly; voxels of at least `INSIDE` are inside (8-bit, 1)."""
    inside = voxels_of(region)
    box = box_around(inside, (1, 1, 1))
    part = region_like(
        inside[box], part_of_grid(region, [along.start for along in reversed(box)], inside[box].shape[::-1])
    )
    low, high = corners_on(part, grid)
    first = np.clip(np.floor(low), 0, np.array(grid.GetSize()) - 1).astype(int)
    last = np.clip(np.ceil(high), 0, np.array(grid.GetSize()) - 1).astype(int)
    aside = part_of_grid(grid, first.tolist(), (last - first + 1).tolist())
    aside.SetOrigin(aside.TransformContinuousIndexToPhysicalPoint([_ASIDE, _ASIDE, _ASIDE]))
    shares = _resampler(aside, sitk.sitkLinear).Execute(sitk.Cast(part, sitk.sitkFloat64))
    moved = np.zeros(grid.GetSize()[::-1], dtype=bool)
    there = tuple(slice(a, b + 1) for a, b in zip(first[::-1], last[::-1], strict=True))
    moved[there] = sitk.GetArrayViewFromImage(shares) >= INSIDE
    return region_like(moved, grid)


def part_of_grid(grid: sitk.Image, first: Sequence[int], size: Sequence[int]) -> sitk.Image:
    """Return a part of a grid, as an 8-bit image of zeros: its first voxel and its size along x, y, z."""
    part = sitk.Image(list(size), sitk.sitkUInt8)
    part.SetSpacing(grid.GetSpacing())
    part.SetDirection(grid.GetDirection())
    part.SetOrigin(grid.TransformIndexToPhysicalPoint(list(first)))
    return part


def corners_on(part: sitk.Image, grid: sitk.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest place, x, y, z in voxels of a grid, of the corners of another grid."""
    ends = [(-0.5, size - 0.5) for size in part.GetSize()]
    places = np.array(
        [
            grid.TransformPhysicalPointToContinuousIndex(part.TransformContinuousIndexToPhysicalPoint(corner))
            for corner in product(*ends)
        ]
    )
    return places.min(axis=0), places.max(axis=0)


def _resampler(grid: sitk.Image, interpolator: int) -> sitk.ResampleImageFilter:
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(grid)
    resampler.SetInterpolator(interpolator)
    return resampler


def _centre(inside: Mask) -> NDArray[np.float64]:
    """Centre of mass of a region, as an index x, y, z."""
    box = box_around(inside, (0, 0, 0))
    part = inside[box]
    centre = []
    for axis in (2, 1, 0):
        counts = part.sum(axis=tuple(other for other in range(3) if other != axis))
        places = np.arange(len(counts)) + box[axis].start
        centre.append(int(counts @ places) / int(counts.sum()))
    return np.array(centre)


def _rotation(degrees: float) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _reach(
    region: sitk.Image,
    degrees: float,
    scale: NDArray[np.float64],
    centre: NDArray[np.float64],
    place: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last voxel of the new grid in the bounding box of the region, along x, y, z."""
    box = box_around(voxels_of(region), (0, 0, 0))
    ends = [(part.start - 0.5, part.stop - 0.5) for part in reversed(box)]
    corners = np.array(np.meshgrid(*ends)).reshape(3, -1).T - centre
    edges = np.array(region.GetSpacing())
    turned = (corners * edges) @ _rotation(degrees)
    there = turned / (edges / scale) + place
    low = np.ceil(there.min(axis=0) - _ROUNDING).astype(np.int64)
    high = np.floor(there.max(axis=0) + _ROUNDING).astype(np.int64)
    return low, high


def _thick_enough(image: sitk.Image) -> sitk.Image:
    """Repeat the edge of an image that has too few voxels along an axis for B-splines."""
    missing = [max(_LEAST - size, 0) for size in image.GetSize()]
    return sitk.ZeroFluxNeumannPad(image, missing, missing) if any(missing) else image
