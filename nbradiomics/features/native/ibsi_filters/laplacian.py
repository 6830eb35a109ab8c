r"""Laplacian of a Gaussian, sampled at voxels and truncated.

In D dimensions, for :math:`k` in voxels and :math:`\sigma` in voxels,

.. math:: g(k) = -\frac{1}{\sigma^2} \left(\frac{1}{\sqrt{2 \pi} \sigma}\right)^D
          \left(D - \frac{\lVert k \rVert^2}{\sigma^2}\right) e^{-\lVert k \rVert^2 / (2 \sigma^2)}

within a box of :math:`1 + 2 \lfloor d \sigma + 0.5 \rfloor` voxels along each axis, with the truncation
:math:`d`. It is the sum over the axes of a second derivative along the axis times Gaussians along the others.
"""

from __future__ import annotations

import numpy as np

from nbradiomics.features.native.ibsi_filters.separable import Kernel, along
from nbradiomics.features.native.ibsi_filters.window import Array, Extent


def reach_of_laplacian(sigma: float, truncate: float) -> int:
    """Return how many voxels the kernel extends to each side; `sigma` in voxels."""
    # A voxel size that a file stores in single precision must not move the limit.
    return int(np.floor(round(truncate * sigma, 4) + 0.5))


def laplacian_of_gaussian(
    values: Array, sigma: float, truncate: float, extent: Extent, *, flat: bool
) -> Array:
    """Compute the response to the Laplacian of a Gaussian.

    Parameters
    ----------
    values
        Axes z, y, x.
    sigma
        Standard deviation in voxels.
    truncate
        Standard deviations after which the kernel ends.
    extent
        What lies beyond the border, and the voxels for which it is computed.
    flat
        Whether the filter runs slice by slice.
    """
    reach = reach_of_laplacian(sigma, truncate)
    distance = np.arange(-reach, reach + 1) / sigma
    gauss = np.exp(-(distance**2) / 2) / (np.sqrt(2 * np.pi) * sigma)
    smooth = (Kernel.of(gauss),)
    second = (Kernel.of(gauss * (distance**2 - 1) / sigma**2),)
    smooth_x = along(values, smooth, 2, extent)
    if flat:
        return along(smooth_x, second, 1, extent) + along(along(values, second, 2, extent), smooth, 1, extent)
    smooth_xy = along(smooth_x, smooth, 1, extent)
    # Gaussians along z are common to the second derivatives along x and y.
    curved = along(smooth_x, second, 1, extent)
    curved += along(along(values, second, 2, extent), smooth, 1, extent)
    return along(smooth_xy, second, 0, extent) + along(curved, smooth, 0, extent)
