"""The grid of a stack of slices, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.series.records import Place, Source
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted

Floats = npt.NDArray[np.float64]

#: Largest distance of a slice from its place on the grid, as a share of the distance of two slices.
UNEVEN = 0.05
#: Largest sideways distance of a slice from the line along the normal, as a share of a pixel.
SIDEWAYS = 0.25
#: Smallest such distances in mm: positions are written with few digits.
_LEAST = 0.01
#: Largest difference of direction cosines that count as equal, and of pixel sizes as a share.
ALIKE = 1e-3
_NAMES = ("sagittal", "coronal", "axial")


@dataclass(frozen=True)
class Grid:
    """Grid of an image in mm, LPS, in the order of SimpleITK.

    Attributes
    ----------
    size, spacing, origin
        Along columns, rows, slices.
    direction
        Matrix by rows; its columns are the directions of the three axes.
    """

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]


def normal_of(orientation: Sequence[float]) -> Floats:
    """Unit normal of a slice: its row direction times its column direction; zeros if these are parallel."""
    normal = np.cross(np.array(orientation[:3]), np.array(orientation[3:]))
    return np.asarray(normal / (np.linalg.norm(normal) or 1.0))


def plane_of(orientation: Sequence[float]) -> str:
    """Name of the plane that is nearest: ``axial``, ``coronal`` or ``sagittal``."""
    return _NAMES[int(np.argmax(np.abs(normal_of(orientation))))]


def is_orthogonal(orientation: Sequence[float]) -> bool:
    """Whether the directions of rows and columns are unit vectors at a right angle."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    return bool(np.allclose(lengths, 1, atol=ALIKE) and abs(row @ column) < ALIKE)


def along(places: Sequence[Place]) -> Floats:
    """Position of each slice along the normal of the first, in mm."""
    positions = np.array([place.position for place in places], dtype=np.float64)
    orientation = places[0].orientation
    assert orientation is not None
    return np.asarray(positions @ normal_of(orientation))


def stacked(sources: Sequence[Source], rows: int, columns: int) -> tuple[tuple[Source, ...], Grid]:
    """Order the slices of one volume along their normal, and return their grid.

    Parameters
    ----------
    sources
        At least two slices of equal orientation and size, no two of them at the same position.
    rows, columns
        Size of a slice.

    Raises
    ------
    InputError
        When slices are missing, the distances differ, or the stack is sheared (gantry tilt).
    """
    heights = along([source.frame.place for source in sources])
    order = np.argsort(heights, kind="stable")
    ordered = tuple(sources[index] for index in order)
    places = [source.frame.place for source in ordered]
    heights = heights[order]
    first = places[0]
    assert first.orientation is not None
    assert first.spacing is not None
    assert first.position is not None
    positions = np.array([place.position for place in places], dtype=np.float64)
    normal = normal_of(first.orientation)
    _require_straight(positions, heights, normal, min(first.spacing))
    step = _require_even(heights)
    row = np.array(first.orientation[:3])
    row /= np.linalg.norm(row)
    # Exactly orthogonal, as ITK requires: the direction of the columns follows from the other two.
    column = np.cross(normal, row)
    matrix = np.column_stack([row, column, normal])
    return ordered, Grid(
        (columns, rows, len(ordered)),
        (first.spacing[1], first.spacing[0], step),
        first.position,
        tuple(float(value) for value in matrix.ravel()),
    )


def _require_straight(positions: Floats, heights: Floats, normal: Floats, pixel: float) -> None:
    """Refuse a stack whose slices are shifted sideways."""
    shifts = positions - positions[0] - np.outer(heights - heights[0], normal)
    sizes = np.linalg.norm(shifts, axis=1)
    if sizes.max() <= max(SIDEWAYS * pixel, _LEAST):
        return
    tilt = np.degrees(np.arctan2(sizes[-1], heights[-1] - heights[0]))
    line = np.outer((heights - heights[0]) / (heights[-1] - heights[0]), shifts[-1])
    if np.linalg.norm(shifts - line, axis=1).max() <= max(SIDEWAYS * pixel, _LEAST):
        raise InputError(
            f"the slices are sheared: the line through them is {tilt:.1f} degrees from their normal "
            "(gantry tilt).",
            "Ask for a reconstruction without tilt, or resample the series with a tool that corrects it.",
        )
    raise InputError(
        f"the slices are not on one line: they are shifted sideways by up to {sizes.max():.2f} mm.",
        "Look at the series in a viewer; export it again, or choose another one.",
    )


def _require_even(heights: Floats) -> float:
    """Distance of the slices in mm; refuse missing slices and unequal distances."""
    gaps = np.diff(heights)
    usual = float(np.median(gaps[gaps < 1.5 * gaps.min()]))  # where no slice is missing
    counts = np.rint(gaps / usual)
    whole = np.abs(gaps - counts * usual) <= max(UNEVEN * usual, _LEAST)
    if np.all(whole) and counts.max() > 1 and usual > 4 * _LEAST:
        places = ", ".join(
            f"{int(count) - 1} after slice {index + 1}"
            for index, count in enumerate(counts[:1000])
            if count > 1
        )
        raise InputError(
            f"{counted(int((counts - 1).sum()), 'slice')} of a stack of {int(counts.sum()) + 1} "
            f"({usual:.3g} mm apart) missing: {places}.",
            "Export the series again with all of its slices.",
        )
    step = float((heights[-1] - heights[0]) / (len(heights) - 1))
    errors = np.abs(heights - heights[0] - step * np.arange(len(heights)))
    if errors.max() > max(UNEVEN * step, _LEAST):
        raise InputError(
            f"the distances of the slices differ: {gaps.min():.3f} to {gaps.max():.3f} mm.",
            "Export the series again, or choose another one: voxels need one size.",
        )
    return step
