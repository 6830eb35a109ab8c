"""Contours in pixels, each on its slice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.masks.index_grid import IndexGrid
from nbradiomics.dicom.masks.structure_sets.contours import CLOSED, Contour
from nbradiomics.dicom.masks.structure_sets.scan_lines import Crossings, crossings_of

#: Largest difference of a contour's points along the slices, and largest difference of contours that are on
#: one plane, as shares of the distance of two slices.
FLAT = 0.25
SAME_PLANE = 0.1
#: Largest distance of a contour from the slice of the image that it names, in distances of two slices: half a
#: distance, and rounding.
NAMED = 0.6
#: Decimals of an index that are not rounding errors of the computation, and those of the points of two
#: contours that are the same.
_DECIMALS = 6
_SAME = 3
#: Distance in mm beyond the image at which coordinates are wrong rather than outside of a cropped image.
BEYOND = 2000.0


@dataclass(frozen=True)
class Outline:
    """A closed contour on its slice.

    Attributes
    ----------
    slice
        Index of the slice; there may be no such slice.
    offset
        Distance of the contour's plane from the slice, in distances of two slices: -0.5 (excluded) to 0.5.
    polygon
        n x 2, column and row in pixels.
    crossings
        Of the polygon with the rows of pixels.
    """

    slice: int
    offset: float
    polygon: npt.NDArray[np.float64]
    crossings: Crossings


@dataclass
class Counts:
    """Contours of a region by what became of them."""

    closed: int = 0
    open: int = 0
    short: int = 0
    tilted: int = 0
    far: int = 0
    contradictory: int = 0
    unknown_images: int = 0
    duplicates: int = 0
    between: int = 0
    dropped: int = 0
    slices: set[int] = field(default_factory=set)


def outlines_of(
    contours: Iterable[Contour],
    grid: IndexGrid,
    slice_of: dict[tuple[str, int | None], int],
    counts: Counts,
) -> list[Outline]:
    """Bring the closed contours of a region to pixels, and count the others in `counts`.

    Parameters
    ----------
    contours
        Contours of the region.
    grid
        Grid of the image.
    slice_of
        Slice of each image (SOP instance, frame).
    counts
        Contours that are open, have fewer than three different points, are not parallel to the slices, lie
        far beyond the image, or name the image of another slice, are counted here.
    """
    outlines = []
    for contour in contours:
        if contour.kind not in CLOSED:
            counts.open += 1
            continue
        counts.closed += 1
        index = np.round(grid.index(contour.points), _DECIMALS)
        polygon = _without_repeats(index[:, :2])
        if not _three_points(index):
            counts.short += 1
        elif np.ptp(index[:, 2]) > FLAT:
            counts.tilted += 1
        elif len(polygon) < 3:
            counts.short += 1
        elif _is_far(index, grid):
            counts.far += 1
        else:
            level = float(np.median(index[:, 2]))
            place = int(np.ceil(level - 0.5))
            _check_images(contour, level, slice_of, counts)
            outlines.append(Outline(place, level - place, polygon, crossings_of(polygon)))
    return outlines


def _three_points(index: npt.NDArray[np.float64]) -> bool:
    """Whether a contour has at least three different points."""
    others = index
    for _ in range(2):
        if not len(others):
            return False
        others = others[(others != others[0]).any(axis=1)]
    return len(others) > 0


def _without_repeats(polygon: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Leave out points that repeat the one before; the first follows the last."""
    if not len(polygon):
        return polygon
    new = (polygon != np.roll(polygon, 1, axis=0)).any(axis=1)
    return np.asarray(polygon[new])


def _is_far(index: npt.NDArray[np.float64], grid: IndexGrid) -> bool:
    beyond = np.maximum(-index, index - np.asarray(grid.size)) * np.asarray(grid.spacing)
    return bool(beyond.max() > BEYOND)


def _check_images(
    contour: Contour, level: float, slice_of: dict[tuple[str, int | None], int], counts: Counts
) -> None:
    """Compare the contour's slice with the images that it names; a list of many names no slice."""
    if not contour.images:
        return
    known = [slice_of[image] for image in contour.images if image in slice_of]
    if not known:
        counts.unknown_images += 1
    elif len(contour.images) == 1 and abs(level - known[0]) > NAMED:
        counts.contradictory += 1


def by_slice(outlines: Sequence[Outline], counts: Counts) -> dict[int, list[Outline]]:
    """Choose the contours of each slice: those of the plane nearest to it, each once."""
    slices: dict[int, list[Outline]] = {}
    for outline in outlines:
        slices.setdefault(outline.slice, []).append(outline)
    chosen = {}
    for place, several in sorted(slices.items()):
        offset = min((outline.offset for outline in several), key=lambda one: (abs(one), one))
        plane = [outline for outline in several if abs(outline.offset - offset) <= SAME_PLANE]
        counts.dropped += len(several) - len(plane)
        counts.between += sum(abs(outline.offset) > SAME_PLANE for outline in plane)
        different = {_key(outline.polygon): outline for outline in plane}
        counts.duplicates += len(plane) - len(different)
        chosen[place] = list(different.values())
    return chosen


def _key(polygon: npt.NDArray[np.float64]) -> bytes:
    """Equal for polygons with the same points, whatever their first point and direction."""
    points = np.round(polygon, _SAME) + 0.0  # -0.0 is 0.0
    forms = []
    for line in (points, points[::-1]):
        starts = np.flatnonzero((line == line[np.lexsort((line[:, 1], line[:, 0]))[0]]).all(axis=1))
        forms += [np.roll(line, -int(start), axis=0).tobytes() for start in starts[:16]]
    return min(forms)
