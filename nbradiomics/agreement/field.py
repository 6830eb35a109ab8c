"""Which voxels count as background: the whole image, or a box around the two masks."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError

#: Part of a volume: the voxels from start to stop along each axis, in the order z, y, x.
Box = tuple[slice, slice, slice]
Triple = tuple[float, float, float]
#: Rounding of a quotient must not add a voxel to a margin that is a whole number of voxels.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Field:
    """The voxels that are counted. Specificity, kappa and ROC areas depend on the number in neither mask.

    Attributes
    ----------
    margin_mm
        ``None`` for the whole image. A number for the smallest box around both masks, enlarged on every side
        by the smallest number of whole voxels that covers this many mm, and cut at the border of the image.
        Two empty masks have no such box: values that depend on it are then undefined.

    Raises
    ------
    InputError
        When the margin is negative or not finite.
    """

    margin_mm: float | None = None

    def __post_init__(self) -> None:
        if self.margin_mm is not None and not (isfinite(self.margin_mm) and self.margin_mm >= 0):
            raise InputError(
                f"the margin of the field is {self.margin_mm} mm; a finite number of 0 or more was expected.",
                "Give the margin in mm, or None to count the whole image.",
            )

    def __str__(self) -> str:
        # All digits: in the tables this text shows which values can be compared.
        margin = str(self.margin_mm).removesuffix(".0")
        return "image" if self.margin_mm is None else f"box + {margin} mm"

    def box(self, masks: Box | None, *, shape: tuple[int, ...], spacing: Triple) -> Box | None:
        """Return the part of the image that is counted.

        Parameters
        ----------
        masks
            The smallest box around both masks; ``None`` if both are empty.
        shape, spacing
            Shape and spacing (mm) of the image, in the order z, y, x.
        """
        if self.margin_mm is None:
            z, y, x = (slice(0, length) for length in shape)
            return z, y, x
        if masks is None:
            return None
        margins = [ceil(self.margin_mm / step - _ROUNDING) for step in spacing]
        z, y, x = (
            slice(max(side.start - margin, 0), min(side.stop + margin, length))
            for side, margin, length in zip(masks, margins, shape, strict=True)
        )
        return z, y, x


WHOLE_IMAGE = Field()


def bounding_box(volume: NDArray[Any]) -> Box | None:
    """Smallest box around all voxels that are not 0; ``None`` if all are 0.

    Parameters
    ----------
    volume
        Volume with the axes z, y, x.
    """
    rows = np.any(volume, axis=2)
    if not rows.any():
        return None
    z, y = _extent(np.any(rows, axis=1)), _extent(np.any(rows, axis=0))
    return z, y, _extent(np.any(volume[z, y], axis=(0, 1)))


def joint_box(first: Box | None, second: Box | None) -> Box | None:
    """Smallest box around two boxes; if one is ``None``, the other one."""
    if first is None or second is None:
        return first or second
    z, y, x = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(first, second, strict=True))
    return z, y, x


def voxels_in(box: Box | None) -> int:
    """Number of voxels in a box; 0 for ``None``."""
    return 0 if box is None else prod(side.stop - side.start for side in box)


def _extent(present: NDArray[np.bool_]) -> slice:
    first, length = int(present.argmax()), len(present)
    return slice(first, length - int(present[::-1].argmax()))
