"""Find the slice of a series behind each plane of an image, by geometry and never by index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.export.frames import Frame
from nbradiomics.dicom.masks.index_grid import IndexGrid, grid_of, voxels_of
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Largest distance, in voxels, of a pixel from the voxel that is the same place.
TOLERANCE = 0.1
_REMEDY = (
    "Export masks that were drawn on this series as it is: not resampled, cropped in a slice or moved; and "
    "check that the folder holds the whole series."
)


@dataclass(frozen=True)
class Placed:
    """A frame, and the voxels of an image's array that are its pixels.

    Attributes
    ----------
    frame
        The frame.
    plane
        Index of the image's plane, along `axes[0]`.
    axes
        Axes of the array (z, y, x) that run across the planes, along the frame's rows (row number
        increases), and along its columns.
    flipped
        Whether the index decreases where the number of the row, and that of the column, increases.
    """

    frame: Frame
    plane: int
    axes: tuple[int, int, int]
    flipped: tuple[bool, bool]

    def pixels(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Cut the plane out of an array (z, y, x): rows and columns as in the frame."""
        pixels: npt.NDArray[np.generic] = array.transpose(self.axes)[self.plane]
        return pixels[tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)]


def placed_on(image: sitk.Image, frames: Iterable[Frame]) -> list[list[Placed]]:
    """Find the frames that lie on the planes of an image.

    Parameters
    ----------
    image
        Gives the grid.
    frames
        Slices of a series, in any order; those elsewhere (localisers, other volumes) are left out.

    Returns
    -------
    list of list of Placed
        For each plane of the image, in order, the frames that lie on it: several if the series has several
        images of the same place, such as b-values.

    Raises
    ------
    InputError
        When no frame lies on the image's grid, or a plane has no frame.
    """
    frames = list(frames)
    found: dict[tuple[int, int, int], list[Placed]] = {}
    grid = grid_of(image)
    for frame in frames:
        placed = _placed(grid, frame)
        if placed is not None:
            found.setdefault(placed.axes, []).append(placed)
    size = image.GetSize()[::-1]
    best = max(found.items(), key=lambda one: _covered(one[1]) / size[one[0][0]], default=None)
    if best is None:
        raise InputError(
            f"the grid of the mask is not that of the source series: none of the {len(frames)} slices of the "
            f"series lies on its grid of {_join(image.GetSize())} voxels.",
            _REMEDY,
        )
    (across, _, _), placed_frames = best
    planes: list[list[Placed]] = [[] for _ in range(size[across])]
    for one in placed_frames:
        planes[one.plane].append(one)
    empty = sum(not plane for plane in planes)
    if empty:
        raise InputError(
            f"the grid of the mask is not that of the source series: {empty} of its {len(planes)} planes "
            "have no slice in the series.",
            _REMEDY,
        )
    return planes


def _covered(placed: Sequence[Placed]) -> int:
    return len({one.plane for one in placed})


def _placed(grid: IndexGrid, frame: Frame) -> Placed | None:
    """Place a frame on a grid; ``None`` if its pixels are not all voxels of one plane of it."""
    voxels = voxels_of(frame, grid, frame.shape, TOLERANCE)
    if voxels is None:
        return None
    along_rows, along_columns = (int(np.flatnonzero(step)[0]) for step in (voxels.down, voxels.across))
    across = 3 - along_rows - along_columns
    rows, columns = frame.shape
    last = voxels.origin + (rows - 1) * voxels.down + (columns - 1) * voxels.across
    lowest, highest = np.minimum(voxels.origin, last), np.maximum(voxels.origin, last)
    inside = (lowest >= 0).all() and (highest < np.array(grid.size)).all()
    if not inside or (grid.size[along_rows], grid.size[along_columns]) != frame.shape:
        return None
    flipped = bool(voxels.down.sum() < 0), bool(voxels.across.sum() < 0)
    axes = 2 - across, 2 - along_rows, 2 - along_columns
    return Placed(frame, int(voxels.origin[across]), axes, flipped)


def _join(values: Sequence[int]) -> str:
    return " x ".join(map(str, values))
