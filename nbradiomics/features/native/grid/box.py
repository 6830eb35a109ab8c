"""The smallest box around a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """Bounds of a region in voxels, both included, in the order z, y, x."""

    lower: tuple[int, int, int]
    upper: tuple[int, int, int]

    @property
    def size(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        z, y, x = (high - low + 1 for low, high in zip(self.lower, self.upper, strict=True))
        return (z, y, x)

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Index of the box in an array with the axes z, y, x."""
        z, y, x = (slice(low, high + 1) for low, high in zip(self.lower, self.upper, strict=True))
        return (z, y, x)

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Box:
        """Make the box of all voxels of an array with the axes z, y, x."""
        z, y, x = (length - 1 for length in shape)
        return cls((0, 0, 0), (z, y, x))

    @classmethod
    def around(cls, inside: NDArray[np.bool_]) -> Box | None:
        """Make the smallest box around the voxels inside; ``None`` when there are none."""
        lower, upper = [0, 0, 0], [0, 0, 0]
        part = inside
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            hit = np.flatnonzero(part.any(axis=others))
            if not hit.size:
                return None
            lower[axis], upper[axis] = int(hit[0]), int(hit[-1])
            part = part[(slice(None),) * axis + (slice(lower[axis], upper[axis] + 1),)]
        return cls((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))

    @classmethod
    def around_all(cls, boxes: Sequence[Box]) -> Box:
        """Make the smallest box around boxes."""
        z0, y0, x0 = np.min([box.lower for box in boxes], axis=0).tolist()
        z1, y1, x1 = np.max([box.upper for box in boxes], axis=0).tolist()
        return cls((z0, y0, x0), (z1, y1, x1))

    def within(self, other: Box) -> Box:
        """Return this box in voxels counted from the first voxel of another box."""
        z0, y0, x0 = (low - at for low, at in zip(self.lower, other.lower, strict=True))
        z1, y1, x1 = (high - at for high, at in zip(self.upper, other.lower, strict=True))
        return Box((z0, y0, x0), (z1, y1, x1))

    def crop(self, image: sitk.Image) -> NDArray[Any]:
        """Copy an image's voxels within the box, axes z, y, x, in the image's own number type."""
        return np.array(sitk.GetArrayViewFromImage(image)[self.slices], order="C")
