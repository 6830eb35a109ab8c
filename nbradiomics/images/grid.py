"""Compare the grids of two images: size, spacing, origin, direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbradiomics.errors import InputError
from nbradiomics.images.refusals import sheared

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Largest differences that still count as the same grid. Headers store single precision, so an exact
#: comparison would refuse masks that were drawn on the image.
SPACING_TOLERANCE = 1e-4  # mm
ORIGIN_TOLERANCE = 1e-3  # mm
DIRECTION_TOLERANCE = 1e-4  # direction cosines
#: Largest cosine between two axes that still counts as a right angle (0.06 degrees).
ANGLE_TOLERANCE = 1e-3
#: Smallest and largest plausible voxel edge in mm: a microscope's specimen, a localiser with a thick slice.
PLAUSIBLE = (1e-3, 200.0)
#: Largest plausible coordinate of the first voxel in mm.
FARTHEST = 1e6


def grid_difference(image: sitk.Image, other: sitk.Image) -> str:
    """Describe how two grids differ.

    Returns
    -------
    str
        A part of a sentence, such as ``size 64 x 64 x 32 against 64 x 64 x 30``; empty when the grids
        are the same within the tolerances of this module.
    """
    if image.GetSize() != other.GetSize():
        return f"size {_join(image.GetSize())} against {_join(other.GetSize())}"
    checks = (
        ("spacing", image.GetSpacing(), other.GetSpacing(), SPACING_TOLERANCE),
        ("origin", image.GetOrigin(), other.GetOrigin(), ORIGIN_TOLERANCE),
        ("direction", image.GetDirection(), other.GetDirection(), DIRECTION_TOLERANCE),
    )
    for name, first, second, tolerance in checks:
        if any(abs(a - b) > tolerance for a, b in zip(first, second, strict=True)):
            return f"{name} {_join(first)} against {_join(second)}"
    return ""


def require_same_grid(image: sitk.Image, other: sitk.Image, *, names: tuple[str, str]) -> None:
    """Raise `InputError` unless two images have the same grid; `names` are their names."""
    difference = grid_difference(image, other)
    if difference:
        raise InputError(
            f"{names[0]} and {names[1]} have different grids: {difference}.",
            "Resample the mask onto the image with nearest-neighbour interpolation.",
        )


def require_geometry(spacing: Sequence[float], origin: Sequence[float], name: object) -> None:
    """Raise `InputError` unless voxel size and origin are plausible; `name` is the image's."""
    low, high = PLAUSIBLE
    if not all(low <= edge <= high for edge in spacing):
        raise InputError(
            f"{name}: the header gives voxels of {_join(spacing)} mm; edges of {low:g} to {high:g} mm were "
            "expected.",
            "Correct the voxel size in the header, in mm; or export the image again.",
        )
    if not all(abs(coordinate) <= FARTHEST for coordinate in origin):
        raise InputError(
            f"{name}: the header gives the origin {_join(origin)} mm; numbers up to {FARTHEST:g} were "
            "expected.",
            "Correct the origin in the header, in mm; or export the image again.",
        )


def right_angled(direction: npt.ArrayLike, name: object) -> npt.NDArray[np.float64]:
    """Remove rounding errors from direction cosines, so that the axes are exactly at right angles.

    Parameters
    ----------
    direction
        3 x 3, an axis of the image in each column.
    name
        Name of the image in messages.

    Raises
    ------
    InputError
        When two axes are not at a right angle: the volume of a voxel is then not the product of its edges.
    """
    matrix = np.asarray(direction, dtype=np.float64).reshape(3, 3)
    cosines = np.abs(matrix.T @ matrix - np.eye(3))
    if not cosines.max() <= ANGLE_TOLERANCE:
        raise sheared(name, float(np.degrees(np.arccos(min(1.0, cosines.max())))))
    left, _, right = np.linalg.svd(matrix)
    return np.asarray(left @ right, dtype=np.float64)


def _join(values: Sequence[float]) -> str:
    return " x ".join(f"{value:.6g}" for value in values)
