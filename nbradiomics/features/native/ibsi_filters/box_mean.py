"""Mean of the box around each voxel, of an image or of an energy image."""

from __future__ import annotations

from nbradiomics.features.native.ibsi_filters.separable import Kernel, along
from nbradiomics.features.native.ibsi_filters.window import Array, Extent


def box_mean(values: Array, size: int, extent: Extent, *, flat: bool) -> Array:
    """Compute the mean of the box around each voxel.

    Parameters
    ----------
    values
        Axes z, y, x.
    size
        Voxels of the box along each axis, odd.
    extent
        What lies beyond the border, and the voxels for which it is computed.
    flat
        Whether the box has one slice.
    """
    kernel = Kernel.of([1 / size] * size)
    for axis in (2, 1) if flat else (2, 1, 0):
        values = along(values, (kernel,), axis, extent)
    return values
