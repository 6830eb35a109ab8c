"""Convolution along one axis, many voxels side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.ibsi_filters.window import Array, extended_index

#: Voxels side by side: rows of all taps stay in the fastest cache.
_WIDTH = 512


def convolve_axis(
    values: Array, weights: NDArray[np.float64], centre: int, axis: int, boundary: str
) -> Array:
    """Convolve along one axis.

    Parameters
    ----------
    values
        Three axes.
    weights
        Values of the kernel.
    centre
        Index of its centre.
    axis
        Axis along which it runs.
    boundary
        What lies beyond the border.

    Returns
    -------
    numpy.ndarray
        Each sum runs in the order of the kernel, so that a part of an image has the same values.
    """
    values = np.ascontiguousarray(values)
    length = values.shape[axis]
    taps = np.flatnonzero(weights)
    # Voxel i and tap t read the voxel i + centre - t.
    index = extended_index(length, len(weights) - 1 - centre, centre, boundary)
    shifts = len(weights) - 1 - taps
    inner = int(np.prod(values.shape[axis + 1 :]))
    source = values.reshape(-1, length, inner)
    result = np.empty_like(source)
    if inner == 1:
        _within_rows(source[:, :, 0], result[:, :, 0], weights[taps], shifts, index)
    else:
        _across_rows(source, result, weights[taps], shifts, index)
    return result.reshape(values.shape)


@compiled
def _across_rows(
    source: Array,
    result: Array,
    weights: NDArray[np.float64],
    shifts: NDArray[np.int64],
    index: NDArray[np.int64],
) -> None:
    """Convolve along the second of three axes."""
    outer, length, inner = source.shape
    for o in range(outer):
        for start in range(0, inner, _WIDTH):
            stop = min(start + _WIDTH, inner)
            for i in range(length):
                out = result[o, i, start:stop]
                out[:] = 0.0
                for t in range(len(weights)):
                    at = index[i + shifts[t]]
                    if at >= 0:
                        weight, row = weights[t], source[o, at, start:stop]
                        for j in range(stop - start):
                            out[j] += weight * row[j]


@compiled
def _within_rows(
    source: Array,
    result: Array,
    weights: NDArray[np.float64],
    shifts: NDArray[np.int64],
    index: NDArray[np.int64],
) -> None:
    """Convolve along the second of two axes."""
    rows, length = source.shape
    room = np.empty(len(index))
    for o in range(rows):
        for k in range(len(index)):
            room[k] = source[o, index[k]] if index[k] >= 0 else 0.0
        out = result[o]
        out[:] = 0.0
        for t in range(len(weights)):
            weight, row = weights[t], room[shifts[t] : shifts[t] + length]
            for j in range(length):
                out[j] += weight * row[j]
