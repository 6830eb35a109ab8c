"""Convert intensities to grey levels with PyRadiomics' bins, once per image.

The bins' edges are PyRadiomics', in the image's own number type (NumPy 2 bins a float32 image in
float32). Grey level :math:`g` contains intensities in :math:`[e_{g-1}, e_g)`, as in `numpy.digitize`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion


def bin_edges(intensities: NDArray[Any], settings: Mapping[str, Any]) -> NDArray[np.float64]:
    """Compute the edges of the grey levels.

    Parameters
    ----------
    intensities
        Intensities of the region, shape (n,), in the image's own number type.
    settings
        `binWidth` (default 25) or `binCount`.

    Returns
    -------
    numpy.ndarray
        Shape (levels + 1,), ascending.

    Raises
    ------
    InputError
        When the edges exceed the range of the image's number type, which is common for 8-bit images.
    """
    # The edges depend only on the two extremes.
    extremes = np.array([intensities.min(), intensities.max()])
    try:
        with np.errstate(over="raise"):
            edges = _edges_between(extremes, settings)
    except (FloatingPointError, OverflowError) as error:
        raise InputError(
            f"the bins of width {settings.get('binWidth', 25)} over {extremes[0]} to {extremes[1]} exceed "
            f"the range of the image's number type, {extremes.dtype}.",
            "Store the image with a wider number type, or write the width with a decimal point (25.0).",
        ) from error
    return edges.astype(np.float64)


def _edges_between(extremes: NDArray[Any], settings: Mapping[str, Any]) -> NDArray[Any]:
    """Compute PyRadiomics' edges between two intensities, in their own number type."""
    count = settings.get("binCount")
    if count is not None:
        edges = np.histogram_bin_edges(extremes, count)
        edges[-1] += 1  # so that the highest intensity is in the last bin
        return edges
    lowest, highest = extremes
    width = settings.get("binWidth", 25)
    # Edges are multiples of the width; two more widths, so that the highest intensity is below the last edge.
    edges = np.arange(lowest - lowest % width, highest + 2 * width, width)
    return edges if len(edges) > 1 else np.array([edges[0] - 0.5, edges[0] + 0.5])


def discretise(
    image: NDArray[Any],
    positions: NDArray[np.int64],
    spacing: tuple[float, float, float],
    settings: Mapping[str, Any],
    edges: NDArray[np.float64] | None = None,
) -> tuple[DiscreteRegion, NDArray[np.int64]]:
    """Compute the grey levels of a region.

    Parameters
    ----------
    image
        Intensities of the region's box, axes z, y, x, in the image's own number type.
    positions
        Flat indices of the region's voxels in the box, ascending.
    spacing
        Voxel edges in mm, z, y, x.
    settings
        `binWidth` or `binCount`.
    edges
        Edges of the grey levels, ascending, the first not above the lowest intensity; ``None`` for
        PyRadiomics' edges.

    Returns
    -------
    DiscreteRegion, numpy.ndarray
        The grey levels, and the number of voxels of each level of `present`.

    Raises
    ------
    InputError
        See `bin_edges`.
    """
    intensities = image.ravel()[positions]
    edges = bin_edges(intensities, settings) if edges is None else edges
    values = intensities.astype(np.float64)
    levels = np.zeros(image.shape, np.int32)
    counts = np.zeros(len(edges) + 1, np.int64)
    if np.all(edges[1:] > edges[:-1]):
        _fill_levels(values, positions, edges, levels.ravel(), counts)
    else:
        # Steps too small for the number type: some edges coincide, and only a search finds the last of them.
        of_voxels = np.digitize(values, edges)
        levels.ravel()[positions] = of_voxels
        counts += np.bincount(of_voxels, minlength=len(counts))
    present = np.flatnonzero(counts)
    return DiscreteRegion(levels, present, spacing), counts[present]


@compiled
def _fill_levels(
    values: NDArray[np.float64],
    positions: NDArray[np.int64],
    edges: NDArray[np.float64],
    levels: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """Write the level of each value at its position and count the levels."""
    first, last = edges[0], edges.size - 1
    per_width = 1.0 / (edges[1] - first)
    for i in range(values.size):
        value = values[i]
        # The width gives an approximate bin; the edges, which are rounded, give the exact one.
        bin_ = min(max(int((value - first) * per_width), 0), last)
        while bin_ > 0 and value < edges[bin_]:
            bin_ -= 1
        while bin_ < last and value >= edges[bin_ + 1]:
            bin_ += 1
        levels[positions[i]] = bin_ + 1
        counts[bin_ + 1] += 1
