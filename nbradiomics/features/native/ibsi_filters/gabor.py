r"""Modulus of the response to Gabor kernels, in planes.

.. math:: g(k_1, k_2) = e^{-(a^2 + \gamma^2 b^2) / (2 \sigma^2) + 2 \pi i a / \lambda}, \qquad
          a = k_1 \cos\theta + k_2 \sin\theta, \quad b = -k_1 \sin\theta + k_2 \cos\theta

The standard names no end of the kernel: here it ends after 6 standard deviations of its wider direction,
where the Gaussian is 1.5e-8.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from nbradiomics.features.native.ibsi_filters.window import Array, Window, extended

_TRUNCATE = 6
#: Part of its largest value up to which a transfer function is taken for 0: less than the truncation changes.
_PASSED = 1e-9
#: Voxels that are transformed together: their complex responses stay in the cache.
_TOGETHER = 2**19
#: Axes of an array across each plane, and the order of axes (plane, second, first axis of the plane).
PLANES = {0: (0, 1, 2), 1: (1, 0, 2), 2: (2, 0, 1)}


@dataclass(frozen=True)
class Wave:
    """A Gabor kernel for all angles.

    Attributes
    ----------
    sigma, wavelength
        In voxels.
    gamma
        Ratio of the standard deviations along and across the wave.
    angles
        In degrees.
    """

    sigma: float
    wavelength: float
    gamma: float
    angles: tuple[float, ...]

    @property
    def reach(self) -> int:
        """Voxels to which the kernel extends to each side."""
        return math.ceil(_TRUNCATE * self.sigma * max(1.0, 1 / self.gamma))

    def kernel(self, angle: float) -> NDArray[np.complex128]:
        """Return the kernel of one angle, second axis of the plane before the first."""
        second, first = np.mgrid[-self.reach : self.reach + 1, -self.reach : self.reach + 1].astype(float)
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        with_wave, across = first * cos + second * sin, second * cos - first * sin
        envelope = np.exp(-(with_wave**2 + (self.gamma * across) ** 2) / (2 * self.sigma**2))
        found: NDArray[np.complex128] = envelope * np.exp(2j * np.pi * with_wave / self.wavelength)
        return found


def gabor_response(window: Window, wave: Wave, boundary: str, pooling: str, *, flat: bool) -> Array:
    """Compute the pooled modulus of the response within `window.inner`.

    Parameters
    ----------
    window
        Part of an image with a margin of `wave.reach`.
    wave
        Kernel.
    boundary
        What lies beyond the border.
    pooling
        ``average`` or ``max`` of the angles and planes.
    flat
        Whether only the planes xy are filtered; else also xz and yz.
    """
    planes = [0] if flat else [0, 1, 2]
    return _pooled(
        (_in_planes(window.within_plane(plane), PLANES[plane], wave, boundary, pooling) for plane in planes),
        pooling,
    )


def _pooled(responses: Iterator[Array], pooling: str) -> Array:
    """Average responses, or take the largest of each voxel; the first one is overwritten."""
    result, number = next(responses), 1
    for response in responses:
        if pooling == "max":
            np.maximum(result, response, out=result)
        else:
            result += response
        number += 1
    return result / number if pooling == "average" else result


def _in_planes(window: Window, order: tuple[int, int, int], wave: Wave, boundary: str, pooling: str) -> Array:
    """Pool over the angles in parallel planes; the response has the axes of the image."""
    stack = np.transpose(window.values, order)
    inner = [window.inner[axis] for axis in order]
    sides = [window.open[axis] for axis in order]
    before = [0, *(wave.reach if at_start else 0 for at_start, _ in sides[1:])]
    after = [0, *(wave.reach if at_end else 0 for _, at_end in sides[1:])]
    wanted = tuple(
        slice(part.start + more, part.stop + more) for part, more in zip(inner[1:], before[1:], strict=True)
    )
    # Values that wrap around come from the margin, and reach only the margin.
    shape = [
        fft.next_fast_len(max(n + b + a, 2 * wave.reach + 1))
        for n, b, a in zip(stack.shape[1:], before[1:], after[1:], strict=True)
    ]
    kernels = [_transfer(wave, angle, shape) for angle in wave.angles]
    result = np.empty((stack.shape[0], *(part.stop - part.start for part in wanted)))
    number = max(1, _TOGETHER // math.prod(shape))
    for start in range(0, len(stack), number):
        some = extended(stack[start : start + number], before, after, boundary)
        result[start : start + number] = _pooled_modulus(some, shape, kernels, wanted, pooling)
    return np.ascontiguousarray(np.transpose(result, np.argsort(order)))


def _transfer(wave: Wave, angle: float, shape: list[int]) -> NDArray[np.complex128]:
    """Transform a kernel whose centre is at the first voxel."""
    kernel = np.zeros(shape, np.complex128)
    size = 2 * wave.reach + 1
    kernel[:size, :size] = wave.kernel(angle)
    found: NDArray[np.complex128] = fft.fft2(np.roll(kernel, (-wave.reach, -wave.reach), (0, 1)))
    return found


def _pooled_modulus(
    planes: Array,
    shape: list[int],
    kernels: list[NDArray[np.complex128]],
    wanted: tuple[slice, ...],
    pooling: str,
) -> Array:
    spectrum = fft.fft2(planes, shape)
    return _pooled((np.abs(_inverse(spectrum, kernel, wanted)) for kernel in kernels), pooling)


def _inverse(
    spectrum: NDArray[np.complex128], kernel: NDArray[np.complex128], wanted: tuple[slice, ...]
) -> NDArray[np.complex128]:
    """Transform a product back, without the frequencies that the kernel does not let pass."""
    strength = np.abs(kernel).max(axis=0)
    passed = np.flatnonzero(strength > _PASSED * strength.max())
    columns = fft.ifft(spectrum[:, :, passed] * kernel[:, passed], axis=1, overwrite_x=True)[:, wanted[0]]
    rows = np.zeros((*columns.shape[:2], spectrum.shape[2]), np.complex128)
    rows[:, :, passed] = columns
    found: NDArray[np.complex128] = fft.ifft(rows, axis=2, overwrite_x=True)[:, :, wanted[1]]
    return found
