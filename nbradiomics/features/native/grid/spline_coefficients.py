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
_WIDTH = 64


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
    data = np.empty((length, _WIDTH))
    for start in range(0, number, _WIDTH):
        beside = min(_WIDTH, number - start)
        for j in range(beside):
            for i in range(length):
                data[i, j] = lines[start + j, i]
        _recurse(data, beside, far)
        for j in range(beside):
            for i in range(kept):
                result[start + j, i] = data[first + i, j]


@compiled
def _filter_columns(blocks: NDArray[np.float64], result: NDArray[np.float64], first: int, far: float) -> None:
    """Filter along the second of three axes, some lines side by side; keep `result`'s part."""
    number, length, lines = blocks.shape
    kept = result.shape[1]
    data = np.empty((length, _WIDTH))
    for block in range(number):
        for start in range(0, lines, _WIDTH):
            beside = min(_WIDTH, lines - start)
            for i in range(length):
                for j in range(beside):
                    data[i, j] = blocks[block, i, start + j]
            _recurse(data, beside, far)
            for i in range(kept):
                for j in range(beside):
                    result[block, i, start + j] = data[first + i, j]


@compiled
def _recurse(data: NDArray[np.float64], number: int, far: float) -> None:
    """Turn the first `number` columns into coefficients; `far` is the pole to the power of length - 1."""
    last = data.shape[0] - 1
    for i in range(last + 1):
        for j in range(number):
            data[i, j] *= _GAIN
    for j in range(number):
        data[0, j] = _mirrored_sum(data, j, far)
    for i in range(1, last + 1):
        for j in range(number):
            data[i, j] += _POLE * data[i - 1, j]
    for j in range(number):
        data[last, j] = (_POLE / (_POLE * _POLE - 1.0)) * (_POLE * data[last - 1, j] + data[last, j])
    for i in range(last - 1, -1, -1):
        for j in range(number):
            data[i, j] = _POLE * (data[i + 1, j] - data[i, j])


@compiled
def _mirrored_sum(data: NDArray[np.float64], j: int, far: float) -> float:
    """Start value of the forward recursion: the sum over the line mirrored repeatedly at its ends."""
    last = data.shape[0] - 1
    near = _POLE
    total: float = data[0, j]
    if last >= _HORIZON:
        for i in range(1, _HORIZON):
            total += near * data[i, j]
            near *= _POLE
        return total
    total += far * data[last, j]
    far *= far * (1.0 / _POLE)
    for i in range(1, last):
        total += (near + far) * data[i, j]
        near *= _POLE
        far *= 1.0 / _POLE
    return total / (1.0 - near * near)
