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
#: A margin of whole voxels is not to become one voxel more by the rounding of a quotient.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Field:
    """The voxels that are counted; specificity, kappa and ROC areas depend on how many lie in neither mask.

    Attributes
    ----------
    margin_mm
        ``None`` for the whole image. A number for the smallest box that holds both masks, grown on every side
        by the fewest whole voxels that make up this many mm, and cut at the image's border. Two empty masks
        have no such box: what depends on it is then undefined.

    Raises
    ------
    InputError
        When the margin is negative or no finite number.
    """

    margin_mm: float | None = None

    def __post_init__(self) -> None:
        if self.margin_mm is not None and not (isfinite(self.margin_mm) and self.margin_mm >= 0):
            raise InputError(
                f"the margin of the field is {self.margin_mm} mm; a finite number from 0 up was expected.",
                "Give the margin in mm, or None to count the whole image.",
            )

    def __str__(self) -> str:
        # Every digit: tables tell by this text which values belong together.
        margin = str(self.margin_mm).removesuffix(".0")
        return "image" if self.margin_mm is None else f"box + {margin} mm"

    def box(self, masks: Box | None, *, shape: tuple[int, ...], spacing: Triple) -> Box | None:
        """Part of the image that is counted.

        Parameters
        ----------
        masks
            The smallest box that holds both masks; ``None`` where both are empty.
        shape, spacing
            Of the image, in the order z, y, x; spacing in mm.
        """
        if self.margin_mm is None:
            z, y, x = (slice(0, length) for length in shape)
            return z, y, x
        if masks is None:
            return None
        steps = [ceil(self.margin_mm / step - _ROUNDING) for step in spacing]
        z, y, x = (
            slice(max(side.start - more, 0), min(side.stop + more, length))
            for side, more, length in zip(masks, steps, shape, strict=True)
        )
        return z, y, x


WHOLE_IMAGE = Field()


def bounding_box(volume: NDArray[Any]) -> Box | None:
    """Smallest box that holds every voxel that is not 0; ``None`` where there is none.

    Parameters
    ----------
    volume
        Axes z, y, x.
    """
    rows = np.any(volume, axis=2)
    if not rows.any():
        return None
    z, y = _extent(np.any(rows, axis=1)), _extent(np.any(rows, axis=0))
    return z, y, _extent(np.any(volume[z, y], axis=(0, 1)))


def joint_box(first: Box | None, second: Box | None) -> Box | None:
    """Smallest box that holds two boxes; the other one where one is ``None``."""
    if first is None or second is None:
        return first or second
    z, y, x = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(first, second, strict=True))
    return z, y, x


def voxels_in(box: Box | None) -> int:
    """Number of voxels of a box."""
    return 0 if box is None else prod(side.stop - side.start for side in box)


def _extent(present: NDArray[np.bool_]) -> slice:
    first, length = int(present.argmax()), len(present)
    return slice(first, length - int(present[::-1].argmax()))
