r"""Sums of products along the lines of an image in the order of PyWavelets: values have the same bits.

Each result is :math:`r_i = \sum_j t_j x_{i + n - 1 - j}`, summed in ascending order of j. Where a sum reaches
beyond the end of the image, which continues with its beginning, PyWavelets takes the voxels beyond the end
first, from the border outwards: the first products are then summed in descending order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Products that are added to a line of results at a time: those of the wavelet coif1, the default.
_TAPS = 6
Lines = NDArray[Any]
Turned = NDArray[np.int64]


@compiled
def sum_along_rows(image: Lines, taps: Lines, turned: Turned, result: Lines) -> None:
    """Sum along the second of two axes.

    Parameters
    ----------
    image
        `len(taps) - 1` voxels longer than `result`.
    taps
        Factors, in the number type of `result`.
    turned
        For each place along the axis, number of first products that are summed in descending order.
    result
        Output.
    """
    last = len(taps) - 1
    source, target = image.ravel(), result.ravel()
    for line in range(image.shape[0]):
        at, to = np.uint64(line * image.shape[1] + last), np.uint64(line * result.shape[1])
        _sum_line(source, at, np.uint64(1), taps, target, to, result.shape[1])
        for place in range(result.shape[1]):
            if turned[place] > 1:
                here = np.uint64(place)
                _sum_turned(source, at + here, np.uint64(1), taps, turned[place], target, to + here, 1)


@compiled
def sum_along_columns(blocks: Lines, taps: Lines, turned: Turned, result: Lines) -> None:
    """Sum along the second of three axes; see `sum_along_rows`."""
    width, step = blocks.shape[2], np.uint64(blocks.shape[2])
    for block in range(blocks.shape[0]):
        source, target = blocks[block].ravel(), result[block].ravel()
        for place in range(result.shape[1]):
            at, to = np.uint64((place + len(taps) - 1) * width), np.uint64(place * width)
            if turned[place] > 1:
                _sum_turned(source, at, step, taps, turned[place], target, to, width)
            else:
                _sum_line(source, at, step, taps, target, to, width)


@compiled
def _sum_line(
    source: Lines, at: np.uint64, step: np.uint64, taps: Lines, target: Lines, to: np.uint64, number: int
) -> None:
    """Sum up a line of results; each further product is `step` places before the last one."""
    _clear(target, to, number)
    done = 0
    while done < len(taps):
        first = at - np.uint64(done) * step
        if len(taps) - done >= _TAPS:
            _add_six(source, first, step, taps[done : done + _TAPS], target, to, number)
            done += _TAPS
        else:
            _add_one(source, first, taps[done], target, to, number)
            done += 1


@compiled
def _sum_turned(
    source: Lines,
    at: np.uint64,
    step: np.uint64,
    taps: Lines,
    turned: int,
    target: Lines,
    to: np.uint64,
    number: int,
) -> None:
    _clear(target, to, number)
    for j in range(len(taps)):
        tap = turned - 1 - j if j < turned else j
        _add_one(source, at - np.uint64(tap) * step, taps[tap], target, to, number)


@compiled
def _clear(target: Lines, to: np.uint64, number: int) -> None:
    for i in range(number):
        target[to + np.uint64(i)] = 0


@compiled
def _add_six(
    source: Lines, at: np.uint64, step: np.uint64, taps: Lines, target: Lines, to: np.uint64, number: int
) -> None:
    t0, t1, t2, t3, t4, t5 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]
    two, three = step + step, step + step + step
    for i in range(number):
        x = at + np.uint64(i)
        total = target[to + np.uint64(i)] + t0 * source[x] + t1 * source[x - step] + t2 * source[x - two]
        y = x - three
        target[to + np.uint64(i)] = total + t3 * source[y] + t4 * source[y - step] + t5 * source[y - two]


@compiled
def _add_one(source: Lines, at: np.uint64, tap: float, target: Lines, to: np.uint64, number: int) -> None:
    for i in range(number):
        target[to + np.uint64(i)] += tap * source[at + np.uint64(i)]
