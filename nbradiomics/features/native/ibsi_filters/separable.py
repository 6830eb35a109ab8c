r"""Filters that are products of one-dimensional kernels, and pooling over their right-angle rotations.

A rotation of such a filter permutes and mirrors its kernels. What rotations have in common is computed once:

- A kernel that is its own mirror image, or its own negative mirror image (most of Laws' kernels), needs no
  convolution for the other direction.
- The average over rotations is linear: with the even and odd parts of the kernels, :math:`e_i` and
  :math:`o_i`, it is the average of :math:`\prod_i e_{\sigma(i)} + \mathrm{sgn}(\sigma) \prod_i o_{\sigma(i)}`
  over the permutations :math:`\sigma` of the axes, in 2D and in 3D.
- Rotations that begin with the same kernels share the first convolutions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, permutations, product

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.ibsi_filters.convolve import convolve_axis
from nbradiomics.features.native.ibsi_filters.window import Array, Extent

#: Axes of arrays along which the first, second and third kernel run: x, y, z.
_AXES = (2, 1, 0)


@dataclass(frozen=True)
class Kernel:
    """Values of a kernel and the index of its centre.

    The response is the convolution: the value at index i weights the voxel i - centre places before.
    """

    values: tuple[float, ...]
    centre: int

    @classmethod
    def of(cls, values: Sequence[float] | NDArray[np.float64]) -> Kernel:
        """Make a kernel with its centre in the middle; behind the middle if the number of values is even."""
        return cls(tuple(float(value) for value in values), len(values) // 2)

    @property
    def mirrored(self) -> Kernel:
        """The kernel along the opposite direction."""
        return Kernel(self.values[::-1], len(self.values) - 1 - self.centre)

    @property
    def negative(self) -> Kernel:
        """The kernel with the opposite sign."""
        return Kernel(tuple(-value for value in self.values), self.centre)

    @property
    def reach(self) -> int:
        """Largest distance to a voxel that is read, in either direction."""
        return max(self.centre, len(self.values) - 1 - self.centre)


#: Kernels that run one after another along one axis: one for each level of a wavelet.
Line = tuple[Kernel, ...]


def along(values: Array, line: Line, axis: int, extent: Extent) -> Array:
    """Convolve along one axis with one kernel after another; the boundary condition holds at each step."""
    last = len(line) - 1
    for place, kernel in enumerate(line):
        kept = extent.kept[axis] if place == last else slice(None)
        weights = np.array(kernel.values)
        values = convolve_axis(values, weights, kernel.centre, axis, extent.boundary, kept)
    return values


def response_of_product(values: Array, lines: Sequence[Line], extent: Extent, pooling: str) -> Array:
    """Compute the response to a product of kernels.

    Parameters
    ----------
    values
        Axes z, y, x.
    lines
        Kernels along x, y (and z).
    extent
        What lies beyond the border, and the voxels for which it is computed.
    pooling
        ``none``: the filter as it is; ``average`` or ``max`` of its right-angle rotations, 24 in 3D and 4 in
        2D.
    """
    if pooling == "average":
        return _average(values, lines, extent)
    if pooling == "max":
        return _largest(values, lines, extent)
    for axis, line in zip(_AXES, lines, strict=False):
        values = along(values, line, axis, extent)
    return values


def rotations(lines: Sequence[Line]) -> list[tuple[Line, ...]]:
    """Return the filter in all right-angle rotations.

    These are the permutations of the axes with those changes of direction that make no mirror image.
    """
    number = len(lines)
    return [
        tuple(_turned(lines[order[axis]], signs[axis]) for axis in range(number))
        for order in permutations(range(number))
        for signs in product((1, -1), repeat=number)
        if _sign(order) * np.prod(signs) > 0
    ]


def _sign(order: Sequence[int]) -> int:
    pairs = [(i, j) for i in range(len(order)) for j in range(i + 1, len(order))]
    return -1 if sum(order[i] > order[j] for i, j in pairs) % 2 else 1


def _turned(line: Line, sign: int) -> Line:
    return line if sign > 0 else tuple(kernel.mirrored for kernel in line)


# The largest response of all rotations.
def _largest(values: Array, lines: Sequence[Line], extent: Extent) -> Array:
    signed = sorted({_canonical(turned) for turned in rotations(lines)}, key=_order)
    largest = np.full(_shape_kept(values, extent, len(lines)), -np.inf)
    for response, signs in _shared(values, signed, extent, 0):
        for sign in signs:
            np.maximum(largest, response if sign > 0 else -response, out=largest)
    return largest


def _shape_kept(values: Array, extent: Extent, number: int) -> tuple[int, ...]:
    """Shape of a response to a filter with kernels along so many axes."""
    kept = [extent.kept[axis] if axis in _AXES[:number] else slice(None) for axis in range(3)]
    return tuple(len(range(*part.indices(length))) for part, length in zip(kept, values.shape, strict=True))


#: Kernels of a filter along its axes, and the sign of their product.
_Signed = tuple[tuple[Line, ...], int]


def _order(signed: _Signed) -> tuple[list[list[tuple[float, ...]]], int]:
    return [[(*kernel.values, kernel.centre) for kernel in line] for line in signed[0]], signed[1]


def _canonical(lines: tuple[Line, ...]) -> _Signed:
    """Replace kernels by their negatives where this makes two directions the same."""
    sign = 1
    found = []
    for line in lines:
        kept = []
        for kernel in line:
            odd = kernel.mirrored == kernel.negative and kernel.values < kernel.negative.values
            kept.append(kernel.negative if odd else kernel)
            sign = -sign if odd else sign
        found.append(tuple(kept))
    return tuple(found), sign


def _shared(
    values: Array, signed: Sequence[_Signed], extent: Extent, place: int
) -> Iterator[tuple[Array, list[int]]]:
    """Yield the response to each sorted filter with its signs; equal beginnings are convolved once."""
    if place == len(signed[0][0]):
        yield values, [sign for _, sign in signed]
        return
    for line, group in groupby(signed, key=lambda one: one[0][place]):
        yield from _shared(along(values, line, _AXES[place], extent), list(group), extent, place + 1)


# The average response of all rotations.
def _average(values: Array, lines: Sequence[Line], extent: Extent) -> Array:
    orders = list(permutations(range(len(lines))))
    total = np.zeros(_shape_kept(values, extent, len(lines)))
    for parity in (1, -1):
        weights: dict[tuple[Line, ...], int] = {}
        for order in orders:
            placed = tuple(lines[i] for i in order)
            weights[placed] = weights.get(placed, 0) + (1 if parity > 0 else _sign(order))
        kept = sorted((one for one in weights.items() if one[1]), key=_order)
        if kept and not (parity < 0 and any(_is_even(line) for line in lines)):
            _add_parts(total, values, kept, extent, parity)
    total /= len(orders)
    return total


def _add_parts(
    total: Array, values: Array, weighted: Sequence[_Signed], extent: Extent, parity: int, place: int = 0
) -> None:
    """Add the responses to the even or odd parts of sorted filters, times their weights."""
    if place == len(weighted[0][0]):
        total += weighted[0][1] * values
        return
    for line, group in groupby(weighted, key=lambda one: one[0][place]):
        part = _part(values, line, _AXES[place], extent, parity)
        if part is not None:
            _add_parts(total, part, list(group), extent, parity, place + 1)


def _part(values: Array, line: Line, axis: int, extent: Extent, parity: int) -> Array | None:
    """Convolve with the even (`parity` 1) or odd (-1) part of a line; ``None`` if this part is 0."""
    if _is_even(line):
        return along(values, line, axis, extent) if parity > 0 else None
    if len(line) == 1:
        half = _half(line[0], parity)
        return along(values, (half,), axis, extent) if any(half.values) else None
    forwards = along(values, line, axis, extent)
    backwards = along(values, _turned(line, -1), axis, extent)
    return (forwards + parity * backwards) / 2


def _is_even(line: Line) -> bool:
    return _turned(line, -1) == line


def _half(kernel: Kernel, parity: int) -> Kernel:
    """Half of the sum (`parity` 1) or difference (-1) of a kernel and its mirror image."""
    reach = kernel.reach
    both = np.zeros(2 * reach + 1)
    for one, weight in ((kernel, 1), (kernel.mirrored, parity)):
        first = reach - one.centre
        both[first : first + len(one.values)] += weight * np.array(one.values) / 2
    return Kernel.of(both)
