"""Frames of a segmentation on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.masks.index_grid import Floats, IndexGrid, Ints, voxels_of
from nbradiomics.dicom.masks.segmentations.frames import Frame, FrameError

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Largest distance of a pixel's centre from a voxel's centre, in voxels, that counts as the same grid.
SAME_GRID = 0.05
#: Largest distance of a plane from a multiple of the distance of planes, as a share of it.
_REGULAR = 0.02
#: From so many distances of slices on, planes are thicker than the slices of an image.
_THICKER = 1.5
#: Most voxels of a grid that contains all frames.
_MOST_VOXELS = 5e8


@dataclass(frozen=True)
class Placed:
    """A frame whose pixels are voxels of a grid: index = origin + column * across + row * down."""

    frame: Frame
    origin: Ints
    across: Ints
    down: Ints


def placed(frame: Frame, grid: IndexGrid, shape: tuple[int, int]) -> Placed | None:
    """Place a frame on a grid, continued beyond its edges; ``None`` if its pixels are not voxels of it.

    Parameters
    ----------
    frame
        The frame.
    grid
        The grid.
    shape
        Rows and columns of the frame.
    """
    voxels = voxels_of(frame, grid, shape, SAME_GRID)
    return None if voxels is None else Placed(frame, *voxels)


def own_grid(frames: Sequence[Frame], shape: tuple[int, int]) -> IndexGrid:
    """The grid of a segmentation that contains all of its frames.

    Raises
    ------
    FrameError
        When the frames are not parallel planes at multiples of one distance, or this distance is not known.
    """
    first = frames[0]
    across, down = first.across, first.down
    spacing = [float(np.linalg.norm(step)) for step in (across, down)]
    normal = np.cross(across / spacing[0], down / spacing[1])
    offsets = np.array([frame.origin - first.origin for frame in frames])
    levels = offsets @ normal
    gap = _distance_of_planes(first, levels)
    parallel = all(
        np.allclose(f.across, across, atol=1e-4) and np.allclose(f.down, down, atol=1e-4) for f in frames
    )
    beside = np.abs(offsets - levels[:, None] * normal).max()
    if not parallel or gap <= 0 or beside > SAME_GRID * min(spacing):
        raise FrameError("its frames are not parallel planes of one grid")
    whole = (levels - levels.min()) / gap
    if np.abs(whole - np.rint(whole)).max() > _REGULAR:
        raise FrameError("its frames are not at multiples of one distance")
    direction = np.stack([across / spacing[0], down / spacing[1], normal], axis=1)
    origin = first.origin + levels.min() * normal
    size = (shape[1], shape[0], int(np.rint(whole.max())) + 1)
    if float(np.prod(np.asarray(size, dtype=np.float64))) > _MOST_VOXELS:
        raise FrameError("its frames lie too far apart")
    return IndexGrid(size, (spacing[0], spacing[1], gap), origin, direction)


def are_thicker(frames: Sequence[Frame], grid: IndexGrid) -> bool:
    """Whether planes stand for several slices of a grid each, so that the slices between them are not empty.

    Parameters
    ----------
    frames
        All frames of a segmentation, placed on the grid.
    grid
        Grid of an image that the segmentation does not name.
    """
    first = frames[0]
    normal = np.cross(first.across, first.down)
    normal /= np.linalg.norm(normal)
    steps = np.diff(np.unique(np.round([frame.origin @ normal for frame in frames], 4)))
    apart = float(steps.min()) if len(steps) else np.inf
    most = _THICKER * float(np.asarray(grid.spacing) @ np.abs(grid.direction.T @ normal))
    if not first.distance:
        return len(steps) > 0 and apart > most
    return first.distance > most and apart >= (1 - _REGULAR) * first.distance


def _distance_of_planes(first: Frame, levels: Floats) -> float:
    """Distance of the planes in mm; 0 if nothing tells it.

    A thickness tells it only if planes are as far apart: thin planes with gaps would be a mask of stripes.

    Raises
    ------
    FrameError
        When thickness and planes contradict each other, and the distance is not stated.
    """
    steps = np.diff(np.unique(np.round(levels, 4)))
    nearest = float(steps.min()) if len(steps) else first.thickness  # one plane: nothing contradicts it
    if first.distance or not first.thickness:
        return first.distance or nearest
    if abs(nearest - first.thickness) > _REGULAR * first.thickness:
        raise FrameError(
            "its planes are not as far apart as they are thick, and their distance is not stated"
        )
    return first.thickness


def set_voxels(voxels: npt.NDArray[np.uint8], place: Placed, inside: npt.NDArray[np.bool_]) -> int:
    """Set the voxels of a frame's pixels to 1.

    Parameters
    ----------
    voxels
        Slices x rows x columns, changed in place.
    place
        Place of the frame.
    inside
        Rows x columns, true in the segment.

    Returns
    -------
    int
        Number of pixels outside the grid.
    """
    rows, columns = np.nonzero(inside)
    index = place.origin + columns[:, None] * place.across + rows[:, None] * place.down
    within = ((index >= 0) & (index < np.array(voxels.shape[::-1]))).all(axis=1)
    x, y, z = index[within].T
    voxels[z, y, x] = 1
    return int(len(index) - np.count_nonzero(within))


def resampled(voxels: npt.NDArray[np.uint8], grid: IndexGrid, image: sitk.Image) -> npt.NDArray[np.uint8]:
    """Resample voxels of another grid onto that of an image by nearest neighbour; 0 outside."""
    import SimpleITK as sitk

    mask = sitk.GetImageFromArray(voxels)
    mask.SetSpacing(grid.spacing)
    mask.SetOrigin(grid.origin.tolist())
    mask.SetDirection(grid.direction.ravel().tolist())
    moved = sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)
    return np.asarray(sitk.GetArrayFromImage(moved), dtype=np.uint8)
