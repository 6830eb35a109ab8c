"""Coefficients of cubic B-splines, in ITK's order of sums; see `spline` for the mathematics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

_POLE = math.sqrt(3.0) - 2.0
#: Power of the pole from which terms are left out: below 1e-10.
_HORIZON = math.ceil(math.log(1e-10) / math.log(abs(_POLE)))
_GAIN = (1.0 - _POLE) * (1.0 - 1.0 / _POLE)
#: Lines that are filtered side by side.
_WIDTH = 32
#: Distance in memory of two places along such lines: unsigned indices at known distances let the compiler
#: handle several lines at once.
_STEP = np.uint64(_WIDTH)
#: Places that are written to the lines of an image at a time.
_PLACES = 8


def coefficients(
    voxels: NDArray[Any], lower: NDArray[np.int64], upper: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Compute the coefficients, axes z, y, x, from `lower` to `upper` (x, y, z) along each axis."""
    # Single precision represents numbers of up to 16 bits exactly; fewer number types need compiling.
    exact = np.can_cast(voxels.dtype, np.float32)
    voxels = np.ascontiguousarray(voxels, np.float32 if exact else np.float64)
    depth, height, width = voxels.shape
    x, y, z = (upper - lower + 1).tolist()
    first_x, first_y, first_z = lower
    result = np.empty((depth, height, x))
    _filter_rows(voxels.reshape(-1, width), result.reshape(-1, x), first_x, _POLE ** (width - 1))
    del voxels
    result = _along_columns(result, y, first_y)
    return _along_columns(result.reshape(1, depth, -1), z, first_z).reshape(z, y, x)


def _along_columns(blocks: NDArray[np.float64], kept: int, first: int) -> NDArray[np.float64]:
    """Filter along the second of three axes, in place if everything is kept."""
    number, length, lines = blocks.shape
    result = blocks if kept == length else np.empty((number, kept, lines))
    _filter_columns(blocks, result, first, _POLE ** (length - 1))
    return result


@compiled
def _filter_rows(lines: NDArray[Any], result: NDArray[np.float64], first: int, far: float) -> None:
    """Filter along the second of two axes, some lines side by side; keep `result`'s part."""
    number, length = lines.shape
    kept = result.shape[1]
    source, target, data = lines.ravel(), result.ravel(), np.zeros(length * _WIDTH)
    for start in range(0, number, _WIDTH):
        beside = min(_WIDTH, number - start)
        for i in range(length):
            at, to = np.uint64(start * length + i), np.uint64(i) * _STEP
            for j in range(beside):
                data[to + np.uint64(j)] = source[at + np.uint64(j) * np.uint64(length)]
        _recurse(data, length, far)
        for some in range(0, kept, _PLACES):
            for j in range(beside):
                at = np.uint64(first + some) * _STEP + np.uint64(j)
                to = np.uint64((start + j) * kept + some)
                for i in range(min(_PLACES, kept - some)):
                    target[to + np.uint64(i)] = data[at + np.uint64(i) * _STEP]


@compiled
def _filter_columns(blocks: NDArray[np.float64], result: NDArray[np.float64], first: int, far: float) -> None:
    """Filter along the second of three axes, some lines side by side; keep `result`'s part."""
    number, length, lines = blocks.shape
    width, data = np.uint64(lines), np.zeros(length * _WIDTH)
    for block in range(number):
        source, target = blocks[block].ravel(), result[block].ravel()
        for start in range(0, lines, _WIDTH):
            beside = min(_WIDTH, lines - start)
            for i in range(length):
                at, to = np.uint64(i) * width + np.uint64(start), np.uint64(i) * _STEP
                for j in range(beside):
                    data[to + np.uint64(j)] = source[at + np.uint64(j)]
            _recurse(data, length, far)
            for i in range(result.shape[1]):
                at, to = np.uint64(first + i) * _STEP, np.uint64(i) * width + np.uint64(start)
                for j in range(beside):
                    target[to + np.uint64(j)] = data[at + np.uint64(j)]


@compiled
def _recurse(data: NDArray[np.float64], length: int, far: float) -> None:
    """Turn lines side by side into coefficients; `far` is the pole to the power of length - 1."""
    for place in range(length * _WIDTH):
        data[place] *= _GAIN
    _mirrored_sums(data, length, far)
    for i in range(1, length):
        for j in range(_WIDTH):
            at = np.uint64(i) * _STEP + np.uint64(j)
            data[at] += _POLE * data[at - _STEP]
    end = np.uint64(length - 1) * _STEP
    for j in range(_WIDTH):
        at = end + np.uint64(j)
        data[at] = (_POLE / (_POLE * _POLE - 1.0)) * (_POLE * data[at - _STEP] + data[at])
    for i in range(length - 2, -1, -1):
        for j in range(_WIDTH):
            at = np.uint64(i) * _STEP + np.uint64(j)
            data[at] = _POLE * (data[at + _STEP] - data[at])


@compiled
def _mirrored_sums(data: NDArray[np.float64], length: int, far: float) -> None:
    """Replace the first values by the start values of the forward recursion.

    They are sums over the lines, mirrored repeatedly at their ends.
    """
    last = length - 1
    near = _POLE
    if last >= _HORIZON:
        for i in range(1, _HORIZON):
            _add_first(data, i, near)
            near *= _POLE
        return
    _add_first(data, last, far)
    far *= far * (1.0 / _POLE)
    for i in range(1, last):
        _add_first(data, i, near + far)
        near *= _POLE
        far *= 1.0 / _POLE
    for j in range(_WIDTH):
        data[j] /= 1.0 - near * near


@compiled
def _add_first(data: NDArray[np.float64], i: int, factor: float) -> None:
    for j in range(_WIDTH):
        at = np.uint64(j)
        data[at] += factor * data[np.uint64(i) * _STEP + at]
