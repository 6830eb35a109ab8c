"""The stationary wavelet transform (PyWavelets), with PyRadiomics' names of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pywt  # type: ignore[import-untyped]
from numpy.typing import NDArray


def wavelet_images(
    image: NDArray[np.generic], settings: Mapping[str, Any]
) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """Make the parts of a wavelet transform of an image, level by level; the smooth part is last.

    Parameters
    ----------
    image
        Axes z, y, x.
    settings
        `wavelet`, `level`, `start_level`; with `force2D` the axis `force2Ddimension` is left as it is.

    Yields
    ------
    str, numpy.ndarray
        Name, with the pass along x, y and z (``wavelet-LLH``; ``wavelet2-LLH`` of the second level), and
        values
        on the same grid.
    """
    axes = [2, 1, 0]
    if settings.get("force2D", False):
        axes.remove(settings.get("force2Ddimension", 0))
    wavelet = pywt.Wavelet(settings.get("wavelet", "coif1"))
    smooth = "a" * len(axes)
    # The transform needs even lengths; a further voxel continues the image at its other end.
    data = np.pad(image, [(0, length % 2) for length in image.shape], "wrap")
    kept = tuple(slice(length) for length in image.shape)

    def parts(of: NDArray[np.generic]) -> dict[str, NDArray[np.generic]]:
        found: list[dict[str, NDArray[np.generic]]] = pywt.swtn(of, wavelet, level=1, axes=tuple(axes))
        return found[0]

    for _ in range(settings.get("start_level", 0)):
        data = parts(data)[smooth]
    prefix = "wavelet"
    for level in range(settings.get("level", 1)):
        prefix = f"wavelet{level + 1}" if level else "wavelet"
        found = parts(data)
        data = found.pop(smooth)
        for name in list(found):
            letters = name.replace("a", "L").replace("d", "H")
            yield f"{prefix}-{letters}", found.pop(name)[kept]
    yield f"{prefix}-{'L' * len(axes)}", data[kept]
