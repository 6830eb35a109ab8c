"""Compare the grids of two images: size, spacing, origin, direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbradiomics.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Largest differences that still count as the same grid. Headers store single precision, so an exact
#: comparison would refuse masks that were drawn on the image.
SPACING_TOLERANCE = 1e-4  # mm
ORIGIN_TOLERANCE = 1e-3  # mm
DIRECTION_TOLERANCE = 1e-4  # direction cosines


def grid_difference(image: sitk.Image, other: sitk.Image) -> str:
    """Say how two grids differ.

    Returns
    -------
    str
        One sentence part, such as ``size 64 x 64 x 32 against 64 x 64 x 30``; empty when the grids
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
    """Raise `InputError` unless two images lie on the same grid; `names` say which they are."""
    difference = grid_difference(image, other)
    if difference:
        raise InputError(
            f"{names[0]} and {names[1]} lie on different grids: {difference}.",
            "Resample the mask onto the image with nearest-neighbour interpolation.",
        )


def _join(values: tuple[float, ...]) -> str:
    return " x ".join(f"{value:.6g}" for value in values)
