"""The part of an image that a filter reads, and what lies beyond the image's border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Slices = tuple[slice, slice, slice]
#: Names of the boundary conditions in `numpy.pad`.
_PAD = {"zero": "constant", "nearest": "edge", "periodic": "wrap", "mirror": "symmetric"}


@dataclass(frozen=True)
class Window:
    """A part of an image, with as much of its surroundings as a filter reads.

    Attributes
    ----------
    values
        Intensities, axes z, y, x.
    inner
        Index, within `values`, of the voxels whose response is wanted.
    open
        For each axis, whether the window begins and whether it ends at the border of the image: only there
        the boundary condition decides what lies beyond. Elsewhere the window has a margin around `inner` from
        which no response is taken.

    Notes
    -----
    With the periodic boundary condition, and for filters without a finite support, the window is the image.
    """

    values: Array
    inner: Slices
    open: tuple[tuple[bool, bool], ...]

    @classmethod
    def whole(cls, values: NDArray[Any]) -> Window:
        """Make the window of a whole image."""
        z, y, x = (slice(0, length) for length in values.shape)
        return cls(np.asarray(values, np.float64), (z, y, x), ((True, True),) * 3)

    def core(self, response: NDArray[Any]) -> Array:
        """Return the wanted part of a response to `values`."""
        return np.ascontiguousarray(response[self.inner], np.float64)

    def within_plane(self, axis: int) -> Window:
        """Leave out planes across `axis` from which no response is wanted: for filters in planes."""
        index = [slice(None)] * 3
        index[axis] = self.inner[axis]
        inner = list(self.inner)
        inner[axis] = slice(0, self.inner[axis].stop - self.inner[axis].start)
        return Window(self.values[tuple(index)], (inner[0], inner[1], inner[2]), self.open)

    def widened(self, margin: int | None, *, flat: bool) -> tuple[Slices, Slices]:
        """Return the inner part with a margin, within the window, and the inner part counted from there.

        ``None``: the whole window. A flat filter has no margin across slices.
        """
        margins = [0 if flat else margin, margin, margin]
        wide, inner = [], []
        for part, length, more in zip(self.inner, self.values.shape, margins, strict=True):
            first = 0 if more is None else max(part.start - more, 0)
            wide.append(slice(first, length if more is None else min(part.stop + more, length)))
            inner.append(slice(part.start - first, part.stop - first))
        return (wide[0], wide[1], wide[2]), (inner[0], inner[1], inner[2])


@dataclass(frozen=True)
class Extent:
    """How far a filter sees, and for which voxels it is computed.

    Attributes
    ----------
    boundary
        What lies beyond the border.
    kept
        Voxels along z, y, x for which the response is computed: a pass along an axis leaves out the others.
    """

    boundary: str
    kept: Slices = (slice(None),) * 3


def extended(
    values: NDArray[Any], before: Sequence[int], after: Sequence[int], boundary: str
) -> NDArray[Any]:
    """Extend an array beyond its borders; one number of voxels before and after for each axis."""
    return np.pad(values, list(zip(before, after, strict=True)), mode=_PAD[boundary])  # type: ignore[call-overload, no-any-return]


def extended_index(length: int, before: int, after: int, boundary: str) -> NDArray[np.int64]:
    """Return the voxel that each place of an extended line stands for; -1 for zero."""
    place = np.arange(-before, length + after)
    if boundary == "periodic":
        return place % length
    if boundary == "mirror":
        place = place % (2 * length)
        return np.minimum(place, 2 * length - 1 - place)
    if boundary == "nearest":
        return np.clip(place, 0, length - 1)
    return np.where((place >= 0) & (place < length), place, -1)
