"""The stationary wavelet transform with exactly the values of PyWavelets, and PyRadiomics' names.

Only the voxels that are needed are computed, and one part at a time, which PyWavelets does not offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pywt  # type: ignore[import-untyped]
from numpy.typing import NDArray

from nbradiomics.features.native.arithmetic import rounds_as_itk
from nbradiomics.features.native.filters.separable_passes import sum_along_columns, sum_along_rows
from nbradiomics.features.native.grid.box import Box

Image = NDArray[Any]


def wavelet_images(
    image: NDArray[np.generic], settings: Mapping[str, Any], box: Box | None = None
) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """Make the parts of a wavelet transform of an image, level by level; the smooth part is last.

    Parameters
    ----------
    image
        Axes z, y, x.
    settings
        `wavelet`, `level`, `start_level`; with `force2D` the axis `force2Ddimension` is left as it is.
    box
        Part of the image for which they are made; ``None`` for the whole image.

    Yields
    ------
    str, numpy.ndarray
        Name, with the pass along x, y and z (``wavelet-LLH``; ``wavelet2-LLH`` of the second level), and
        values in the box.
    """
    axes = [2, 1, 0]
    if settings.get("force2D", False):
        axes.remove(settings.get("force2Ddimension", 0))
    transform = _Transform(pywt.Wavelet(settings.get("wavelet", "coif1")), tuple(axes))
    box = box or Box.of(image.shape)
    levels = settings.get("level", 1)
    for _ in range(settings.get("start_level", 0)):
        image = transform.smooth(image)
    for level in range(1, levels + 1):
        prefix = f"wavelet{level}" if level > 1 else "wavelet"
        for letters, part in transform.parts(image, box):
            if "H" in letters:
                yield f"{prefix}-{letters}", part
            else:
                smooth = part
        if level < levels:
            image = transform.smooth(image)
    yield f"{prefix}-{'L' * len(axes)}", smooth


@dataclass(frozen=True)
class _Transform:
    """One level of a transform along some axes; a further voxel makes odd lengths even, see `_period`."""

    wavelet: Any
    axes: tuple[int, ...]

    def smooth(self, image: Image) -> Image:
        """Return the part without any high-pass filter, with even lengths."""
        return next(self.parts(image, Box.of(tuple(_period(length) for length in image.shape))))[1]

    def parts(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        """Yield each part in a box with its letters, one for each axis; the smooth part is first."""
        length = self.wavelet.dec_len
        # A longer filter reaches around the image more than once, in another order.
        fits = all(length <= _period(image.shape[axis]) for axis in self.axes)
        if rounds_as_itk() and fits:  # PyWavelets' compiler has the same rules as ITK's
            # PyWavelets keeps single precision.
            kind = np.float32 if image.dtype == np.float32 else np.float64
            block = np.ascontiguousarray(_around(image, box, self.axes, length), kind)
            yield from self._split("", block, [_turned(image, box, axis, length) for axis in self.axes])
        else:
            padded = np.pad(image, [(0, _period(size) - size) for size in image.shape], "wrap")
            found = pywt.swtn(padded, self.wavelet, level=1, axes=self.axes)[0]
            for name in list(found):
                yield name.replace("a", "L").replace("d", "H"), found.pop(name)[box.slices]

    def _split(
        self, letters: str, values: Image, turned: list[NDArray[np.int64]]
    ) -> Iterator[tuple[str, Image]]:
        """Filter along the axes that are left, in turn."""
        done = len(letters)
        if done == len(self.axes):
            yield letters, values
            return
        for letter, taps in zip("LH", _taps(self.wavelet.name, values.dtype), strict=True):
            part = _filtered(values, self.axes[done], taps, turned[done])
            yield from self._split(letters + letter, part, turned)


@lru_cache(maxsize=16)
def _taps(name: str, kind: np.dtype[Any]) -> tuple[Image, Image]:
    """Return the low-pass and the high-pass filter in a number type, with PyWavelets' own rounding."""
    length = pywt.Wavelet(name).dec_len
    impulse = np.zeros(2 * length, kind)
    impulse[length // 2] = 1
    ((low, high),) = pywt.swt(impulse, name, level=1)
    return low[:length].copy(), high[:length].copy()


def _period(length: int) -> int:
    """Length after which the image begins again: the transform needs an even one."""
    return length + length % 2


def _around(image: Image, box: Box, axes: tuple[int, ...], length: int) -> Image:
    """Return the voxels from which a box is filtered: `length` - 1 more along the filtered axes."""
    for axis, (low, high) in enumerate(zip(box.lower, box.upper, strict=True)):
        size = image.shape[axis]
        places = np.arange(low, high + 1)
        if axis in axes:
            places = np.arange(low + length // 2 - length + 1, high + length // 2 + 1)
        if places[0] >= 0 and places[-1] < size:
            image = image[(slice(None),) * axis + (slice(places[0], places[-1] + 1),)]
        else:
            image = image.take(places % _period(size) % size, axis)
    return image


def _turned(image: Image, box: Box, axis: int, length: int) -> NDArray[np.int64]:
    """Number of products of each place in a box that reach beyond the end of the image; see `_filtered`."""
    places = np.arange(box.lower[axis], box.upper[axis] + 1)
    turned: NDArray[np.int64] = np.maximum(places + length // 2 + 1 - _period(image.shape[axis]), 0)
    return turned


def _filtered(values: Image, axis: int, taps: Image, turned: NDArray[np.int64]) -> Image:
    """Filter along an axis; the sums of products run as in `separable_passes`."""
    shape = list(values.shape)
    shape[axis] = len(turned)
    result = np.empty(shape, values.dtype)
    if axis == 2:
        sum_along_rows(values.reshape(-1, values.shape[2]), taps, turned, result.reshape(-1, shape[2]))
    else:
        blocks = (-1, values.shape[1], values.shape[2]) if axis == 1 else (1, values.shape[0], -1)
        of_result = (-1, shape[1], shape[2]) if axis == 1 else (1, shape[0], -1)
        sum_along_columns(values.reshape(blocks), taps, turned, result.reshape(of_result))
    return result
