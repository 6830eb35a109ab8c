"""Images of the filters that the section `nbradiomics` requests, around regions of an image.

A filter sees the image itself, not the crop around a mask: the response of a voxel depends neither on
`padDistance` and `preCrop` nor on the mask. If a filter has a finite support, only the regions and this
margin are filtered, with the same result; else the whole image is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from math import prod
from threading import Lock

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.execution.pieces import threads
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.lattice import Lattice
from nbradiomics.features.native.grid.preparation import Region
from nbradiomics.features.native.ibsi_filters.response import reach, response, working_voxels
from nbradiomics.features.native.ibsi_filters.window import Window
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters.filters.types import Filter
from nbradiomics.features.parameters.limits import allowing, count
from nbradiomics.system.memory import require_memory

#: Peak memory in bytes for each voxel that is filtered.
BYTES_PER_VOXEL = 60


@dataclass(frozen=True)
class Response:
    """The image of a filter around some regions.

    Attributes
    ----------
    image
        Double precision, on the grid of the features, in the box around the regions.
    name
        Name of the image in the names of features.
    regions
        The regions in `image`, in their order.
    """

    image: sitk.Image
    name: str
    regions: list[Region]


def responses(
    image: sitk.Image, ground: sitk.Image, regions: Sequence[Region], plan: Plan
) -> Iterator[Response]:
    """Make the image of each requested filter, one at a time.

    Parameters
    ----------
    image
        The normalised image.
    ground
        The image on the grid of the features.
    regions
        Regions on this grid, at least one.
    plan
        Filters and settings.

    Raises
    ------
    InputError
        When a filter does not suit the voxels, or the image is too large for it.
    """
    for make in response_steps(image, ground, regions, plan):
        yield make()


def response_steps(
    image: sitk.Image, ground: sitk.Image, regions: Sequence[Region], plan: Plan
) -> list[Callable[[], Response]]:
    """Return what makes the image of each requested filter; see `responses`."""
    if not plan.filters:
        return []
    lattice = Lattice(image, ground, plan.settings, plan.ibsi)
    box = Box.around_all([region.box for region in regions])
    moved = [Region(region.box.within(box), region.inside) for region in regions]
    part = part_of(ground, box)
    held = _Held(lattice, box)
    filters = [plan.filters[: number + 1] for number in range(len(plan.filters))]
    return [partial(_made, until, held, part, moved, plan) for until in filters]


def _made(
    filters: Sequence[Filter], held: _Held, part: sitk.Image, regions: list[Region], plan: Plan
) -> Response:
    """Make the image of the last of some filters; the others decide which part of the image is kept."""
    x, y, z = part.GetSpacing()
    needed = [held.needed(reach(one, (z, y, x)), flat=one.flat) for one in filters]
    filtered = sitk.GetImageFromArray(_response(filters[-1], held, needed, (z, y, x), plan))
    filtered.CopyInformation(part)
    return Response(filtered, filters[-1].name, regions)


def part_of(image: sitk.Image, box: Box) -> sitk.Image:
    """Return an empty image on the part of a grid within a box."""
    part = sitk.Image([int(length) for length in box.size[::-1]], sitk.sitkUInt8)
    part.SetSpacing(image.GetSpacing())
    part.SetDirection(image.GetDirection())
    part.SetOrigin(image.TransformIndexToPhysicalPoint([int(low) for low in box.lower[::-1]]))
    return part


class _Held:
    """The intensities around the regions: the largest part that was needed so far is kept.

    Interpolated intensities may depend on the part in the last bit: so what was needed before a filter, and
    not what was made before it, decides about its part. Several threads may ask.
    """

    def __init__(self, lattice: Lattice, box: Box) -> None:
        self.whole = Box.around_all([lattice.whole, box])
        self.box = box
        self._lattice = lattice
        self._kept: tuple[Box, NDArray[np.float64]] | None = None
        self._turn = Lock()

    def needed(self, margin: int | None, *, flat: bool) -> Box:
        """Return the box that a filter reads; ``None``: the whole image, or whole slices."""
        margins = [0 if flat else margin, margin, margin]
        bounds = [
            (first, last) if more is None else (max(low - more, first), min(high + more, last))
            for low, high, first, last, more in zip(
                self.box.lower, self.box.upper, self.whole.lower, self.whole.upper, margins, strict=True
            )
        ]
        (z0, z1), (y0, y1), (x0, x1) = bounds
        return Box((z0, y0, x0), (z1, y1, x1))

    def window(self, needed: Sequence[Box]) -> Window:
        """Return the intensities in the last of the needed boxes as a window around the regions."""
        wanted = needed[-1]
        kept = reduce(lambda kept, box: kept if _within(box, kept) else box, needed)
        with self._turn:
            if self._kept is None or self._kept[0] != kept:
                self._kept = (kept, self._lattice.values(kept))
            values = self._kept[1]
        sides = [
            (low == first, high == last)
            for low, high, first, last in zip(
                wanted.lower, wanted.upper, self.whole.lower, self.whole.upper, strict=True
            )
        ]
        part = values[wanted.within(kept).slices]
        return Window(part, self.box.within(wanted).slices, tuple(sides))


def _response(
    one: Filter, held: _Held, needed: Sequence[Box], spacing: tuple[float, float, float], plan: Plan
) -> NDArray[np.float64]:
    wanted = needed[-1]
    voxels = working_voxels(one, wanted.size)
    along = " x ".join(f"{length:,}" for length in reversed(wanted.size))
    cause = f"the filter {one.name} needs {along} voxels"
    if prod(wanted.size) > plan.limits.voxels:
        raise InputError(
            f"{cause}, {count(prod(wanted.size))} in total; at most {plan.limits.voxels:,} were expected.",
            f"Choose larger voxels. {allowing({'voxels': prod(wanted.size)})}".strip(),
        )
    remedy = (
        "Choose larger voxels or boundary: periodic, use fewer processes (--jobs) or threads, or close other "
        "programs."
    )
    together = min(threads(), len(plan.filters))
    if together > 1:
        cause += f", in {together} threads at the same time"
    require_memory(voxels * BYTES_PER_VOXEL * together, cause, remedy)
    return response(one, held.window(needed), spacing)


def _within(inner: Box, outer: Box) -> bool:
    lower = all(one >= other for one, other in zip(inner.lower, outer.lower, strict=True))
    return lower and all(one <= other for one, other in zip(inner.upper, outer.upper, strict=True))
