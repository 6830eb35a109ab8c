"""Recursions of fourth order along the lines of an image, forwards and backwards; see `laplacian`.

Some lines are filtered side by side: their values and the results of both recursions stand in one array, at
known distances, so that the compiler sees that nothing overlaps and handles several lines at once. With
unsigned indices it need not test for negative ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Lines that are filtered side by side.
_WIDTH = 32
#: Places before and after a line, where its first and last value continue.
_BEYOND = 4
#: Places that are written to the lines of an image at a time.
_PLACES = 8
#: Distances in memory to the next places.
_ONE, _TWO, _THREE, _FOUR = (np.uint64(k * 2 * _WIDTH) for k in (1, 2, 3, 4))
#: Distances from values to results of the recursion forwards, and backwards: these replace values that are no
#: longer needed, so that the memory is small enough for the cache.
_AHEAD, _BACK = np.uint64(_WIDTH), _FOUR
Row = NDArray[np.float64]
Image = NDArray[np.float32]
#: Axes: place along the line; value, result forwards; line.
Memory = NDArray[np.float64]


@compiled
def memory_for(length: int) -> Memory:
    """Make working memory for some lines of up to this many voxels."""
    return np.zeros((length + 3 * _BEYOND, 2, _WIDTH))


@compiled
def filter_columns(image: NDArray[Any], result: Image, first: int, coefficients: Row, memory: Memory) -> None:
    """Filter along the first of two axes; keep `result`'s part, from place `first` on."""
    target, m, width = result.ravel(), memory.ravel(), np.uint64(result.shape[1])
    for start in range(0, image.shape[1], _WIDTH):
        number = min(_WIDTH, image.shape[1] - start)
        _filter_some(image, start, number, coefficients, memory)
        for i in range(result.shape[0]):
            to = np.uint64(i) * width + np.uint64(start)
            at = np.uint64(i + first + _BEYOND) * _ONE
            for j in range(number):
                place = at + np.uint64(j)
                target[to + np.uint64(j)] = m[place + _AHEAD] + m[place + _BACK]


@compiled
def add_columns(
    image: Image, total: Image, first: int, coefficients: Row, memory: Memory, scale: float
) -> None:
    """Filter as `filter_columns`, and add the result times `scale` to `total`, rounded once more."""
    target, m, width = total.ravel(), memory.ravel(), np.uint64(total.shape[1])
    for start in range(0, image.shape[1], _WIDTH):
        number = min(_WIDTH, image.shape[1] - start)
        _filter_some(image, start, number, coefficients, memory)
        for i in range(total.shape[0]):
            to = np.uint64(i) * width + np.uint64(start)
            at = np.uint64(i + first + _BEYOND) * _ONE
            for j in range(number):
                place = at + np.uint64(j)
                part = np.float64(np.float32(m[place + _AHEAD] + m[place + _BACK]))
                before = np.float64(target[to + np.uint64(j)])
                target[to + np.uint64(j)] = np.float32(before + part * scale)


@compiled
def filter_rows(image: NDArray[Any], result: Image, first: int, coefficients: Row, memory: Memory) -> None:
    """Filter along the second of two axes; keep `result`'s part, from place `first` on."""
    lines, length = image.shape
    kept = result.shape[1]
    source, target, m = image.ravel(), result.ravel(), memory.ravel()
    for start in range(0, lines, _WIDTH):
        number = min(_WIDTH, lines - start)
        for i in range(length):
            at, to = np.uint64(start * length + i), np.uint64(i + _BEYOND) * _ONE
            for j in range(number):
                m[to + np.uint64(j)] = source[at + np.uint64(j) * np.uint64(length)]
        _recurse(coefficients, memory, length)
        for some in range(0, kept, _PLACES):
            for j in range(number):
                at = np.uint64(some + first + _BEYOND) * _ONE + np.uint64(j)
                to = np.uint64((start + j) * kept + some)
                for i in range(min(_PLACES, kept - some)):
                    place = at + np.uint64(i) * _ONE
                    target[to + np.uint64(i)] = m[place + _AHEAD] + m[place + _BACK]


@compiled
def _filter_some(image: NDArray[Any], start: int, number: int, coefficients: Row, memory: Memory) -> None:
    """Filter some columns of an image; the results stay in `memory`."""
    source, m, width = image.ravel(), memory.ravel(), np.uint64(image.shape[1])
    for i in range(image.shape[0]):
        at, to = np.uint64(i) * width + np.uint64(start), np.uint64(i + _BEYOND) * _ONE
        for j in range(number):
            m[to + np.uint64(j)] = source[at + np.uint64(j)]
    _recurse(coefficients, memory, image.shape[0])


@compiled
def _recurse(coefficients: Row, memory: Memory, length: int) -> None:
    """Run both recursions of all columns of the memory: four inputs minus the four outputs before."""
    n, m, d = coefficients[0], coefficients[1], coefficients[2]
    first, last = _BEYOND, _BEYOND + length - 1
    for k in range(_BEYOND):
        for j in range(_WIDTH):
            memory[k, 0, j] = memory[k, 1, j] = memory[first, 0, j]
            memory[last + 1 + k, 0, j] = memory[last + 5 + k, 0, j] = memory[last, 0, j]
    flat = memory.ravel()
    # An output beyond the line is the value there times its own coefficient.
    d_first, d_last = coefficients[3].copy(), coefficients[4].copy()
    for k in range(4):
        _forwards(flat, first + k, first + k + 1, n, d_first)
        d_first[k] = d[k]
    _forwards(flat, first + 4, last + 1, n, d)
    for k in range(4):
        _backwards(flat, last - k, last - k - 1, m, d_last)
        d_last[k] = d[k]
    _backwards(flat, last - 4, first - 1, m, d)


@compiled
def _forwards(m: Row, first: int, after: int, n: Row, d: Row) -> None:
    n0, n1, n2, n3 = n[0], n[1], n[2], n[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    for i in range(first, after):
        for j in range(_WIDTH):
            x = np.uint64(i) * _ONE + np.uint64(j)
            f = x + _AHEAD
            value = m[x] * n0 + m[x - _ONE] * n1 + m[x - _TWO] * n2 + m[x - _THREE] * n3
            m[f] = value - (m[f - _ONE] * d1 + m[f - _TWO] * d2 + m[f - _THREE] * d3 + m[f - _FOUR] * d4)


@compiled
def _backwards(m: Row, first: int, after: int, n: Row, d: Row) -> None:
    n1, n2, n3, n4 = n[0], n[1], n[2], n[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    for i in range(first, after, -1):
        for j in range(_WIDTH):
            x = np.uint64(i) * _ONE + np.uint64(j)
            b = x + _BACK
            value = m[x + _ONE] * n1 + m[x + _TWO] * n2 + m[x + _THREE] * n3 + m[x + _FOUR] * n4
            m[b] = value - (m[b + _ONE] * d1 + m[b + _TWO] * d2 + m[b + _THREE] * d3 + m[b + _FOUR] * d4)
