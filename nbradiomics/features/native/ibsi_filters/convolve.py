"""Convolution along one axis, many voxels side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.ibsi_filters.window import Array, extended_index

#: Voxels side by side: rows of all taps stay in the fastest cache.
_WIDTH = 512
#: Taps that are added at a time.
_TAPS = 4


def convolve_axis(
    values: Array, weights: NDArray[np.float64], centre: int, axis: int, boundary: str, kept: slice
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
    kept
        Voxels along the axis for which it is computed.

    Returns
    -------
    numpy.ndarray
        Each sum runs in the order of the kernel, so that a part of an image has the same values.
    """
    values = np.ascontiguousarray(values)
    length = values.shape[axis]
    first, after, _ = kept.indices(length)
    taps = np.flatnonzero(weights)
    # Voxel i and tap t read the voxel i + centre - t.
    index = extended_index(length, len(weights) - 1 - centre, centre, boundary)
    index = index[first : after + len(weights) - 1]
    shifts = len(weights) - 1 - taps
    shape = (*values.shape[:axis], after - first, *values.shape[axis + 1 :])
    inner = int(np.prod(values.shape[axis + 1 :]))
    source = values.reshape(-1, length, inner)
    result = np.empty((len(source), after - first, inner))
    if inner == 1:
        _within_rows(source[:, :, 0], result[:, :, 0], weights[taps], shifts, index)
    else:
        _across_rows(source, result, weights[taps], shifts, index)
    return result.reshape(shape)


@compiled
def _across_rows(
    source: Array,
    result: Array,
    weights: NDArray[np.float64],
    shifts: NDArray[np.int64],
    index: NDArray[np.int64],
) -> None:
    """Convolve along the second of three axes."""
    inner = source.shape[2]
    places, used = np.empty(len(weights), np.int64), np.empty(len(weights))
    for o in range(source.shape[0]):
        voxels, target = source[o].ravel(), result[o].ravel()
        for start in range(0, inner, _WIDTH):
            number = min(_WIDTH, inner - start)
            for i in range(result.shape[1]):
                taps = 0
                for t in range(len(weights)):
                    at = index[i + shifts[t]]
                    if at >= 0:
                        places[taps], used[taps] = at * inner + start, weights[t]
                        taps += 1
                _add_up(voxels, places[:taps], used[:taps], target, i * inner + start, number)


@compiled
def _within_rows(
    source: Array,
    result: Array,
    weights: NDArray[np.float64],
    shifts: NDArray[np.int64],
    index: NDArray[np.int64],
) -> None:
    """Convolve along the second of two axes."""
    length = result.shape[1]
    room = np.empty(len(index))
    for o in range(source.shape[0]):
        for k in range(len(index)):
            room[k] = source[o, index[k]] if index[k] >= 0 else 0.0
        out = result[o]
        out[:] = 0.0
        for t in range(len(weights)):
            weight, row = weights[t], room[shifts[t] : shifts[t] + length]
            for j in range(length):
                out[j] += weight * row[j]


@compiled
def _add_up(
    source: Array,
    places: NDArray[np.int64],
    weights: NDArray[np.float64],
    target: Array,
    to: int,
    number: int,
) -> None:
    """Add up weighted values from some places on, side by side, one tap after the other."""
    out = target[to : to + number]
    out[:] = 0.0
    whole = len(places) - len(places) % _TAPS
    for t in range(0, whole, _TAPS):
        _add_four(source, places[t : t + _TAPS], weights[t : t + _TAPS], out)
    for t in range(whole, len(places)):
        at, weight = np.uint64(places[t]), weights[t]
        for i in range(number):
            out[i] += weight * source[at + np.uint64(i)]


@compiled
def _add_four(source: Array, places: NDArray[np.int64], weights: NDArray[np.float64], out: Array) -> None:
    p0, p1, p2, p3 = np.uint64(places[0]), np.uint64(places[1]), np.uint64(places[2]), np.uint64(places[3])
    w0, w1, w2, w3 = weights[0], weights[1], weights[2], weights[3]
    for place in range(len(out)):
        i = np.uint64(place)
        total = out[i] + w0 * source[p0 + i] + w1 * source[p1 + i]
        out[i] = total + w2 * source[p2 + i] + w3 * source[p3 + i]
