"""A region of a structure set on the grid of an image, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.masks.index_grid import IndexGrid
from nbradiomics.dicom.masks.structure_sets.contours import Region
from nbradiomics.dicom.masks.structure_sets.nesting import nesting_of
from nbradiomics.dicom.masks.structure_sets.planes import Counts, Outline, by_slice, outlines_of
from nbradiomics.dicom.masks.structure_sets.scan_lines import all_pixels, crossings_of, filled

#: Largest difference of a coordinate from a whole number of pixels that counts as the centre of a pixel, and
#: the share of points on centres from which a contour is said to run along them.
_ON_CENTRE = 0.01
_MANY = 0.5


@dataclass
class Losses:
    """Pixels (of all slices together) and slices that need a word.

    Attributes
    ----------
    outside, beyond
        Pixels beside the image, and before its first or after its last slice.
    crossed, wound_twice
        Pixels where two contours overlap in part, and that one contour encloses twice.
    polygons
        Volume by the polygons, in voxels.
    unexplained
        Slices whose pixels and polygons differ by more than half a pixel along the contours.
    empty
        Contours that contain no centre of a pixel.
    missing
        Slices between the first and the last contour without any.
    wide, narrow
        Pixels if all centres on a contour belonged to the region, and if none did; 0 if few points are
        on centres.
    """

    outside: int = 0
    beyond: int = 0
    crossed: int = 0
    wound_twice: int = 0
    polygons: float = 0.0
    unexplained: int = 0
    empty: int = 0
    missing: int = 0
    wide: int = 0
    narrow: int = 0


@dataclass(frozen=True)
class Rasterised:
    """A region as voxels.

    Attributes
    ----------
    voxels
        Slices x rows x columns, 0 and 1.
    counts, losses
        What became of the contours, and of the area that they enclose.
    """

    voxels: npt.NDArray[np.uint8]
    counts: Counts
    losses: Losses = field(default_factory=Losses)


def rasterised(region: Region, grid: IndexGrid, slice_of: Mapping[tuple[str, int | None], int]) -> Rasterised:
    """Rasterise the contours of a region on the grid of an image.

    A voxel is in the region if its centre is within an odd number of the contours of its slice. Each contour
    is on the slice whose centre is nearest to its plane; of several planes on one slice the nearest is used,
    and a contour given twice counts once. Slices without contours stay empty.

    Parameters
    ----------
    region
        The region.
    grid
        Grid of the image.
    slice_of
        Slice of each image (SOP instance, frame) that a contour may name.
    """
    counts, losses = Counts(), Losses()
    outlines = outlines_of(region.contours, grid, dict(slice_of), counts)
    chosen = by_slice(outlines, counts)
    columns, rows, slices = grid.size
    voxels = np.zeros((slices, rows, columns), np.uint8)
    for place, plane in chosen.items():
        everywhere = all_pixels([outline.crossings for outline in plane])
        if not 0 <= place < slices:
            losses.beyond += everywhere
            continue
        counts.slices.add(place)
        voxels[place] = filled([outline.crossings for outline in plane], (rows, columns))
        losses.outside += everywhere - int(np.count_nonzero(voxels[place]))
        _check_area(plane, everywhere, losses)
    if counts.slices:
        losses.missing = max(counts.slices) - min(counts.slices) + 1 - len(counts.slices)
    _check_centres(list(chosen.values()), losses)
    return Rasterised(voxels, counts, losses)


def _check_area(plane: Sequence[Outline], pixels: int, losses: Losses) -> None:
    """Compare the pixels of a slice with the area of its polygons."""
    nesting = nesting_of(plane)
    losses.polygons += nesting.area
    losses.crossed += nesting.crossed
    losses.wound_twice += sum(outline.crossings.wound_twice for outline in plane)
    losses.empty += sum(outline.crossings.pixels == 0 for outline in plane)
    losses.unexplained += abs(pixels - nesting.area) > nesting.perimeter / 2 + 1


def _check_centres(planes: Sequence[Sequence[Outline]], losses: Losses) -> None:
    """If contours run along centres of pixels, count the pixels with and without those on the contours."""
    if not planes:
        return
    points = np.concatenate([outline.polygon for plane in planes for outline in plane])
    on_centre = (np.abs(points - np.round(points)) <= _ON_CENTRE).all(axis=1)
    if on_centre.mean() < _MANY:
        return
    for plane in planes:
        narrow, wide = _bounds([outline.polygon for outline in plane])
        losses.narrow += narrow
        losses.wide += wide


def _bounds(polygons: Sequence[npt.NDArray[np.float64]]) -> tuple[int, int]:
    """Pixels strictly inside polygons, and inside or on them, by moving them a little to four sides."""
    points = np.concatenate(polygons)
    step = 2 * _ON_CENTRE
    corner = np.floor(points.min(axis=0)) - 1
    columns, rows = np.ceil(np.ptp(points, axis=0)).astype(int) + 4
    moved = [
        filled([crossings_of(polygon - corner + (dx, dy)) for polygon in polygons], (int(rows), int(columns)))
        for dx in (-step, step)
        for dy in (-step, step)
    ]
    return int(np.logical_and.reduce(moved).sum()), int(np.logical_or.reduce(moved).sum())
